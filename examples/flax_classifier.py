"""A classifier in Flax as one writes it, with its own training loop; nothing is backproof's.

backproof check --flax examples/flax_classifier.py:build
"""

from itertools import pairwise

import optax
from flax import nnx

optimizers = ("gradient_descent", "momentum", "adam")
weight_decay = ("coupled",)


class Classifier(nnx.Module):
    """Layers with tanh or relu between them, and dropout; the outputs are logits."""

    def __init__(self, widths, activation, rate, rngs):
        self.layers = nnx.List(nnx.Linear(*pair, rngs=rngs) for pair in pairwise(widths))
        self.activation = getattr(nnx, activation)
        self.dropout = nnx.Dropout(rate, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = self.dropout(self.activation(layer(x)))
        return self.layers[-1](x)


def build(architecture):
    if not set(architecture.activations) <= {"tanh", "relu"}:
        raise ValueError("the hidden layers are tanh or relu")
    activation = (*architecture.activations, "tanh")[0]
    return Classifier(architecture.widths, activation, architecture.dropout, nnx.Rngs(0))


def criterion(outputs, targets):
    return optax.softmax_cross_entropy_with_integer_labels(outputs, targets).mean()


@nnx.jit
def slope(module, inputs, targets):
    return nnx.grad(lambda net: criterion(net(inputs), targets))(module)


def optimizer_of(given):
    decay = optax.add_decayed_weights(given.weight_decay)
    if given.name == "adam":
        step = optax.adam(given.learning_rate, given.beta1, given.beta2, given.epsilon)
    else:
        step = optax.sgd(given.learning_rate, given.momentum or None)
    return optax.chain(decay, step)


def train(module, inputs, targets, optimizer, epochs, batch_size):
    step = nnx.Optimizer(module, optimizer_of(optimizer), wrt=nnx.Param)
    size = batch_size or len(inputs)
    for _ in range(epochs):
        for start in range(0, len(inputs), size):
            rows = slice(start, start + size)
            step.update(module, slope(module, inputs[rows], targets[rows]))
