"""Initialisation: seeds, distinct units, scale."""
