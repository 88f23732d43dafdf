"""Mistakes in the chapter forward."""
