"""Mistakes in the chapter loss."""
