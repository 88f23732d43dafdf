"""The activations and the heads, a row each: value, derivative, and the facts that a bound needs.

Read `elementwise` (what a row is), `smooth`, `gated`, `kinked` and `softmax` (the rows),
`activations` (all of them by name); then `losses` (the heads by name) with `cross_entropy` and
`regression_losses`, and `deltas`, their derivatives.
"""
