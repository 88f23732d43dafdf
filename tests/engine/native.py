"""The network in the native arithmetic of an array type: float32, float16, or bfloat16.

Nothing here rounds by itself: NumPy and ml_dtypes do. Sums are taken as NumPy takes them.
"""

from typing import Any

import ml_dtypes
import numpy as np

from refnet import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Layer, Precision, Problem
from refnet.functions.kinked import SELU_ALPHA, SELU_SCALE

DTYPES: dict[Precision, Any] = {
    FLOAT64: np.float64,
    FLOAT32: np.float32,
    FLOAT16: np.float16,
    BFLOAT16: ml_dtypes.bfloat16,
}


def total(terms: Any, axis: int) -> Any:
    """The sum along an axis, term by term in the type of the array."""
    terms = np.moveaxis(terms, axis, 0)
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def product(a: Any, b: Any) -> Any:
    """The matrix a @ b, with every product and every sum in the type of the arrays."""
    return total(a[..., :, :, None] * b[..., None, :, :], -2)


def _sigmoid(z: Any, one: Any) -> Any:
    return one / (one + np.exp(-z))


def _unit(z: Any, right: Any, left: Any) -> Any:
    return np.where(z > 0, right * z, left * np.expm1(np.minimum(z, z.dtype.type(0))))


def _cdf(z: Any, one: Any) -> Any:
    from scipy.special import erf

    root = (z.astype(np.float64) / np.sqrt(2)).astype(z.dtype)
    return (one + erf(root.astype(np.float64)).astype(z.dtype)) / (one + one)


def activate(name: str, z: Any, problem: Problem) -> Any:
    """f(z), by an ordinary formula."""
    number, c = z.dtype.type, problem.conventions
    one = number(1)
    if name == "softmax":
        powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return powers / total(powers, -1)[..., None]
    table = {
        "identity": lambda: z,
        "sigmoid": lambda: _sigmoid(z, one),
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.maximum(z, number(0)),
        "leaky_relu": lambda: np.where(z > 0, z, number(c.leaky_slope) * z),
        "elu": lambda: _unit(z, one, number(c.elu_alpha)),
        "selu": lambda: _unit(z, number(SELU_SCALE), number(SELU_SCALE * SELU_ALPHA)),
        "softplus": lambda: np.maximum(z, number(0)) + np.log1p(np.exp(-np.abs(z))),
        "exp": lambda: np.exp(z),
        "gelu": lambda: z * _cdf(z, one),
        "silu": lambda: z * _sigmoid(z, one),
    }
    return table[name]()


def pull_back(name: str, s: Any, z: Any, a: Any, problem: Problem) -> Any:
    """The derivative by z, from the derivative s by a = f(z)."""
    number, c = z.dtype.type, problem.conventions
    one = number(1)
    if name == "softmax":
        return a * (s - total(a * s, -1)[..., None])
    density = np.exp(-z * z / number(2)) / number(np.sqrt(2 * np.pi))
    table = {
        "identity": lambda: one,
        "sigmoid": lambda: a * (one - a),
        "tanh": lambda: one - a * a,
        "relu": lambda: (z > 0).astype(z.dtype),
        "leaky_relu": lambda: np.where(z > 0, one, number(c.leaky_slope)),
        "elu": lambda: np.where(z > 0, one, a + number(c.elu_alpha)),
        "selu": lambda: np.where(z > 0, number(SELU_SCALE), a + number(SELU_SCALE * SELU_ALPHA)),
        "softplus": lambda: _sigmoid(z, one),
        "exp": lambda: a,
        "gelu": lambda: _cdf(z, one) + z * density,
        "silu": lambda: _sigmoid(z, one) * (one + z * (one - _sigmoid(z, one))),
    }
    return s * table[name]()


def row_losses(problem: Problem, z: Any, o: Any, y: Any) -> Any:
    """The loss of each row from the logits."""
    number, name = z.dtype.type, problem.architecture.loss
    r, delta = o - y, number(problem.architecture.delta)
    zero, half = number(0), number(0.5)
    if name == "squared_error":
        return total(half * r * r, -1)
    if name == "poisson":
        return total(o - y * z, -1)
    if name == "huber":
        outside = delta * np.abs(r) - half * delta * delta
        return total(np.where(np.abs(r) <= delta, half * r * r, outside), -1)
    if problem.architecture.output == "sigmoid":
        return total(np.maximum(z, zero) - y * z + np.log1p(np.exp(-np.abs(z))), -1)
    below = z - np.max(z, axis=-1, keepdims=True)
    return -total(y * (below - np.log(total(np.exp(below), -1))[..., None]), -1)


def smoothed(problem: Problem, dtype: Any) -> Any:
    """The targets in the type of the network."""
    share, number = problem.architecture.label_smoothing, np.dtype(dtype).type
    classes = problem.architecture.widths[-1] if problem.architecture.output == "softmax" else 2
    y = problem.targets.astype(dtype)
    return y * (number(1) - number(share)) + number(share) / number(classes) if share else y


def answers(problem: Problem, dtype: Any) -> tuple[Any, Any, list[Layer[Any]]]:
    """The outputs, the mean loss plus the penalty, and the gradient, in the type."""
    with np.errstate(all="ignore"):
        return _answers(problem, dtype)


def _answers(problem: Problem, dtype: Any) -> tuple[Any, Any, list[Layer[Any]]]:
    architecture, number = problem.architecture, np.dtype(dtype).type
    layers = [Layer(w.astype(dtype), b.astype(dtype)) for w, b in problem.parameters]
    logits, activations = [], [problem.inputs.astype(dtype)]
    for (w, b), name in zip(layers, (*architecture.activations, architecture.output), strict=True):
        logits.append(product(activations[-1], w) + b[..., None, :])
        activations.append(activate(name, logits[-1], problem))
    y, rows, l2 = smoothed(problem, dtype), number(len(problem.inputs)), number(architecture.l2)
    value = total(row_losses(problem, logits[-1], activations[-1], y), -1) / rows
    for w, _ in layers:
        value = value + number(0.5) * l2 * total(total(w * w, -1), -1)
    delta = _delta(problem, logits[-1], activations[-1], y) / rows
    gradient = []
    for place in range(len(layers) - 1, -1, -1):
        w = layers[place].weights
        own = product(np.swapaxes(activations[place], -1, -2), delta) + l2 * w
        gradient.append(Layer(own, total(delta, -2)))
        if place:
            s, name = product(delta, np.swapaxes(w, -1, -2)), architecture.activations[place - 1]
            delta = pull_back(name, s, logits[place - 1], activations[place], problem)
    return activations[-1], value, gradient[::-1]


def _delta(problem: Problem, z: Any, o: Any, y: Any) -> Any:
    name, delta = problem.architecture.loss, z.dtype.type(problem.architecture.delta)
    if name == "squared_error":
        return pull_back(problem.architecture.output, o - y, z, o, problem)
    return np.clip(o - y, -delta, delta) if name == "huber" else o - y
