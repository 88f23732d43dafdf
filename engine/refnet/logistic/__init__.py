"""Logistic regression by itself, with a certificate of how far its minimiser may be.

Read `linear_model` (loss, gradient, Hessian), `newton` (the fit), `certificate` (the proof), then
`separability` and `datasets` (when there is a minimiser, and data for which that is known);
`least_squares` is the same model with squared error.
"""
