"""What several laws ask of a subject, or compare in its answers."""
