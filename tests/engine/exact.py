"""The exact loss and gradient of a network: the definitions, read aloud in ball arithmetic.

F = sum_i c_i l(z_i, y_i) + P(W), one row after the other. The gradient is
dF/dW_l[j, k] = sum_i c_i a_{l-1}[i, j] sum_m dz_L[m]/dz_l[k] dl/dz_L[m], where dz_L/dz_l is pushed
forward from layer l to the last as a product of matrices; backpropagation, which is what this
checks, pulls one vector back instead.

Every number is an arb of python-flint: an interval that is certain to hold the real number. Where
an interval is wide, or leaves undecided on which side of a kink it lies, the whole computation
starts again with twice the bits.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from refnet import Architecture, Ball, Conventions, Layer, Problem

Numbers: TypeAlias = NDArray[Any]  # of arb
Vector: TypeAlias = list[arb]

BITS = 128
_MOST_BITS = 1024  # a kink undecided so far is met exactly, as in t - t: both slopes are right
_NARROW = arb(2) ** -64  # far below the unit roundoff of float64


class Truth(NamedTuple):
    """Everything that the engine computes, as intervals.

    Shapes: forward (n, outputs); hidden (n, width) for each hidden layer; loss (); gradient as the
    parameters.
    """

    forward: Numbers
    hidden: list[Numbers]
    loss: Numbers
    gradient: list[Layer[Numbers]]


class _UndecidedError(ArithmeticError):
    """An interval lies on both sides of a kink, or is too wide to judge with."""


def truth(problem: Problem, bits: int = BITS, kink: int = 0) -> Truth:
    """The network of one problem without leading axes, at 128 bits or more.

    Where a unit stands exactly at its kink, kink = 0 takes the slope on the left, 1 on the right.
    """
    try:
        return truth_at(problem, exactly(problem), bits, kink)
    except _UndecidedError:
        return truth(problem, 2 * bits, kink)


def truth_at(problem: Problem, layers: list[Layer[Numbers]], bits: int, kink: int = 0) -> Truth:
    """The same with parameters that are intervals themselves, as a difference quotient needs."""
    before = ctx.prec
    try:
        ctx.prec = bits
        found = _truth(_Scene(problem, bits >= _MOST_BITS, kink), layers)
    finally:
        ctx.prec = before
    if bits < _MOST_BITS and not _is_sharp(found):
        raise _UndecidedError
    return found


def _is_sharp(found: Truth) -> bool:
    """Whether the intervals of each array are narrow beside its largest number."""
    arrays = [found.forward, found.loss, *(part for layer in found.gradient for part in layer)]
    return all(
        max(x.rad() for x in array.flat) <= max(abs(x.mid()) for x in array.flat) * _NARROW
        for array in arrays
    )


def exactly(problem: Problem) -> list[Layer[Numbers]]:
    """The parameters as intervals of radius 0."""
    return [Layer(_numbers(w), _numbers(b)) for w, b in problem.parameters]


def midpoint(numbers: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pair (value, bound): float64 numbers with |exact - value| <= bound."""
    value = np.array([float(x.mid()) for x in numbers.flat]).reshape(numbers.shape)
    far = [(x - arb(v)).abs_upper() for x, v in zip(numbers.flat, value.flat, strict=True)]
    bound = np.nextafter([float(d) for d in far], np.inf).reshape(numbers.shape)
    return value, bound


def ratio(exact: Numbers, ball: Ball) -> float:
    """The largest |exact - value| / radius, rounded up, over the entries with a finite radius."""
    values, radii = np.broadcast_arrays(ball.value, ball.radius)
    entries = zip(exact.flat, values.flat, radii.flat, strict=True)
    judged = [_ratio(x, float(v), float(r)) for x, v, r in entries if not np.isinf(r)]
    return max(judged, default=0.0)


def worst(pairs: list[tuple[Numbers, Ball]]) -> float:
    """The largest ratio of several arrays."""
    return max((ratio(exact, ball) for exact, ball in pairs), default=0.0)


def _ratio(exact: arb, value: float, radius: float) -> float:
    """At most 1 only if |exact - value| <= radius is certain."""
    error = abs(exact - arb(value))
    found = float((error / arb(radius)).abs_upper()) if radius else np.inf
    if error <= arb(radius):
        return min(found, 1.0) if radius else 0.0
    return found if found > 1 else np.inf  # so that nan fails


def _numbers(values: Any) -> Numbers:
    array = np.asarray(values, dtype=np.float64)
    return _shaped((arb(float(x)) for x in array.flat), array.shape)


def _shaped(values: Iterable[arb], shape: tuple[int, ...]) -> Numbers:
    made = np.empty(int(np.prod(shape)), dtype=object)
    for place, value in enumerate(values):
        made[place] = value
    return made.reshape(shape)


class _Scene:
    """What a formula may ask for, and which slope holds at a kink."""

    def __init__(self, problem: Problem, undecided: bool, kink: int) -> None:
        self.problem = problem
        self.kink = kink
        self.architecture: Architecture = problem.architecture
        self.conventions: Conventions = problem.conventions
        self.undecided = undecided

    def side(self, x: arb) -> int:
        """1 above 0, -1 below; 0 at it, or where the most bits cannot tell."""
        if x > 0:
            return 1
        if x < 0:
            return -1
        if x == 0 or self.undecided:
            return 0
        raise _UndecidedError

    def bent(self, z: arb, left: arb, right: arb, slopes: tuple[arb, arb]) -> tuple[arb, arb]:
        """(value, slope) of a function in two pieces that meet at 0."""
        side = self.side(z)
        if side == 0:
            return left.union(right), slopes[self.kink]
        return (right, slopes[1]) if side > 0 else (left, slopes[0])


# Activations of one number: the pair of f(z) and f'(z).

Scalar: TypeAlias = Callable[[_Scene, arb], tuple[arb, arb]]


def _logistic(z: arb) -> arb:
    if z.mid() >= 0:  # the exponent is at most about 0, so that nothing overflows
        return 1 / (1 + (-z).exp())
    return z.exp() / (1 + z.exp())


def _softplus(z: arb) -> arb:
    return z.max(arb(0)) + (-abs(z)).exp().log1p()


def _relu(scene: _Scene, z: arb) -> tuple[arb, arb]:
    return scene.bent(z, arb(0), z, (arb(0), arb(1)))


def _leaky_relu(scene: _Scene, z: arb) -> tuple[arb, arb]:
    slope = arb(scene.conventions.leaky_slope)
    return scene.bent(z, slope * z, z, (slope, arb(1)))


def _elu(scene: _Scene, z: arb) -> tuple[arb, arb]:
    alpha, below = arb(scene.conventions.elu_alpha), z.min(arb(0))
    return scene.bent(z, alpha * below.expm1(), z, (alpha * below.exp(), arb(1)))


def _cut_softplus(scene: _Scene, z: arb) -> tuple[arb, arb]:
    threshold = scene.conventions.softplus_threshold
    if threshold is None:
        return _softplus(z), _logistic(z)
    return scene.bent(z - arb(threshold), _softplus(z), z, (_logistic(z), arb(1)))


def _selu(scene: _Scene, z: arb) -> tuple[arb, arb]:
    scale, alpha = (
        arb("1.0507009873554804934193349852946"),
        arb("1.6732632423543772848170429916717"),
    )
    below, factor = z.min(arb(0)), scale * alpha
    return scene.bent(z, factor * below.expm1(), scale * z, (factor * below.exp(), scale))


def _gelu(scene: _Scene, z: arb) -> tuple[arb, arb]:
    if scene.conventions.gelu == "tanh":
        return _gelu_tanh(z)
    below = (-z / arb(2).sqrt()).erfc() / 2  # Phi(z)
    return z * below, below + z * (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def _gelu_tanh(z: arb) -> tuple[arb, arb]:
    """f(z) = z (1 + tanh t) / 2, t = sqrt(2 / pi) (z + 0.044715 z^3); 1 + tanh t = 2 s(2t)"""
    c, k = 2 * (2 / arb.pi()).sqrt(), arb("0.044715")
    s, slope = _sigmoid_pair(c * (z + k * z**3))
    return z * s, s + z * slope * c * (1 + 3 * k * z * z)


def _sigmoid_pair(z: arb) -> tuple[arb, arb]:
    return _logistic(z), _logistic(z) * _logistic(-z)


SCALARS: dict[str, Scalar] = {
    "identity": lambda scene, z: (z, arb(1)),
    "sigmoid": lambda scene, z: _sigmoid_pair(z),
    "tanh": lambda scene, z: (z.tanh(), z.sech() ** 2),
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "softplus": _cut_softplus,
    "exp": lambda scene, z: (z.exp(), z.exp()),
    "gelu": _gelu,
    "silu": lambda scene, z: (z * _logistic(z), _logistic(z) + z * _sigmoid_pair(z)[1]),
}


def _activate(scene: _Scene, name: str, z: Vector) -> tuple[Vector, arb_mat]:
    """f(z) of one row, and its matrix of derivatives [j, k] = df_k / dz_j."""
    if name == "softmax":
        p = _softmax(z)
        return p, _matrix([[a * ((j == k) - b) for k, b in enumerate(p)] for j, a in enumerate(p)])
    pairs = [SCALARS[name](scene, x) for x in z]
    return [value for value, _ in pairs], _diagonal([slope for _, slope in pairs])


def _softmax(z: Vector) -> Vector:
    powers, total = _powers(z)
    return [power / total for power in powers]


def _powers(z: Vector) -> tuple[Vector, arb]:
    """The numbers e^(z_k - m) and their sum; m is near the largest, so that none overflows."""
    m = max(x.mid() for x in z)
    powers = [(x - m).exp() for x in z]
    return powers, sum(powers, arb(0))


def _matrix(rows: list[Vector]) -> arb_mat:
    return arb_mat(len(rows), len(rows[0]), [x for row in rows for x in row])


def _diagonal(entries: Vector) -> arb_mat:
    width = len(entries)
    return _matrix([[entries[j] if j == k else arb(0) for k in range(width)] for j in range(width)])


# Losses of one row: the pair of l and [dl/dz_k].


def _row_loss(scene: _Scene, z: Vector, y: Vector) -> tuple[arb, Vector]:
    architecture = scene.architecture
    if architecture.loss == "squared_error":
        return _squared_error(scene, z, y)
    if architecture.loss == "poisson":
        return _poisson(scene, z, y)
    if architecture.loss == "huber":
        pairs = [_huber(scene, a - b) for a, b in zip(z, y, strict=True)]
        return sum((value for value, _ in pairs), arb(0)), [slope for _, slope in pairs]
    if architecture.output == "softmax":
        return _categorical(scene, z, y)
    return _bernoulli(scene, z, y)


def _squared_error(scene: _Scene, z: Vector, y: Vector) -> tuple[arb, Vector]:
    """The loss c |o - y|^2; by the chain rule 2c sum_k (o_k - y_k) do_k/dz_j."""
    outputs, slopes = _activate(scene, scene.architecture.output, z)
    factor = arb(scene.conventions.squared_error)
    apart = [o - t for o, t in zip(outputs, y, strict=True)]
    chained = slopes * _matrix([[2 * factor * r] for r in apart])
    return factor * sum((r * r for r in apart), arb(0)), chained.entries()


def _poisson(scene: _Scene, z: Vector, y: Vector) -> tuple[arb, Vector]:
    rates = [x.exp() for x in z]
    terms = [r - t * x + _constant(scene, t) for r, t, x in zip(rates, y, z, strict=True)]
    return sum(terms, arb(0)), [r - t for r, t in zip(rates, y, strict=True)]


def _constant(scene: _Scene, y: arb) -> arb:
    """What the convention adds to e^z - y z."""
    if scene.conventions.poisson_constant == "log y!":
        return (y + 1).lgamma()
    if scene.conventions.poisson_constant == "stirling" and y > 1:
        return y * y.log() - y + (2 * arb.pi() * y).log() / 2
    return arb(0)


def _huber(scene: _Scene, r: arb) -> tuple[arb, arb]:
    delta = arb(scene.architecture.delta)
    inside = scene.side(delta - abs(r)) >= 0  # at the threshold both pieces agree, slope and all
    value = r * r / 2 if inside else delta * (abs(r) - delta / 2)
    slope = r if inside else delta * r.sgn()
    if scene.conventions.huber == "smooth_l1":
        return value / delta, slope / delta
    return value, slope


def _bernoulli(scene: _Scene, z: Vector, y: Vector) -> tuple[arb, Vector]:
    """The loss -y log p - (1 - y) log q; dp/dz = pq, so that dl/dz = -y q + (1 - y) p."""
    terms, slopes = [], []
    for x, t in zip(z, y, strict=True):
        logs = _minus_log(scene, _softplus(-x)), _minus_log(scene, _softplus(x))
        terms.append(t * logs[0] + (1 - t) * logs[1])
        p, q = _logistic(x), _logistic(-x)
        kept = _within_clip(scene, p, q) * _above_floor(scene, p * q)
        slopes.append((-t * q + (1 - t) * p) * kept)
    return sum(terms, arb(0)), slopes


def _categorical(scene: _Scene, z: Vector, y: Vector) -> tuple[arb, Vector]:
    """-sum_k y_k log p_k; dp_k/dz_j = p_k ([j = k] - p_j), so -sum_k y_k ([j = k] - p_j)."""
    p = _softmax(z)
    m, log_sum = max(x.mid() for x in z), _powers(z)[1].log()
    logs = [log_sum - (x - m) for x in z]
    value = sum((t * _minus_log(scene, g) for t, g in zip(y, logs, strict=True)), arb(0))
    kept = [t * _within_clip(scene, q, 1 - q) for t, q in zip(y, p, strict=True)]
    slopes = [
        sum((t * (q - (j == k)) for k, t in enumerate(kept)), arb(0)) for j, q in enumerate(p)
    ]
    return value, slopes


def _minus_log(scene: _Scene, exact: arb) -> arb:
    """-log clip(p, c, 1 - c) for exact = -log p"""
    c = arb(scene.conventions.probability_clip)
    return exact if c == 0 else exact.max(-(-c).log1p()).min(-c.log())


def _within_clip(scene: _Scene, p: arb, q: arb) -> int:
    """The derivative of clip(p, c, 1 - c) by p, where the gradient knows of the clip; q = 1 - p."""
    c = arb(scene.conventions.probability_clip)
    if scene.conventions.clip_gradient != "differentiated" or c == 0:
        return 1
    return int(scene.side(p - c) >= 0 and scene.side(q - c) >= 0)


def _above_floor(scene: _Scene, slope: arb) -> arb:
    """The share of the derivative that a floor under p (1 - p) leaves."""
    if scene.conventions.clip_gradient != "floored":
        return arb(1)
    return slope / slope.max(arb(1e-12))


# The network: rows one by one, the derivative of the last logits pushed forward from each layer.


class _Row(NamedTuple):
    """One row's journey: what enters each layer, what each gives, and dz_L/dz_l for each."""

    entering: list[Vector]
    outputs: list[Vector]
    logits: Vector
    jacobians: list[arb_mat]


def _journey(scene: _Scene, layers: list[Layer[Numbers]], x: Vector) -> _Row:
    kept, z = _kept(scene), x
    entering, outputs, steps = [x], list[Vector](), list[arb_mat]()
    matrices = [_matrix(layer.weights.tolist()) for layer in layers]
    names = (*scene.architecture.activations, scene.architecture.output)
    for name, matrix, layer in zip(names, matrices, layers, strict=True):
        product = (_matrix([entering[-1]]) * matrix).entries()
        z = [s + b for s, b in zip(product, layer.biases, strict=True)]
        a, slopes = _activate(scene, name, z)
        outputs.append(a)
        steps.append(slopes)
        entering.append([kept * value for value in a])
    links = [kept * d * w for d, w in zip(steps[:-1], matrices[1:], strict=True)]
    return _Row(entering[:-1], outputs, z, _pushed(links, len(z)))


def _kept(scene: _Scene) -> arb:
    """What multiplies a hidden activation in evaluation: the share of units that stay, or 1."""
    if scene.conventions.dropout == "at evaluation":
        return 1 - arb(scene.architecture.dropout)
    return arb(1)


def _pushed(links: list[arb_mat], outputs: int) -> list[arb_mat]:
    """[dz_L/dz_1, ..., dz_L/dz_L] from dz_{l+1}/dz_l, each product taken from its first layer."""
    jacobians = []
    for start in range(len(links)):
        product = links[start]
        for link in links[start + 1 :]:
            product = product * link
        jacobians.append(product)
    return [*jacobians, _diagonal([arb(1)] * outputs)]


def _truth(scene: _Scene, layers: list[Layer[Numbers]]) -> Truth:
    rows = [_journey(scene, layers, list(x)) for x in _numbers(scene.problem.inputs)]
    scales = _scales(scene, scene.conventions.reduction)
    losses = [
        _row_loss(scene, row.logits, [_smoothed(scene, t) for t in y])
        for row, y in zip(rows, _numbers(scene.problem.targets), strict=True)
    ]
    loss = sum((c * value for c, (value, _) in zip(scales, losses, strict=True)), arb(0))
    if scene.conventions.loss_includes_penalty:
        loss += _penalty(scene) * sum(map(_squares, _penalised(scene, layers)), arb(0))
    return Truth(
        forward=_stacked([_given(scene, row) for row in rows]),
        hidden=[_stacked(list(a)) for a in zip(*(row.outputs[:-1] for row in rows), strict=True)],
        loss=_shaped([loss], ()),
        gradient=_gradient(scene, layers, rows, [slopes for _, slopes in losses]),
    )


def _given(scene: _Scene, row: _Row) -> Vector:
    """What the forward pass gives for a row."""
    return row.logits if scene.conventions.outputs == "logits" else row.outputs[-1]


def _gradient(
    scene: _Scene, layers: list[Layer[Numbers]], rows: list[_Row], slopes: list[Vector]
) -> list[Layer[Numbers]]:
    made, reduction = [], scene.conventions.gradient_reduction
    if reduction == "as the loss":
        reduction = scene.conventions.reduction
    for place, layer in enumerate(layers):
        sums = [_matrix([[arb(0)] * len(layer.biases)] * (len(layer.weights) + 1))]
        for c, row, slope in zip(_scales(scene, reduction), rows, slopes, strict=True):
            # a bias is the weight of an input that is always 1
            entering = _matrix([[x] for x in [*row.entering[place], arb(1)]])
            pushed = row.jacobians[place] * _matrix([[c * s] for s in slope])
            sums.append(entering * pushed.transpose())
        total = np.array(sum(sums[1:], sums[0]).table(), dtype=object)
        made.append(_with_penalty(scene, layer, Layer(total[:-1], total[-1])))
    return made


def _with_penalty(scene: _Scene, layer: Layer[Numbers], data: Layer[Numbers]) -> Layer[Numbers]:
    factor, twice = arb(scene.conventions.gradient_factor), 2 * _penalty(scene)
    weights = factor * (data.weights + twice * layer.weights)
    if scene.conventions.penalty_on_biases:
        return Layer(weights, factor * (data.biases + twice * layer.biases))
    return Layer(weights, factor * data.biases)


def _stacked(rows: list[Vector]) -> Numbers:
    return _shaped((x for row in rows for x in row), (len(rows), len(rows[0])))


def _squares(numbers: Numbers) -> arb:
    return sum((x * x for x in numbers.flat), arb(0))


def _penalised(scene: _Scene, layers: list[Layer[Numbers]]) -> list[Numbers]:
    biases = [layer.biases for layer in layers] if scene.conventions.penalty_on_biases else []
    return [layer.weights for layer in layers] + biases


def _penalty(scene: _Scene) -> arb:
    """The factor of the squared weights: f l2, or that over n, or over the sum of the weights."""
    factor = arb(scene.conventions.penalty_factor) * arb(scene.architecture.l2)
    return factor / _total(scene) if scene.conventions.penalty_per_row else factor


def _weights(scene: _Scene) -> Vector:
    given = scene.problem.sample_weights
    return [arb(1)] * len(scene.problem.inputs) if given is None else list(_numbers(given))


def _total(scene: _Scene) -> arb:
    """What a mean over rows divides by."""
    if scene.conventions.sample_weight_mean == "weights":
        return sum(_weights(scene), arb(0))
    return arb(len(scene.problem.inputs))


def _smoothed(scene: _Scene, y: arb) -> arb:
    """The target y (1 - e) + e / K, with K = 2 for the sigmoid; only probabilities are smoothed."""
    share = arb(scene.architecture.label_smoothing)
    classes = scene.architecture.widths[-1] if scene.architecture.output == "softmax" else 2
    return y * (1 - share) + share / classes


def _scales(scene: _Scene, reduction: str) -> Vector:
    """[c_1, ..., c_n], what the loss of each row, or its derivative, is multiplied by."""
    parts, joint = scene.architecture.widths[-1], ("softmax", "cross_entropy")
    divisor = {
        "sum": arb(1),
        "mean": _total(scene),
        "mean over outputs": parts * _total(scene),
        "mean over elements": _total(scene) * (1 if scene.architecture.head == joint else parts),
    }[reduction]
    return [arb(scene.conventions.loss_factor) * w / divisor for w in _weights(scene)]
