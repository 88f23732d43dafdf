"""One network evaluated in every legal way: each order of summation, each formula, each precision.

A `Machine` has the operations of a processor. Every result is rounded to the precision before the
next operation sees it; sums are taken in the order that a `Style` names. The numbers travel as
float64, in which an operation on float32 and smaller numbers is exact enough that rounding once
more gives the correctly rounded result (Figueroa, SIGNUM Newsletter 30, 1995).

The network on top of it is the ordinary one, forward pass and backpropagation, as a course teaches
it. It shares no code with the engine, and it takes stacks: leading axes broadcast.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from refnet import Ball, Layer, Precision, Problem

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Style:
    """One way of computing that the model of the bounds admits.

    order:  the order of summation
    fused:  a product is added with one rounding, by fused multiply-add
    wide:   sums are accumulated in the next wider type and rounded once
    flush:  what lies below the smallest normal becomes zero, arguments too
    sloppy: elementary functions err by up to four more units of roundoff
    last:   the division by the number of rows comes last, not first
    first:  the bias is the first term of its sum, not the last
    joined: the penalty is the first term of the sums, and a loss is one sum of everything
    kink:   the slope at a kink
    """

    name: str
    order: str = "sequential"
    fused: bool = False
    wide: bool = False
    flush: bool = False
    sloppy: bool = False
    last: bool = False
    first: bool = False
    joined: bool = False
    kink: float = 0.0


STYLES = (
    Style("sequential"),
    Style("reversed", order="reversed", kink=1.0),
    Style("pairwise", order="pairwise", first=True),
    Style("blocked", order="blocked", last=True),
    Style("descending", order="descending", first=True),
    Style("fused", fused=True, first=True, last=True),
    Style("wide", wide=True, kink=0.5),
    Style("flushed", flush=True),
    Style("sloppy", sloppy=True),
    Style("joined", joined=True),
)


# Rounding


def nearest(x: Array, precision: Precision) -> Array:
    """The number of the precision that is nearest to each float64."""
    if precision.name == "float64":
        return x
    if precision.name.startswith("bfloat16"):
        return _bfloat16(x)
    return x.astype(precision.dtype).astype(np.float64)


def _bfloat16(x: Array) -> Array:
    tiny = np.rint(x * 2.0**133) * 2.0**-133  # subnormals are the multiples of 2^-133
    rounded = np.where(np.abs(x) < 2.0**-126, tiny, _significant(x, 8))
    return np.where(np.abs(rounded) >= 2.0**128, np.copysign(np.inf, x), rounded)


def _significant(x: Array, digits: int) -> Array:
    """The nearest float64 with so many binary digits, ties to even."""
    bits, dropped = np.asarray(x, dtype=np.float64).view(np.uint64), 53 - digits
    odd = (bits >> np.uint64(dropped)) & np.uint64(1)
    raised = bits + np.uint64((1 << (dropped - 1)) - 1) + odd
    kept = raised & ~np.uint64((1 << dropped) - 1)
    return np.where(np.isfinite(x), kept.view(np.float64), x)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The pair (s, e) with s = fl(a + b) and s + e = a + b, after Knuth."""
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """The pair (p, e) with p = fl(a b) and p + e = a b, after Dekker and Veltkamp."""
    p = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def _halves(a: Array) -> tuple[Array, Array]:
    shifted = a * (2.0**27 + 1)
    high = shifted - (shifted - a)
    return high, a - high


def _to_odd(a: Array, b: Array) -> Array:
    """The sum a + b rounded to odd, so that rounding it again rounds once.

    Source: Boldo, Melquiond, IEEE Transactions on Computers 57 (2008).
    """
    s, e = _two_sum(a, b)
    even = np.asarray(s).view(np.uint64) & np.uint64(1) == 0
    return np.where((e != 0) & even, np.nextafter(s, np.where(e > 0, np.inf, -np.inf)), s)


def fused_multiply_add(a: Array, b: Array, c: Array, precision: Precision) -> Array:
    """The number of the precision that is nearest to a b + c."""
    p, low = _two_product(a, b)
    u, u_low = _two_sum(c, low)
    t, t_low = _two_sum(p, u)
    rest = _to_odd(t_low, u_low)
    exact = t + rest if precision.name == "float64" else _to_odd(t, rest)
    return nearest(np.where(np.isfinite(exact), exact, a * b + c), precision)


# The operations of a processor


class Machine:
    """The operations, each with its rounding, and sums in the order of the style."""

    def __init__(self, precision: Precision, style: Style, form: int = 0) -> None:
        self.precision, self.style, self.form = precision, style, form
        self.unit = precision.unit
        self.wide = style.wide or precision.accumulation < precision.unit
        self._plain = self
        if precision.accumulation != precision.summation:
            alike = replace(precision, accumulation=precision.summation)
            self._plain = Machine(alike, style, form)

    def choose(self, forms: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
        """One of several legal formulas."""
        return forms[self.form % len(forms)]

    def r(self, x: Any) -> Array:
        """The result as it is stored."""
        stored = nearest(np.asarray(x, dtype=np.float64), self.precision)
        if self.style.flush:
            return np.where(np.abs(stored) < self.precision.underflow, 0.0, stored)
        return stored

    def _accumulated(self, x: Array) -> Array:
        """The result as an accumulator holds it."""
        if not self.wide:
            return self.r(x)
        # float64 accumulates in long double, float32 in float64, the others in float32
        half = self.unit > 2.0**-24
        return x.astype(np.float32).astype(np.float64) if half else x

    def _carried(self, x: Array) -> Array:
        return x.astype(np.longdouble) if self.wide and self.unit <= 2.0**-53 else x

    def add(self, a: Any, b: Any) -> Array:
        return self.r(np.add(a, b))

    def sub(self, a: Any, b: Any) -> Array:
        return self.r(np.subtract(a, b))

    def mul(self, a: Any, b: Any) -> Array:
        return self.r(np.multiply(a, b))

    def div(self, a: Any, b: Any) -> Array:
        return self.r(np.divide(a, b))

    def elementary(self, function: Callable[[Array], Array], x: Any) -> Array:
        """A function of the library: exact to a unit, or to five where the style is sloppy."""
        value = np.asarray(function(np.asarray(x)))
        if self.style.sloppy:
            noise = np.sin(1e4 * np.asarray(x) + 1.0)  # as good as random, and the same every time
            value = value * (1 + 4 * self.unit * np.nan_to_num(noise))
        return self.r(value)

    def exp(self, x: Any) -> Array:
        return self.elementary(np.exp, x)

    def log(self, x: Any) -> Array:
        return self.elementary(np.log, x)

    def sum(self, terms: Array) -> Array:
        """The sum over the last axis."""
        return self.r(self._plain._summed(np.moveaxis(terms, -1, 0)))

    def row_sum(self, entries: Array) -> Array:
        """The loss of a row from its outputs, or these as they are where all is one sum."""
        return entries if self.style.joined else self.sum(entries)

    def matmul_onto(self, a: Array, b: Array, first: Array) -> Array:
        """The matrix first + a @ b, in one accumulator."""
        return self.r(self._products(self._multiplicand(a), self._multiplicand(b), first))

    def matmul(self, a: Array, b: Array, bias: Array | None = None) -> Array:
        """The matrix a @ b + bias: (n, k), (k, m), (m,) -> (n, m)"""
        left, right = self._multiplicand(a), self._multiplicand(b)
        rows = None if bias is None else np.broadcast_to(bias[..., None, :], _shape(a, b))
        first = rows if self.style.first else None
        total = self._products(left, right, first)
        return self.r(total) if rows is None or self.style.first else self.add(self.r(total), rows)

    def _multiplicand(self, x: Array) -> Array:
        return _significant(x, 11) if self.precision.input else x

    def _products(self, a: Array, b: Array, first: Array | None) -> Array:
        pairs = [(a[..., :, k, None], b[..., None, k, :]) for k in range(a.shape[-1])]
        if self.style.fused:
            return self._fused(pairs, first)
        terms = [self._product(x, y) for x, y in pairs]
        if first is not None:
            terms = [self._carried(first), *terms]
        return self._summed(np.stack(np.broadcast_arrays(*terms)))

    def _product(self, x: Array, y: Array) -> Array:
        product = self._carried(x) * self._carried(y)
        return self._accumulated(product)

    def _fused(self, pairs: list[tuple[Array, Array]], first: Array | None) -> Array:
        total = np.zeros(_shape(*pairs[0])) if first is None else first
        for x, y in pairs:
            if self.wide:
                total = self._accumulated(x * y + total)
            else:
                total = self.r(fused_multiply_add(x, y, total, self.precision))
        return total

    def _summed(self, terms: Array) -> Array:
        """The sum over the first axis, in the order of the style."""
        order, terms = self.style.order, self._carried(terms)
        if order == "pairwise":
            return self._pairwise(terms)
        if order == "blocked":
            blocks = [self._one_by_one(terms[k : k + 4]) for k in range(0, len(terms), 4)]
            return self._one_by_one(np.stack(blocks))
        if order == "reversed":
            terms = terms[::-1]
        if order == "descending":
            terms = np.take_along_axis(terms, np.argsort(-np.abs(terms), axis=0), axis=0)
        return self._one_by_one(terms)

    def _one_by_one(self, terms: Array) -> Array:
        total = np.asarray(terms[0])
        for term in terms[1:]:
            total = self._accumulated(total + term)
        return total

    def _pairwise(self, terms: Array) -> Array:
        while len(terms) > 1:
            paired = self._accumulated(terms[: len(terms) // 2 * 2 : 2] + terms[1::2])
            terms = np.concatenate([paired, terms[len(terms) // 2 * 2 :]])
        return np.asarray(terms[0])


def _shape(a: Array, b: Array) -> tuple[int, ...]:
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return (*lead, a.shape[-2], b.shape[-1])


# Activations: for each name the legal formulas of f(z), and those of f'(z) from z and a = f(z).


def _sigmoid_by_exp(m: Machine, z: Array) -> Array:
    return m.div(1.0, m.add(1.0, m.exp(-z)))


def _sigmoid_by_tanh(m: Machine, z: Array) -> Array:
    return m.mul(0.5, m.add(1.0, m.elementary(np.tanh, m.mul(0.5, z))))


def _sigmoid_by_sign(m: Machine, z: Array) -> Array:
    tail = m.exp(-np.abs(z))
    return m.div(np.where(z >= 0, 1.0, tail), m.add(1.0, tail))


_SIGMOIDS = (_sigmoid_by_exp, _sigmoid_by_tanh, _sigmoid_by_sign)


def _sigmoid(m: Machine, z: Array) -> Array:
    return np.asarray(m.choose(_SIGMOIDS)(m, z))


def _tanh_by_exps(m: Machine, z: Array) -> Array:
    z = np.clip(z, -10, 10) if m.precision.largest < 1e5 else np.clip(z, -40, 40)
    up, down = m.exp(z), m.exp(-z)
    return m.div(m.sub(up, down), m.add(up, down))


_TANHS = (
    lambda m, z: m.elementary(np.tanh, z),
    _tanh_by_exps,
    lambda m, z: m.sub(m.mul(2.0, _sigmoid(m, m.mul(2.0, z))), 1.0),
    lambda m, z: m.sub(1.0, m.div(2.0, m.add(m.exp(m.mul(2.0, z)), 1.0))),
)


def _softplus_stable(m: Machine, z: Array) -> Array:
    return m.add(np.maximum(z, 0), m.elementary(np.log1p, m.exp(-np.abs(z))))


def _softplus_naive(m: Machine, z: Array) -> Array:
    plain = m.log(m.add(1.0, m.exp(np.minimum(z, 5.0))))
    return np.where(z > 5, _softplus_stable(m, z), plain)


def _softplus(m: Machine, z: Array) -> Array:
    return np.asarray(m.choose((_softplus_stable, _softplus_naive))(m, z))


def _cut(m: Machine, z: Array, conventions: Any, beyond: Any, below: Any) -> Array:
    """One thing beyond the threshold of softplus, and another below it."""
    threshold = conventions.softplus_threshold
    return np.asarray(below if threshold is None else np.where(z > m.r(threshold), beyond, below))


def _expm1(m: Machine, z: Array) -> Array:
    z = np.minimum(z, 0)
    forms = (lambda: m.elementary(np.expm1, z), lambda: m.sub(m.exp(z), 1.0))
    return np.asarray(m.choose(forms)())


def _gelu_by_erf(m: Machine, z: Array) -> Array:
    inside = m.add(1.0, m.elementary(special.erf, m.mul(z, m.r(0.5**0.5))))
    return m.mul(m.mul(0.5, z), inside)


def _gelu_by_erfc(m: Machine, z: Array) -> Array:
    return m.mul(z, m.mul(0.5, m.elementary(special.erfc, m.mul(-z, m.r(0.5**0.5)))))


def _gelu_inner(m: Machine, z: Array) -> Array:
    cube = m.mul(m.r(0.044715), m.mul(m.mul(z, z), z))
    return m.mul(m.r((2 / np.pi) ** 0.5), m.add(z, cube))


def _gelu_by_tanh(m: Machine, z: Array) -> Array:
    inside = m.add(1.0, m.elementary(np.tanh, _gelu_inner(m, z)))
    return m.mul(m.mul(0.5, z), inside)


def _softmax_shifted(m: Machine, z: Array) -> Array:
    e = m.exp(m.sub(z, np.max(z, axis=-1, keepdims=True)))
    return m.div(e, m.sum(e)[..., None])


def _softmax_reciprocal(m: Machine, z: Array) -> Array:
    e = m.exp(m.sub(z, np.max(z, axis=-1, keepdims=True)))
    return m.mul(e, m.div(1.0, m.sum(e))[..., None])


def _softmax_unshifted(m: Machine, z: Array) -> Array:
    e = m.exp(z)
    plain = m.div(e, m.sum(e)[..., None])
    moderate = np.max(np.abs(z), axis=-1, keepdims=True) < 4  # else exp overflows somewhere
    return np.where(moderate, plain, _softmax_shifted(m, z))


def _softmax_by_log(m: Machine, z: Array) -> Array:
    below = m.sub(z, np.max(z, axis=-1, keepdims=True))
    return m.exp(m.sub(below, m.log(m.sum(m.exp(below)))[..., None]))


def _softmax_by_log_sum_exp(m: Machine, z: Array) -> Array:
    top = np.max(z, axis=-1, keepdims=True)
    level = m.add(top, m.log(m.sum(m.exp(m.sub(z, top))))[..., None])
    return m.exp(m.sub(z, level))


_SOFTMAXES = (
    _softmax_shifted,
    _softmax_reciprocal,
    _softmax_unshifted,
    _softmax_by_log,
    _softmax_by_log_sum_exp,
)


def _selu_parts(m: Machine) -> tuple[Array, Array]:
    return m.r(1.0507009873554804934), m.r(1.6732632423543772848)


def _selu(m: Machine, z: Array) -> Array:
    scale, alpha = _selu_parts(m)
    forms = (
        lambda: m.mul(scale, m.mul(alpha, _expm1(m, z))),
        lambda: m.mul(m.mul(scale, alpha), _expm1(m, z)),
    )
    return np.where(z > 0, m.mul(scale, z), m.choose(forms)())


def _silu_by_product(m: Machine, z: Array) -> Array:
    return m.mul(z, _sigmoid(m, z))


def _silu_by_division(m: Machine, z: Array) -> Array:
    return m.div(z, m.add(1.0, m.exp(-z)))


def _leaky_relu(m: Machine, z: Array, conventions: Any) -> Array:
    forms = (
        lambda: np.where(z > 0, z, m.mul(m.r(conventions.leaky_slope), z)),
        lambda: _leaky_mixed(m, z, np.abs(z), conventions),
    )
    return np.asarray(m.choose(forms)())


def _leaky_mixed(m: Machine, one: Array, other: Array, conventions: Any) -> Array:
    """f1 one + f2 other, with f1, f2 = (1 + slope) / 2, (1 - slope) / 2"""
    slope = m.r(conventions.leaky_slope)
    halves = (m.mul(0.5, m.add(1.0, slope)), m.mul(0.5, m.sub(1.0, slope)))
    return m.add(m.mul(halves[0], one), m.mul(halves[1], other))


def _leaky_slope(m: Machine, z: Array, conventions: Any) -> Array:
    forms = (
        lambda: _bent(m, z, m.r(conventions.leaky_slope), 1.0),
        lambda: _leaky_mixed(m, np.ones_like(z), np.sign(z), conventions),
    )
    return np.asarray(m.choose(forms)())


def _elu(m: Machine, z: Array, conventions: Any) -> Array:
    return np.where(z > 0, z, m.mul(m.r(conventions.elu_alpha), _expm1(m, z)))


def _gelu(m: Machine, z: Array, conventions: Any) -> Array:
    tanhs, erfs = (_gelu_by_tanh,), (_gelu_by_erf, _gelu_by_erfc)
    return np.asarray(m.choose(tanhs if conventions.gelu == "tanh" else erfs)(m, z))


VALUES: dict[str, Callable[[Machine, Array, Any], Any]] = {
    "identity": lambda m, z, c: z,
    "sigmoid": lambda m, z, c: _sigmoid(m, z),
    "tanh": lambda m, z, c: m.choose(_TANHS)(m, z),
    "relu": lambda m, z, c: np.maximum(z, 0),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": lambda m, z, c: _selu(m, z),
    "softplus": lambda m, z, c: _cut(m, z, c, z, _softplus(m, z)),
    "exp": lambda m, z, c: m.exp(z),
    "softmax": lambda m, z, c: m.choose(_SOFTMAXES)(m, z),
    "gelu": _gelu,
    "silu": lambda m, z, c: m.choose((_silu_by_product, _silu_by_division))(m, z),
}


def activate(m: Machine, name: str, z: Array, conventions: Any) -> Array:
    """The activations f(z), by the formula whose turn it is."""
    return np.asarray(VALUES[name](m, z, conventions))


def _sigmoid_slope(m: Machine, z: Array, a: Array) -> Array:
    forms = (
        lambda: m.mul(a, m.sub(1.0, a)),
        lambda: m.mul(_sigmoid(m, z), _sigmoid(m, -z)),
        lambda: _sigmoid_slope_by_exp(m, z),
    )
    return np.asarray(m.choose(forms)())


def _sigmoid_slope_by_exp(m: Machine, z: Array) -> Array:
    tail = m.exp(-np.abs(z))
    below = m.add(1.0, tail)
    return m.div(tail, m.mul(below, below))


def _tanh_slope(m: Machine, z: Array, a: Array) -> Array:
    forms = (
        lambda: m.sub(1.0, m.mul(a, a)),
        lambda: m.mul(m.sub(1.0, a), m.add(1.0, a)),
        lambda: _tanh_slope_by_cosh(m, z),
    )
    return np.asarray(m.choose(forms)())


def _tanh_slope_by_cosh(m: Machine, z: Array) -> Array:
    c = m.elementary(np.cosh, z)
    return m.div(1.0, m.mul(c, c))


def _silu_slope(m: Machine, z: Array, a: Array) -> Array:
    s = _sigmoid(m, z)
    forms = (
        lambda: m.mul(s, m.add(1.0, m.mul(z, m.sub(1.0, s)))),
        lambda: m.add(s, m.mul(a, m.sub(1.0, s))),
        lambda: m.add(s, m.mul(z, m.mul(s, m.sub(1.0, s)))),
    )
    return np.asarray(m.choose(forms)())


def _gelu_slope(m: Machine, z: Array, conventions: Any) -> Array:
    if conventions.gelu == "tanh":
        t = m.elementary(np.tanh, _gelu_inner(m, z))
        inner = m.add(1.0, m.mul(m.r(3 * 0.044715), m.mul(z, z)))
        bend = m.mul(m.mul(m.r((2 / np.pi) ** 0.5), inner), m.sub(1.0, m.mul(t, t)))
        bend = np.where(np.abs(z) > 8, 0.0, bend)  # 1 - t^2 vanishes long before z^2 overflows
        return m.add(m.mul(0.5, m.add(1.0, t)), m.mul(m.mul(0.5, z), bend))
    below = m.mul(0.5, m.add(1.0, m.elementary(special.erf, m.mul(z, m.r(0.5**0.5)))))
    density = m.mul(m.r((2 * np.pi) ** -0.5), m.exp(-m.mul(0.5, m.mul(z, z))))
    return m.add(below, m.mul(z, density))


def _bent(m: Machine, z: Array, left: Any, right: Any) -> Array:
    """The slope of a function in two pieces; at the kink any mixture is right."""
    mixed = m.add(left, m.mul(m.style.kink, m.sub(right, left)))
    return np.where(z > 0, right, np.where(z < 0, left, mixed))


def _elu_slope(m: Machine, z: Array, a: Array, factor: Array, right: Any) -> Array:
    z = np.asarray(z)
    left = m.choose(
        (lambda: m.mul(factor, m.exp(np.minimum(z, 0))), lambda: m.add(np.minimum(a, 0), factor))
    )()
    return _bent(m, z, left, right)


def _selu_slope(m: Machine, z: Array, a: Array) -> Array:
    scale, alpha = _selu_parts(m)
    return _elu_slope(m, z, a, m.mul(scale, alpha), scale)


SLOPES: dict[str, Callable[[Machine, Array, Array, Any], Any]] = {
    "identity": lambda m, z, a, c: np.ones_like(z),
    "sigmoid": lambda m, z, a, c: _sigmoid_slope(m, z, a),
    "tanh": lambda m, z, a, c: _tanh_slope(m, z, a),
    "relu": lambda m, z, a, c: _bent(m, z, 0.0, 1.0),
    "leaky_relu": lambda m, z, a, c: _leaky_slope(m, z, c),
    "elu": lambda m, z, a, c: _elu_slope(m, z, a, m.r(c.elu_alpha), 1.0),
    "selu": lambda m, z, a, c: _selu_slope(m, z, a),
    "softplus": lambda m, z, a, c: _cut(m, z, c, 1.0, _sigmoid(m, z)),
    "exp": lambda m, z, a, c: m.choose((lambda: a, lambda: m.exp(z)))(),
    "gelu": lambda m, z, a, c: _gelu_slope(m, z, c),
    "silu": lambda m, z, a, c: _silu_slope(m, z, a),
}


def slope(m: Machine, name: str, z: Array, a: Array, conventions: Any) -> Array:
    """The slopes f'(z) of an activation that acts on each entry alone."""
    return np.asarray(SLOPES[name](m, z, a, conventions))


def pull_back(m: Machine, name: str, s: Array, z: Array, a: Array, conventions: Any) -> Array:
    """The derivative by z from the derivative s by a = f(z)."""
    if name != "softmax":
        return m.mul(s, slope(m, name, z, a, conventions))
    weighted = m.mul(a, s)
    mean = m.sum(weighted)[..., None]
    forms = (lambda: m.mul(a, m.sub(s, mean)), lambda: m.sub(weighted, m.mul(a, mean)))
    return np.asarray(m.choose(forms)())


# Heads: the loss of each row, and its derivative by the logits.


def _bernoulli(m: Machine, z: Array, y: Array) -> Array:
    forms: list[Callable[[], Array]] = [
        lambda: m.add(
            m.sub(np.maximum(z, 0), m.mul(y, z)), m.elementary(np.log1p, m.exp(-np.abs(z)))
        ),
        lambda: m.sub(_softplus(m, z), m.mul(y, z)),
        lambda: m.add(
            m.mul(y, _softplus_stable(m, -z)), m.mul(m.sub(1.0, y), _softplus_stable(m, z))
        ),
    ]
    if np.all((y == 0) | (y == 1)):  # softplus(z) or softplus(-z)
        forms.append(lambda: _softplus_stable(m, m.mul(m.sub(1.0, m.mul(2.0, y)), z)))
    return m.row_sum(m.choose(tuple(forms))())


def _categorical(m: Machine, z: Array, y: Array) -> Array:
    top = np.max(z, axis=-1, keepdims=True)
    shifted = m.sub(z, top)
    log_sum = m.log(m.sum(m.exp(shifted)))[..., None]
    forms = (
        lambda: -m.row_sum(m.mul(y, m.sub(shifted, log_sum))),
        lambda: m.row_sum(m.mul(y, m.sub(m.add(top, log_sum), z))),
        lambda: m.sub(m.add(top, log_sum)[..., 0], m.sum(m.mul(y, z))),
    )
    return np.asarray(m.choose(forms)())


def _from_probabilities(m: Machine, output: str, p: Array, y: Array, clip: float) -> Array:
    if clip:
        p = np.clip(p, m.r(clip), m.sub(1.0, m.r(clip)))
    if output == "softmax":
        return -m.row_sum(m.mul(y, m.log(p)))
    tails = (lambda: m.log(m.sub(1.0, p)), lambda: m.elementary(np.log1p, -p))
    return -m.row_sum(m.add(m.mul(y, m.log(p)), m.mul(m.sub(1.0, y), m.choose(tails)())))


def _poisson(m: Machine, z: Array, y: Array, constant: str) -> Array:
    terms = m.sub(m.exp(z), m.mul(y, z))
    if constant == "log y!":
        terms = m.add(terms, m.elementary(special.gammaln, m.add(y, 1.0)))
    if constant == "stirling":
        above = np.maximum(y, 1.0)
        half = m.mul(0.5, m.log(m.mul(m.r(2 * np.pi), above)))
        added = m.add(m.sub(m.mul(above, m.log(above)), above), half)
        terms = m.add(terms, np.where(y > 1, added, 0.0))
    return m.row_sum(terms)


def _huber(m: Machine, r: Array, threshold: float, smooth: bool) -> Array:
    size, d = np.abs(r), m.r(threshold)
    inner = np.minimum(size, d)
    forms = (
        lambda: np.where(
            size <= d,
            m.mul(m.mul(0.5, size), size),
            m.mul(d, m.sub(size, m.mul(0.5, d))),
        ),
        lambda: m.add(m.mul(m.mul(0.5, inner), inner), m.mul(d, m.sub(size, inner))),
    )
    entries = m.choose(forms)()
    return m.row_sum(m.div(entries, d) if smooth else entries)


def _row_losses(m: Machine, problem: Problem, z: Array, o: Array, y: Array) -> Array:
    architecture, conventions = problem.architecture, problem.conventions
    if architecture.loss == "squared_error":
        apart = m.sub(o, y)
        return m.mul(m.r(conventions.squared_error), m.row_sum(m.mul(apart, apart)))
    if architecture.loss == "poisson":
        return _poisson(m, z, y, conventions.poisson_constant)
    if architecture.loss == "huber":
        return _huber(m, m.sub(o, y), architecture.delta, conventions.huber == "smooth_l1")
    if conventions.loss_from == "probabilities" or conventions.probability_clip:
        return _from_probabilities(m, architecture.output, o, y, conventions.probability_clip)
    return _categorical(m, z, y) if architecture.output == "softmax" else _bernoulli(m, z, y)


def _output_delta(m: Machine, problem: Problem, z: Array, o: Array, y: Array) -> Array:
    architecture, conventions = problem.architecture, problem.conventions
    if architecture.loss == "squared_error":
        apart = m.mul(m.r(2 * conventions.squared_error), m.sub(o, y))
        return pull_back(m, architecture.output, apart, z, o, conventions)
    if architecture.loss == "huber":
        d = m.r(architecture.delta)
        clipped = np.clip(m.sub(o, y), -d, d)
        return m.div(clipped, d) if conventions.huber == "smooth_l1" else clipped
    if conventions.gradient_from == "probabilities" or conventions.clip_gradient != "ignored":
        return _chained_delta(m, architecture.output, conventions, z, o, y)
    if architecture.output == "sigmoid":
        forms = (
            lambda: m.sub(o, y),
            lambda: m.sub(m.mul(m.sub(1.0, y), o), m.mul(y, _sigmoid(m, -z))),
        )
        return np.asarray(m.choose(forms)())
    return m.sub(o, y)


def _chained_delta(
    m: Machine, output: str, conventions: Any, z: Array, o: Array, y: Array
) -> Array:
    """The delta by the chain rule, or o - y, as the conventions declare, with what a clip does."""
    c, clips = conventions.probability_clip, conventions.clip_gradient == "differentiated"
    low, high = m.r(c), m.sub(1.0, m.r(c))
    within = (low <= o) & (o <= high) if clips and c else np.ones_like(o)
    clipped = np.clip(o, low, high) if clips and c else o
    if output == "exp":
        chained = conventions.gradient_from == "probabilities"
        return m.mul(m.sub(1.0, m.div(y, o)), o) if chained else m.sub(o, y)
    if conventions.gradient_from == "probabilities":
        return _chained(m, output, z, o, y, clipped, within, conventions.clip_gradient == "floored")
    if conventions.clip_gradient == "floored" and output == "sigmoid":
        return _floored(m, np.clip(o, 0.0, 1.0), y)
    if output == "sigmoid":
        return m.mul(m.sub(o, y), within)
    kept = m.mul(y, within)
    return m.sub(m.mul(o, m.sum(kept)[..., None]), kept) if clips and c else m.sub(o, y)


def _floored(m: Machine, o: Array, y: Array) -> Array:
    slope = m.mul(o, m.sub(1.0, o))
    return m.mul(m.div(m.sub(o, y), np.maximum(slope, m.r(1e-12))), slope)


def _chained(
    m: Machine,
    output: str,
    z: Array,
    o: Array,
    y: Array,
    clipped: Array,
    within: Array,
    floored: bool,
) -> Array:
    """-y / p and (1 - y) / (1 - p), pulled back through the output activation."""
    if output == "sigmoid":
        if floored:
            return _floored(m, np.clip(o, 0.0, 1.0), y)
        wrong = m.div(m.sub(1.0, y), m.sub(1.0, clipped))
        signal = m.mul(m.sub(wrong, m.div(y, clipped)), within)
        return m.mul(signal, _sigmoid_slope(m, z, o))
    signal = m.mul(-m.div(y, clipped), within)
    forms = (
        lambda: pull_back(m, "softmax", signal, z, o, None),
        lambda: _softmax_jacobian(m, signal, o),
    )
    return np.asarray(m.choose(forms)())


def _softmax_jacobian(m: Machine, s: Array, a: Array) -> Array:
    """sum_k a_j ([j = k] - a_k) s_k"""
    slopes = m.mul(a[..., :, None], m.sub(np.eye(a.shape[-1]), a[..., None, :]))
    return m.sum(m.mul(slopes, s[..., None, :]))


# The network


class Answer(NamedTuple):
    """What an implementation answers, as arrays of float64."""

    forward: Array
    hidden: list[Array]
    loss: Array
    gradient: list[Layer[Array]]


def evaluate(problem: Problem, precision: Precision, style: Style, form: int = 0) -> Answer:
    """The network in this precision and style, with the formulas of this turn."""
    with np.errstate(all="ignore"):
        m = Machine(precision, style, form)
        problem = _read(m, problem)
        way, y = _forward(m, problem), _smoothed(m, problem)
        z, outputs = way.logits[-1], way.activations[-1]
        losses = _row_losses(m, problem, z, outputs, y)
        delta = _output_delta(m, problem, z, outputs, y)
        return Answer(
            z if problem.conventions.outputs == "logits" else outputs,
            way.activations[:-1],
            _loss(m, problem, losses),
            _gradient(m, problem, way, delta),
        )


def _read(m: Machine, problem: Problem) -> Problem:
    """The problem as the processor reads it, which may flush its numbers too."""
    weights = problem.sample_weights
    return problem._replace(
        parameters=[Layer(m.r(w), m.r(b)) for w, b in problem.parameters],
        inputs=m.r(problem.inputs),
        targets=m.r(problem.targets),
        sample_weights=None if weights is None else m.r(weights),
    )


class _Pass(NamedTuple):
    """The forward pass: what enters each layer, its logits, its activations."""

    entering: list[Array]
    logits: list[Array]
    activations: list[Array]


def _forward(m: Machine, problem: Problem) -> _Pass:
    names = (*problem.architecture.activations, problem.architecture.output)
    way = _Pass([problem.inputs], [], [])
    for name, layer in zip(names, problem.parameters, strict=True):
        way.logits.append(m.matmul(way.entering[-1], layer.weights, layer.biases))
        way.activations.append(activate(m, name, way.logits[-1], problem.conventions))
        way.entering.append(_kept(m, problem, way.activations[-1]))
    return way


def _kept(m: Machine, problem: Problem, x: Array) -> Array:
    """The share of a hidden activation, or of its derivative, that dropout leaves in evaluation."""
    rate = problem.architecture.dropout
    if not rate or problem.conventions.dropout == "inverted":
        return x
    return m.mul(m.sub(1.0, m.r(rate)), x)


def _smoothed(m: Machine, problem: Problem) -> Array:
    share = m.r(problem.architecture.label_smoothing)
    if share == 0:
        return problem.targets
    softmax = problem.architecture.output == "softmax"
    classes = problem.architecture.widths[-1] if softmax else 2
    return m.add(m.mul(problem.targets, m.sub(1.0, share)), m.div(share, classes))


def _total(m: Machine, problem: Problem) -> Array:
    """What a mean over rows divides by."""
    weights = problem.sample_weights
    if weights is not None and problem.conventions.sample_weight_mean == "weights":
        return m.sum(weights)
    return np.asarray(float(problem.inputs.shape[-2]))


def _divisor(m: Machine, problem: Problem, reduction: str) -> Array:
    """What the sum over rows is divided by."""
    if reduction == "sum":
        return np.asarray(1.0)
    total, a = _total(m, problem), problem.architecture
    joint = reduction == "mean over elements" and a.head == ("softmax", "cross_entropy")
    return total if reduction == "mean" or joint else m.mul(total, a.widths[-1])


def _loss(m: Machine, problem: Problem, losses: Array) -> Array:
    if m.style.joined:
        return _joined_loss(m, problem, losses)
    weights = problem.sample_weights
    divisor = _divisor(m, problem, problem.conventions.reduction)
    if weights is not None and not m.style.last:
        losses = m.mul(losses, m.div(weights, divisor[..., None]))
    elif weights is not None:
        losses = m.mul(losses, weights)
    value = m.sum(losses)
    if weights is None or m.style.last:
        value = m.div(value, divisor)
    value = m.mul(m.r(problem.conventions.loss_factor), value)
    if problem.architecture.l2 and problem.conventions.loss_includes_penalty:
        value = m.add(value, m.mul(_penalty(m, problem), _squares(m, problem)))
    return value


def _joined_loss(m: Machine, problem: Problem, losses: Array) -> Array:
    """One sum of the squared weights and of what the losses of the rows are sums of."""
    lead = problem.inputs.shape[:-1]
    weights = np.ones(lead) if problem.sample_weights is None else problem.sample_weights
    share = m.div(weights, _divisor(m, problem, problem.conventions.reduction)[..., None])
    share = m.mul(m.r(problem.conventions.loss_factor), share)
    terms = [m.mul(losses.reshape(*lead, -1), share[..., None]).reshape(*lead[:-1], -1)]
    if problem.architecture.l2 and problem.conventions.loss_includes_penalty:
        factor = _penalty(m, problem)[..., None]
        terms = [*(m.mul(m.mul(factor, x), x) for x in _penalised(problem)), *terms]
    return m.sum(np.concatenate(terms, axis=-1))


def _penalty(m: Machine, problem: Problem) -> Array:
    conventions = problem.conventions
    factor = m.mul(m.r(conventions.penalty_factor), m.r(problem.architecture.l2))
    return m.div(factor, _total(m, problem)) if conventions.penalty_per_row else factor


def _squares(m: Machine, problem: Problem) -> Array:
    return m.sum(np.stack([m.sum(m.mul(x, x)) for x in _penalised(problem)], axis=-1))


def _penalised(problem: Problem) -> list[Array]:
    """What the penalty squares, without its shape."""
    arrays = [layer.weights for layer in problem.parameters]
    if problem.conventions.penalty_on_biases:
        arrays += [layer.biases[..., None, :] for layer in problem.parameters]
    return [x.reshape(*x.shape[:-2], -1) for x in arrays]


def _gradient(m: Machine, problem: Problem, way: _Pass, delta: Array) -> list[Layer[Array]]:
    names, conventions = problem.architecture.activations, problem.conventions
    divided = conventions.gradient_reduction
    if divided == "as the loss":
        divided = conventions.reduction
    divisor = _divisor(m, problem, divided)
    delta = _weighted(m, problem, delta, divisor)
    layers = []
    for place in range(len(problem.parameters) - 1, -1, -1):
        layer = problem.parameters[place]
        layers.append(_by_layer(m, problem, layer, way.entering[place], delta, divisor))
        if place:
            s = _kept(m, problem, m.matmul(delta, np.swapaxes(layer.weights, -1, -2)))
            z, a = way.logits[place - 1], way.activations[place - 1]
            delta = pull_back(m, names[place - 1], s, z, a, conventions)
    return layers[::-1]


def _by_layer(
    m: Machine,
    problem: Problem,
    layer: Layer[Array],
    entering: Array,
    delta: Array,
    divisor: Array,
) -> Layer[Array]:
    """The derivative of the loss, with its penalty, by the parameters of one layer."""
    inputs, deltas = np.swapaxes(entering, -1, -2), np.swapaxes(delta, -1, -2)
    if not (m.style.joined and problem.architecture.l2):
        data = Layer(m.matmul(inputs, delta), m.sum(deltas))
        return _finished(m, problem, layer, data, divisor)
    factor = _gradient_penalty(m, problem)
    weights = m.matmul_onto(inputs, delta, m.mul(factor[..., None, None], layer.weights))
    if problem.conventions.penalty_on_biases:
        first = m.mul(factor[..., None], layer.biases)
        deltas = np.concatenate([first[..., None], deltas], axis=-1)
    return Layer(weights, m.sum(deltas))


def _gradient_penalty(m: Machine, problem: Problem) -> Array:
    """What multiplies the weights in the gradient."""
    return m.mul(m.r(2 * problem.conventions.gradient_factor), _penalty(m, problem))


def _weighted(m: Machine, problem: Problem, delta: Array, divisor: Array) -> Array:
    """The output delta times what multiplies each row, and the gradient's factor."""
    weights = problem.sample_weights
    c = problem.conventions
    if m.style.last:
        factor = m.r(c.gradient_factor)
        scaled = delta if weights is None else m.mul(delta, weights[..., None])
        return m.mul(factor, scaled)
    factor = m.mul(m.r(c.loss_factor), m.r(c.gradient_factor))
    if weights is None:
        return m.mul(delta, m.div(factor, divisor)[..., None, None])
    return m.mul(delta, m.mul(factor, m.div(weights, divisor[..., None]))[..., None])


def _finished(
    m: Machine, problem: Problem, layer: Layer[Array], data: Layer[Array], divisor: Array
) -> Layer[Array]:
    """The division by the rows where it comes last, and the penalty."""
    weights, biases = data
    if m.style.last:
        weights, biases = (
            m.div(weights, divisor[..., None, None]),
            m.div(biases, divisor[..., None]),
        )
        factor = m.r(problem.conventions.loss_factor)
        weights, biases = m.mul(factor, weights), m.mul(factor, biases)
    if problem.architecture.l2:
        twice = _gradient_penalty(m, problem)
        weights = m.add(weights, m.mul(twice[..., None, None], layer.weights))
        if problem.conventions.penalty_on_biases:
            biases = m.add(biases, m.mul(twice[..., None], layer.biases))
    return Layer(weights, biases)


def ratios(value: Array, ball: Ball) -> Array:
    """The share |value - ball.value| / radius of each entry; nan where the radius is infinite."""
    centre, radius = np.broadcast_arrays(ball.value, ball.radius)
    with np.errstate(all="ignore"):
        error = np.abs(value - centre)
        share = np.where(error == 0, 0.0, error / radius)
    return np.where(np.isinf(radius), np.nan, np.where(np.isnan(share), np.inf, share))


def worst(pairs: list[tuple[Array, Ball]], stack: int) -> Array:
    """The largest share of each network of a stack; nan where no radius is finite."""
    shares = [ratios(value, ball).reshape(stack, -1) for value, ball in pairs]
    return np.asarray(np.fmax.reduce(np.concatenate([*shares, np.full((stack, 1), np.nan)], 1), 1))
