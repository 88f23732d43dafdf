"""Networks to try the bounds on: ordinary ones, and those on which rounding does its worst.

Every number is drawn from a seed and is representable in the precision. A draw is a stack of
networks of one architecture, so that many cost little more than one. `bounds` asks the engine for
its balls, and sets each beside the number that it should contain.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from refnet import STRICT, Architecture, Ball, Conventions, Layer, Precision, Problem, balls
from refnet.functions.activations import TABLE
from tests.engine.lowprecision import nearest

Array: TypeAlias = NDArray[np.float64]

KINDS = (
    "general position",
    "stagnation",
    "cancellation",
    "huge weight",
    "saturated logits",
    "powers of two",
    "zeros",
    "duplicated rows",
    "subnormal numbers",
)

FORMS = [
    STRICT,
    Conventions(
        reduction="mean over outputs",
        loss_factor=0.7,
        squared_error=1.0,
        gradient_reduction="sum",
        gradient_factor=2.0,
        huber="smooth_l1",
        poisson_constant="log y!",
        probability_clip=1e-6,
        penalty_per_row=True,
        penalty_on_biases=True,
        gelu="tanh",
        softplus_threshold=0.7,
        dropout="at evaluation",
        adam_epsilon="inside",
    ),
    Conventions(
        reduction="sum",
        poisson_constant="stirling",
        loss_from="probabilities",
        sample_weight_mean="rows",
        nesterov="lookahead",
        adam_epsilon="uncorrected",
        rmsprop_epsilon="inside",
        momentum_rate="inside",
        dampening=0.1,
        outputs="logits",
    ),
]
"""Conventions that between them differ from the strict ones in nearly every field."""


class Net(NamedTuple):
    """A stack of problems of one architecture, and what kind they are.

    Shapes: every array of the problem has one leading axis, the stack.
    """

    kind: str
    problem: Problem

    def singles(self) -> Iterator[Problem]:
        """The problems of the stack, one by one."""
        for place in range(len(self.problem.inputs)):
            yield single(self.problem, place)


def single(problem: Problem, place: int) -> Problem:
    """One problem of a stack."""
    weights = problem.sample_weights
    return problem._replace(
        parameters=[Layer(w[place], b[place]) for w, b in problem.parameters],
        inputs=problem.inputs[place],
        targets=problem.targets[place],
        sample_weights=None if weights is None else weights[place],
    )


class Bounds(NamedTuple):
    """The engine's balls for a problem, or a stack of them."""

    forward: Ball
    hidden: list[Ball]
    loss: Ball
    gradient: list[Layer[Ball]]

    def beside(self, answer: Any) -> dict[str, list[tuple[Any, Ball]]]:
        """Each part of an answer with its ball; an answer has the same fields."""
        layers = zip(answer.gradient, self.gradient, strict=True)
        return {
            "forward": [(answer.forward, self.forward)],
            "hidden": list(zip(answer.hidden, self.hidden, strict=True)),
            "loss": [(answer.loss, self.loss)],
            "gradient": [pair for given, ball in layers for pair in zip(given, ball, strict=True)],
        }

    def single(self, place: int) -> "Bounds":
        """The balls of one problem of a stack."""
        return Bounds(
            _at(self.forward, place),
            [_at(ball, place) for ball in self.hidden],
            _at(self.loss, place),
            [Layer(_at(w, place), _at(b, place)) for w, b in self.gradient],
        )


def _at(ball: Ball, place: int) -> Ball:
    return Ball(ball.value[place], np.broadcast_to(ball.radius, ball.value.shape)[place])


def bounds(problem: Problem, precision: Precision) -> Bounds:
    """What the engine says that an implementation of this precision may answer."""
    network = (problem.architecture, problem.parameters, problem.inputs)
    with np.errstate(all="ignore"):
        return Bounds(
            balls.forward(*network, precision, problem.conventions),
            balls.hidden(*network, precision, problem.conventions),
            balls.loss(problem, precision),
            balls.gradient(problem, precision),
        )


def draw(
    seed: int,
    precision: Precision,
    activation: str,
    head: tuple[str, str],
    kind: str = "general position",
    stack: int = 4,
) -> Net:
    """A stack of networks of one kind; the same for the same arguments.

    The first hidden layer has the activation; the others too, or any.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind), *map(ord, activation + "".join(head))])
    architecture = _architecture(rng, activation, head)
    rows = int(rng.integers(1, 4 if max(architecture.widths) > 16 else 17))
    scale = 10 ** rng.uniform(-2, 1, (stack, 1, 1))
    parameters = [_layer(rng, scale, shape) for shape in architecture.shapes]
    inputs = rng.normal(size=(stack, rows, architecture.widths[0]))
    inputs, parameters = _shaped(rng, kind, precision, inputs, parameters)
    rounded = [Layer(*(nearest(x, precision) for x in layer)) for layer in parameters]
    return Net(
        kind,
        Problem(
            architecture,
            rounded,
            nearest(inputs, precision),
            nearest(_targets(rng, architecture, (stack, rows)), precision),
            _sample_weights(rng, precision, (stack, rows)),
            _conventions(rng),
        ),
    )


def stagnation(precision: Precision, terms: int) -> Net:
    """A sum 1 + u(1 - 2u) + u(1 - 2u) + ... that loses every term but the first."""
    u = precision.unit
    row = np.full((1, 1, terms), u * (1 - 2 * u))
    row[..., 0] = 1.0
    layer = Layer(np.ones((1, terms, 1)), np.zeros((1, 1)))
    architecture = Architecture((terms, 1), "identity", "identity", "squared_error")
    return Net("stagnation", Problem(architecture, [layer], row, np.ones((1, 1, 1))))


def _architecture(rng: np.random.Generator, activation: str, head: tuple[str, str]) -> Architecture:
    depth = int(rng.integers(0, 5))
    widths = [int(w) for w in rng.integers(1, 17, depth + 2)]
    if rng.random() < 0.1:
        widths[rng.integers(len(widths) - 1)] = 64
    widths[-1] = int(rng.integers(2 if head[0] == "softmax" else 1, 6))
    smoothed = head[1] == "cross_entropy" and rng.random() < 0.3
    names = [activation, *rng.choice(list(TABLE), max(depth - 1, 0)).tolist()]
    return Architecture(
        tuple(widths),
        tuple(names) if depth and rng.random() < 0.3 else activation,
        *head,
        l2=_choice(rng, 0.0, 0.0, 0.0, 0.25, 0.1, 30.0),
        dropout=_choice(rng, 0.0, 0.5, 0.3, 0.9),
        label_smoothing=_choice(rng, 0.1, 0.25, 0.9) if smoothed else 0.0,
        delta=_choice(rng, 1.0, 0.5, 2.0, 0.7),
    )


def _choice(rng: np.random.Generator, *values: Any) -> Any:
    return values[rng.integers(len(values))]


def _conventions(rng: np.random.Generator) -> Conventions:
    """The strict ones half of the time."""
    if rng.random() < 0.5:
        return Conventions()
    return Conventions(
        outputs=_choice(rng, "after the output activation", "logits"),
        reduction=_choice(rng, "mean", "sum", "mean over outputs", "mean over elements"),
        loss_factor=_choice(rng, 1.0, 1.0, 2.0, 0.7, 12.3),
        gradient_reduction=_choice(
            rng,
            "as the loss",
            "as the loss",
            "mean",
            "sum",
            "mean over outputs",
            "mean over elements",
        ),
        squared_error=_choice(rng, 0.5, 1.0, 2.0),
        gradient_factor=_choice(rng, 1.0, 1.0, 2.0, 0.3),
        huber=_choice(rng, "delta", "smooth_l1"),
        poisson_constant=_choice(rng, "none", "log y!", "stirling"),
        loss_from=_choice(rng, "logits", "logits", "probabilities"),
        probability_clip=_choice(rng, 0.0, 0.0, 1e-7, 0.01),
        penalty_factor=_choice(rng, 0.5, 1.0),
        penalty_per_row=_choice(rng, False, True, "data set"),
        penalty_on_biases=_choice(rng, False, True),
        loss_includes_penalty=_choice(rng, True, True, False),
        sample_weight_mean=_choice(rng, "weights", "rows"),
        leaky_slope=_choice(rng, 0.01, 0.2, 0.25),
        elu_alpha=_choice(rng, 1.0, 0.5, 1.7),
        gelu=_choice(rng, "erf", "tanh"),
        softplus_threshold=_choice(rng, None, 20.0, 0.7),
        dropout=_choice(rng, "inverted", "at evaluation"),
        gradient_from=_choice(rng, "logits", "probabilities"),
        clip_gradient=_choice(rng, "ignored", "ignored", "differentiated", "floored"),
    )


def _layer(rng: np.random.Generator, scale: Array, shape: tuple[int, int]) -> Layer[Array]:
    fan_in = shape[0] if rng.random() < 0.5 else 1
    weights = rng.normal(size=(len(scale), *shape)) * scale / np.sqrt(fan_in)
    biases = rng.normal(size=(len(scale), shape[1])) * scale[..., 0]
    return Layer(weights, biases * (rng.random() < 0.7))


def _targets(rng: np.random.Generator, architecture: Architecture, lead: tuple[int, ...]) -> Array:
    classes = architecture.widths[-1]
    if architecture.output == "softmax":
        chosen = np.eye(classes)[rng.integers(classes, size=lead)]
        other = np.eye(classes)[rng.integers(classes, size=lead)]
        share = _choice(rng, 0.0, 0.25, 0.375)  # dyadic, so that rows sum to 1 in every precision
        return np.asarray((1 - share) * chosen + share * other)
    if architecture.loss == "poisson":
        return rng.poisson(3.0, (*lead, classes)).astype(np.float64)
    if architecture.output == "sigmoid":
        return (
            rng.integers(0, 9, (*lead, classes)) / 8
            if rng.random() < 0.3
            else np.asarray(rng.integers(0, 2, (*lead, classes)), dtype=np.float64)
        )
    return rng.normal(size=(*lead, classes)) * 2


def _sample_weights(
    rng: np.random.Generator, precision: Precision, shape: tuple[int, int]
) -> Array | None:
    if rng.random() < 0.6:
        return None
    weights = _choice(rng, 1, 1, 300) * (  # 300, so that a sum before its division may overflow
        rng.integers(0, 4, shape) if rng.random() < 0.5 else rng.random(shape) * 3
    ).astype(np.float64)
    # a total below 1 that divides last would magnify what has underflowed before
    weights[..., 0] += weights.sum(axis=-1) < 1
    return nearest(weights, precision)


def _shaped(
    rng: np.random.Generator,
    kind: str,
    precision: Precision,
    inputs: Array,
    layers: list[Layer[Array]],
) -> tuple[Array, list[Layer[Array]]]:
    """The arrays after what the kind does to them."""
    first, last = layers[0], layers[-1]
    strong = 2.0**4 if precision.largest < 1e5 else 2.0**10
    if kind == "stagnation":
        inputs = np.full_like(inputs, precision.unit * (1 - 2 * precision.unit))
        inputs[..., 0] = 1.0
        signs = np.sign(first.weights[..., :1, :])
        layers = [Layer(signs * np.ones_like(first.weights), 0 * first.biases), *layers[1:]]
    if kind == "cancellation":
        inputs[..., 1::2] = -inputs[..., : inputs.shape[-1] // 2 * 2 : 2] * (1 + 4 * precision.unit)
        first.weights[..., 1::2, :] = first.weights[..., : first.weights.shape[-2] // 2 * 2 : 2, :]
    if kind == "huge weight":
        layer = layers[rng.integers(len(layers))]
        layer.weights[..., rng.integers(layer.weights.shape[-2]), 0] *= strong
    if kind == "saturated logits":
        layers = [*layers[:-1], Layer(last.weights * strong, last.biases * strong)]
    if kind == "powers of two":
        inputs = _power(inputs)
        layers = [Layer(_power(w), _power(b)) for w, b in layers]
    if kind == "zeros":
        inputs = inputs * (rng.random(inputs.shape) < 0.5)
        layers = [Layer(w * (rng.random(w.shape) < 0.5), 0 * b) for w, b in layers]
    if kind == "subnormal numbers":
        inputs = _tiny(rng, precision, inputs)
        layers = [Layer(*(_tiny(rng, precision, part) for part in layer)) for layer in layers]
    if kind == "duplicated rows":
        inputs = inputs[..., rng.integers(inputs.shape[-2], size=inputs.shape[-2]), :]
    return inputs, layers


def _tiny(rng: np.random.Generator, precision: Precision, x: Array) -> Array:
    """The numbers with half of them near the smallest normal one, below it and above."""
    size = precision.underflow * 4.0 ** rng.integers(-3, 2, x.shape)
    return np.where(rng.random(x.shape) < 0.5, x, np.sign(x) * size)


def _power(x: Array) -> Array:
    """The power of two below each number, with its sign; zero stays zero."""
    _, exponent = np.frexp(x)
    return np.asarray(np.sign(x) * np.ldexp(0.5, exponent))
