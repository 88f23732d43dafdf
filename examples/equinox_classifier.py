"""A classifier in Equinox as one writes it, with its own training loop; nothing is backproof's.

backproof check --equinox examples/equinox_classifier.py:build
"""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

optimizers = ("gradient_descent", "momentum", "adam")
weight_decay = ("coupled",)
initializers = ("fan_in_uniform",)
conventions = {"initial_biases": "fan_in_uniform"}


class Classifier(eqx.Module):
    """Layers with tanh or relu between them; the outputs are logits."""

    layers: list
    activation: callable

    def __init__(self, widths, activation, key):
        keys = jax.random.split(key, len(widths) - 1)
        pairs = zip(pairwise(widths), keys, strict=True)
        self.layers = [eqx.nn.Linear(*pair, key=own) for pair, own in pairs]
        self.activation = {"tanh": jnp.tanh, "relu": jax.nn.relu}[activation]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


def build(architecture, seed=0):
    if not set(architecture.activations) <= {"tanh", "relu"}:
        raise ValueError("the hidden layers are tanh or relu")
    activation = (*architecture.activations, "tanh")[0]
    return Classifier(architecture.widths, activation, jax.random.key(seed))


def criterion(outputs, targets):
    return optax.softmax_cross_entropy_with_integer_labels(outputs, targets).mean()


@eqx.filter_jit
def loss(module, inputs, targets):
    return criterion(jax.vmap(module)(inputs), targets)


def optimizer_of(given):
    decay = optax.add_decayed_weights(given.weight_decay)
    if given.name == "adam":
        step = optax.adam(given.learning_rate, given.beta1, given.beta2, given.epsilon)
    else:
        step = optax.sgd(given.learning_rate, given.momentum or None)
    return optax.chain(decay, step)


def train(module, inputs, targets, optimizer, epochs, batch_size):
    step = optimizer_of(optimizer)
    state = step.init(eqx.filter(module, eqx.is_array))
    size = batch_size or len(inputs)
    for _ in range(epochs):
        for start in range(0, len(inputs), size):
            rows = slice(start, start + size)
            slope = eqx.filter_grad(loss)(module, inputs[rows], targets[rows])
            updates, state = step.update(slope, state, eqx.filter(module, eqx.is_array))
            module = eqx.apply_updates(module, updates)
    return module


def evaluate(module, inputs, targets, batch_size):
    total = 0.0
    for start in range(0, len(inputs), batch_size):
        rows = slice(start, start + batch_size)
        total += loss(module, inputs[rows], targets[rows]) * len(inputs[rows])
    return total / len(inputs)


def initialize(module, initializer, seed):
    keys = jax.random.split(jax.random.key(seed), len(module.layers))
    drawn = [
        eqx.nn.Linear(old.in_features, old.out_features, dtype=old.weight.dtype, key=key)
        for old, key in zip(module.layers, keys, strict=True)
    ]
    return eqx.tree_at(lambda net: net.layers, module, drawn)
