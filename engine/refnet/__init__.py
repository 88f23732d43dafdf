"""A reference engine for feed-forward networks, seen as extensions of logistic regression.

Read it in this order: architecture, network, backpropagation, problem, activations, losses, and
for training optimizers, steps, directions. Then arithmetic, precision, operations and balls, where
every number learns the bound of its own error.
"""

from refnet.architecture import Architecture, Layer, Parameters
from refnet.arithmetic import Ball
from refnet.conventions import STRICT, Conventions
from refnet.initializers import initialize
from refnet.network import (
    evaluate,
    forward,
    forward_training,
    gradient,
    hidden,
    loss,
    loss_and_gradient,
)
from refnet.optimizers import Optimizer, State, initial_state, variants
from refnet.precision import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Precision
from refnet.problem import Problem
from refnet.steps import step
from refnet.training import followed, train, trained_balls

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
    "Optimizer",
    "Parameters",
    "Precision",
    "Problem",
    "State",
    "evaluate",
    "followed",
    "forward",
    "forward_training",
    "gradient",
    "hidden",
    "initial_state",
    "initialize",
    "loss",
    "loss_and_gradient",
    "step",
    "train",
    "trained_balls",
    "variants",
]
