"""Training, step by step: each step is the published recurrence."""
