"""Mistakes in the chapter fit."""
