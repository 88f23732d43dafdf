"""An adapter for backproof: what it takes to have a network judged.

It runs as it is, with a small network of its own inside, and every law that it is asked holds:

    backproof smoke FILE:MyNetwork     calls each capability once
    backproof check FILE:MyNetwork     judges it

Then put yours in its place, one capability at a time. Delete what you do not have: what is missing
is reported as unsupported, with the laws that it would have allowed.
"""

from typing import Any

import numpy as np

from backproof import Architecture, Conventions, Implementation, Layer, Scope


class MyNetwork(Implementation):
    """The network to be judged, behind the capabilities that backproof asks for."""

    name = "my network"

    # What the network can express. Cases are drawn inside this, never outside.
    scope = Scope(
        # activations of hidden layers: identity, sigmoid, tanh, relu, leaky_relu, elu, selu,
        # softplus, exp, softmax, gelu, silu
        activations=("sigmoid", "tanh"),
        # heads, the output activation with its loss: ("sigmoid", "cross_entropy"),
        # ("softmax", "cross_entropy"), ("identity", "squared_error"), ("exp", "poisson"),
        # ("identity", "huber"), and squared_error with sigmoid or softmax
        heads=(("sigmoid", "cross_entropy"), ("identity", "squared_error")),
        hidden_layers=(0, None),  # least and most; None: any number
        widths=(1, None),  # units in a layer
        rows=(1, None),  # rows in a batch
        outputs=(1, None),
        softmax_outputs=(2, None),  # (3, None) where two classes have one sigmoid output
        biases=True,  # False: layers have none; they arrive as zeros, and are answered by None
        # for `train`, () if there is none: gradient_descent, momentum, nesterov, rmsprop, adam. The
        # report says which of them no law has asked for
        optimizers=("gradient_descent",),
        weight_decay=(),  # of these optimizers: "coupled", "decoupled"
        # for `initialize`: zeros, constant, normal, uniform, orthogonal, and lecun, glorot or he
        # with _normal, _uniform or _truncated; fan_in_uniform, as torch starts. The laws ask what
        # a seed decides, not for the scale
        initializers=(),
        l2=False,  # a penalty on the squared weights (architecture.l2)
        sample_weights=False,
        soft_targets=False,  # targets between 0 and 1, for a softmax any rows that sum to 1
        # whether `train` takes a batch_size; "one row": it is 1 or None. Rows come in order, not
        # shuffled
        batches=False,
        mixed_activations=True,  # whether each hidden layer may have another one
        # for a compiled network, the architectures that it has; frozen=True if it answers for its
        # own numbers alone, `weights`: a list of layers for each of the architectures
        architectures=None,
        frozen=False,
        shapes="any",  # "few" where a new shape or program is expensive, as for a compiler
    )

    # The arithmetic: a preset by name, float64, float32, float16, bfloat16 or tf32. The arrays of
    # every call come in its NumPy type.
    precision = "float64"

    # What the network means by a loss, a penalty, a step. Each field is one choice on which
    # libraries differ; the ones left out keep the strict default:
    #   outputs="after the output activation"  or "logits": what `forward` gives
    #   reduction="mean"            or "sum", "mean over outputs", "mean over elements", which torch
    #                               and Keras take: over all outputs of all rows, but the
    #                               cross-entropy of a softmax is one number for each row
    #   gradient_reduction="as the loss"  or one of these, where the gradient has another
    #   squared_error=0.5           the factor in front of (output - target)^2
    #   loss_from="logits"          or "probabilities": -(y log p + (1 - y) log(1 - p)), from p
    #   probability_clip=0.0        the loss clips p to [c, 1 - c]; log(p + eps) is no such clip,
    #                               but a wrong loss of every row: take the eps out
    #   gradient_from="logits"      or "probabilities": differentiated through the rounded p
    #   clip_gradient="ignored"     or "differentiated", "floored" (torch's BCELoss)
    #   penalty_factor=0.5, penalty_on_biases=False
    #   penalty_per_row=False       or True, divided by the rows of a batch; "data set", by all
    # All of them: python -c "import backproof; help(backproof.Conventions)"
    # Where heads differ: conventions = {("softmax", "cross_entropy"): Conventions(...), ...}
    conventions = Conventions(loss_from="probabilities")

    # The capabilities. `architecture` has widths=(features, hidden..., outputs), activations (one
    # name for each hidden layer), output, loss and l2. `parameters` is a list of Layer(weights,
    # biases), weights of shape (fan_in, fan_out): a layer is inputs @ weights + biases. A network
    # that keeps (fan_out, fan_in) takes layer.weights.T.copy(), and answers Layer(gradient.T, ...).
    # No call may write into its arguments: copy what you update. Targets are (rows, outputs): 0 or
    # 1 for a sigmoid, one-hot rows for a softmax. Modules beside this file can be imported.

    def forward(self, architecture: Architecture, parameters: list[Layer[Any]], inputs: Any) -> Any:
        """The outputs, (rows, outputs), after the output activation."""
        return self._activations(architecture, parameters, inputs)[-1]

    def hidden(self, architecture: Architecture, parameters: list[Layer[Any]], inputs: Any) -> Any:
        """The activations of each hidden layer, a list of (rows, width)."""
        return self._activations(architecture, parameters, inputs)[1:-1]

    def loss(
        self,
        architecture: Architecture,
        parameters: list[Layer[Any]],
        inputs: Any,
        targets: Any,
        sample_weights: Any = None,
    ) -> float:
        """The loss of the data, a number: the mean over rows of the sum over outputs."""
        outputs = self.forward(architecture, parameters, inputs)
        if architecture.loss == "squared_error":
            return float(0.5 * np.sum((outputs - targets) ** 2) / len(inputs))
        likelihood = targets * np.log(outputs) + (1 - targets) * np.log(1 - outputs)
        return float(-np.sum(likelihood) / len(inputs))

    def gradient(
        self,
        architecture: Architecture,
        parameters: list[Layer[Any]],
        inputs: Any,
        targets: Any,
        sample_weights: Any = None,
    ) -> list[Layer[Any]]:
        """The derivative of the loss by each weight and bias, in the layout of the parameters."""
        activations = self._activations(architecture, parameters, inputs)
        delta = (activations[-1] - targets) / len(inputs)
        layers = []
        for place in range(len(parameters) - 1, -1, -1):
            below = activations[place]
            layers.append(Layer(below.T @ delta, delta.sum(axis=0)))
            if place:
                slope = _slope(architecture.activations[place - 1], below)
                delta = delta @ parameters[place].weights.T * slope
        return layers[::-1]

    def train(
        self,
        architecture: Architecture,
        parameters: list[Layer[Any]],
        inputs: Any,
        targets: Any,
        optimizer: Any,
        epochs: int,
        batch_size: int | None = None,
        sample_weights: Any = None,
        seed: int = 0,
    ) -> list[Layer[Any]]:
        """The parameters after `epochs` passes over the rows in order, from these parameters on.

        `optimizer` has name, learning_rate, momentum, rho, beta1, beta2, epsilon, weight_decay.
        """
        for _ in range(epochs):
            gradient = self.gradient(architecture, parameters, inputs, targets)
            rate = optimizer.learning_rate
            pairs = zip(parameters, gradient, strict=True)
            parameters = [Layer(w - rate * dw, b - rate * db) for (w, b), (dw, db) in pairs]
        return parameters

    # There are four more, each optional:
    #   evaluate(architecture, parameters, inputs, targets, batch_size, sample_weights=None)
    #       -> the loss of the data set, computed in batches
    #   fit(architecture, inputs, targets, seed, sample_weights=None)
    #       -> backproof.Fit(parameters, gradient_tolerance), trained until its own stop, which
    #       promises a small gradient; a loop over a number of epochs is `train`, and no fit
    #   initialize(architecture, initializer, seed) -> parameters; a name such as "he_normal", and
    #       a whole number
    #   forward_training(architecture, parameters, inputs, seed) -> outputs with dropout active
    # Raise backproof.NotSupported("why") for a case inside the scope that cannot be answered.

    def _activations(
        self, architecture: Architecture, parameters: list[Layer[Any]], inputs: Any
    ) -> list[Any]:
        activations = [inputs]
        for layer, name in zip(
            parameters, (*architecture.activations, architecture.output), strict=True
        ):
            activations.append(_activation(name, activations[-1] @ layer.weights + layer.biases))
        return activations


def _activation(name: str, z: Any) -> Any:
    if name == "identity":
        return z
    return np.tanh(z) if name == "tanh" else 1 / (1 + np.exp(-z))


def _slope(name: str, a: Any) -> Any:
    return 1 - a * a if name == "tanh" else a * (1 - a)
