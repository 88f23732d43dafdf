"""Mistakes in the chapter initialization."""
