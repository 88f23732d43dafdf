"""A classifier in PyTorch as one writes it, with its own training loop; nothing is backproof's.

backproof check --torch examples/torch_classifier.py:build
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

criterion = nn.CrossEntropyLoss()
optimizers = ("gradient_descent", "momentum", "adam")
weight_decay = ("coupled",)
initializers = ("fan_in_uniform",)


class Classifier(nn.Module):
    """Layers with tanh or relu between them; the outputs are logits."""

    def __init__(self, widths, activation):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))
        self.activation = getattr(functional, activation)

    def forward(self, inputs):
        for layer in self.layers[:-1]:
            inputs = self.activation(layer(inputs))
        return self.layers[-1](inputs)


def build(architecture):
    if not set(architecture.activations) <= {"tanh", "relu"}:
        raise ValueError("the hidden layers are tanh or relu")
    return Classifier(architecture.widths, (*architecture.activations, "tanh")[0])


def train(module, inputs, targets, optimizer, epochs, batch_size):
    if optimizer.name == "adam":
        betas = (optimizer.beta1, optimizer.beta2)
        step = torch.optim.Adam(
            module.parameters(),
            optimizer.learning_rate,
            betas,
            optimizer.epsilon,
            optimizer.weight_decay,
        )
    else:
        step = torch.optim.SGD(
            module.parameters(),
            optimizer.learning_rate,
            optimizer.momentum,
            weight_decay=optimizer.weight_decay,
        )
    for _ in range(epochs):
        for rows in torch.arange(len(inputs)).split(batch_size or len(inputs)):
            step.zero_grad()
            criterion(module(inputs[rows]), targets[rows]).backward()
            step.step()


def evaluate(module, inputs, targets, batch_size):
    total = 0.0
    with torch.no_grad():
        for rows in torch.arange(len(inputs)).split(batch_size):
            total += criterion(module(inputs[rows]), targets[rows]).item() * len(rows)
    return total / len(inputs)
