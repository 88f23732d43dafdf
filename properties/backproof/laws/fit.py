"""Fitting: what a stop promises, and how far from the minimiser it can be."""
