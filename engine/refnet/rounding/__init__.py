"""A value and the bound of its error side by side, operation by operation.

Read `precision` (what an arithmetic promises), `arithmetic` (plain numbers, or balls), `operations`
and `products` (each step of a network with its radius).
"""
