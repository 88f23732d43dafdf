"""A reference engine for feed-forward networks, seen as extensions of logistic regression.

Read this folder first: architecture and conventions (the words), network, backpropagation (the
formulas), problem, dropout, checks, and balls, where every number learns the bound of its error.
Then the wings: rounding and functions, of which the network is made, and what is made of it.
"""

from refnet.architecture import Architecture, Layer, Parameters
from refnet.conventions import STRICT, Conventions
from refnet.network import (
    evaluate,
    forward,
    forward_training,
    gradient,
    hidden,
    loss,
    loss_and_gradient,
)
from refnet.problem import Problem
from refnet.rounding.arithmetic import Ball
from refnet.rounding.precision import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, TF32, Precision
from refnet.training.initializers import initialize
from refnet.training.optimizers import Optimizer, State, initial_state, variants
from refnet.training.steps import step
from refnet.training.training import followed, train, trained_balls

__all__ = [
    "BFLOAT16", "FLOAT16", "FLOAT32", "FLOAT64", "STRICT", "TF32", "Architecture", "Ball",
    "Conventions", "Layer", "Optimizer", "Parameters", "Precision", "Problem", "State",
    "evaluate", "followed", "forward", "forward_training", "gradient", "hidden",
    "initial_state", "initialize", "loss", "loss_and_gradient", "step", "train",
    "trained_balls", "variants",
]  # fmt: skip
