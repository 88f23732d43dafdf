"""Mistakes in the chapter steps."""
