"""A reference engine for feed-forward networks, seen as extensions of logistic regression.

Read it in this order: architecture, network, operations, activations, losses, arithmetic, balls.
"""

from refnet.architecture import Architecture, Layer, Parameters
from refnet.arithmetic import Ball
from refnet.conventions import STRICT, Conventions
from refnet.network import Problem, forward, gradient, hidden, loss, loss_and_gradient
from refnet.precision import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Precision

__all__ = [
    "BFLOAT16",
    "FLOAT16",
    "FLOAT32",
    "FLOAT64",
    "STRICT",
    "TF32",
    "Architecture",
    "Ball",
    "Conventions",
    "Layer",
    "Parameters",
    "Precision",
    "Problem",
    "forward",
    "gradient",
    "hidden",
    "loss",
    "loss_and_gradient",
]
