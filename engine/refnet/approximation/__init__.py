"""Sums of simple units that follow a continuous function, each with its proved error.

Read `continuous` (the functions), `sigmoids` (steep steps), `rectifiers` (ReLU), `ridges` (several
inputs).
"""
