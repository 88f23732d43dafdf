"""Integer networks are exact in every precision, and the recipe draws them inside any scope."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from backproof.cases.dyadic import KINDS, IntegerNetworks
from backproof.cases.integers import IntegerCase, digits
from backproof.cases.recipe import OutOfScope
from backproof.cases.shifts import SHIFTS, ShiftedLogits, SoftmaxLogits
from backproof.contract import NotSupported, Scope
from backproof.judging.questions import ask
from refnet import gradient
from refnet.architecture import ACTIVATIONS, HEADS, Architecture, Layer
from refnet.conventions import STRICT, Conventions
from refnet.rounding.precision import FLOAT16, FLOAT32, FLOAT64, PRESETS, Precision

EVERYTHING = Scope(activations=ACTIVATIONS, heads=HEADS)
QUARTER = Conventions(leaky_slope=0.25)
RECIPES = {
    "forward": (IntegerNetworks(), STRICT),
    "backward": (IntegerNetworks(backward=True), STRICT),
    "collapsed": (IntegerNetworks((1, None), ("identity",), collapsed=True), STRICT),
    "leaky": (IntegerNetworks(activations=("leaky_relu",), backward=True), QUARTER),
    "fitted": (IntegerNetworks(fitted=True), QUARTER),
}

precisions = pytest.mark.parametrize("precision", PRESETS.values(), ids=lambda p: p.name)
recipes = pytest.mark.parametrize(("recipe", "conventions"), RECIPES.values(), ids=RECIPES)


def each(strategy: st.SearchStrategy[Any], body: Callable[[Any], None], examples: int = 60) -> None:
    """The body on drawn cases."""

    def one(drawn: Any) -> None:
        body(drawn)

    ask(one, {"drawn": strategy}, examples=examples, seed=0)


def fractions(array: Any) -> Any:
    return np.vectorize(Fraction, otypes=[object])(array)


def longhand(case: IntegerCase, c: Conventions) -> tuple[Any, list[Any]]:
    """Outputs and gradient in fractions, by the formulas of a textbook."""
    slope = {"relu": Fraction(0), "identity": Fraction(1), "leaky_relu": Fraction(c.leaky_slope)}
    activations, logits = [fractions(case.inputs)], []
    for place, (weights, biases) in enumerate(case.parameters):
        z = activations[-1] @ fractions(weights) + fractions(biases)
        name = (*case.architecture.activations, "identity")[place]
        logits.append(z)
        activations.append(np.where(z > 0, z, z * slope[name]))
    delta = (activations[-1] - fractions(case.targets)) * 2 * Fraction(c.squared_error) / len(z)
    layers: list[Any] = []
    for place in range(len(logits) - 1, -1, -1):
        layers.insert(0, (activations[place].T @ delta, np.sum(delta, axis=0)))
        if place:
            signal = delta @ fractions(case.parameters[place].weights).T
            name = case.architecture.activations[place - 1]
            delta = np.where(logits[place - 1] > 0, signal, signal * slope[name])
    return activations[-1], layers


def rounded_products(p: Precision, left: Any, right: Any, rng: np.random.Generator) -> Any:
    """left @ right with multiplicands, products and partial sums rounded, in a random order."""
    short = replace(p, unit=max(p.unit, p.input))
    total = np.zeros((left.shape[0], right.shape[1]))
    for k in rng.permutation(left.shape[1]):
        terms = p.round(short.round(left[:, k : k + 1]) * short.round(right[k : k + 1]))
        total = p.round(total + terms)
    return total


@precisions
@recipes
def test_outputs_and_gradients_are_those_in_fractions(
    precision: Precision, recipe: IntegerNetworks, conventions: Conventions
) -> None:
    def same(case: IntegerCase) -> None:
        outputs, layers = longhand(case, conventions)
        assert np.all(fractions(case.outputs(conventions)) == outputs)
        if recipe.backward:
            found = case.gradient(conventions)
            for (weights, biases), (w, b) in zip(found, layers, strict=True):
                assert np.all(fractions(weights) == w)
                assert np.all(fractions(biases) == b)

    each(recipe.strategy(EVERYTHING, precision, conventions), same, examples=25)


@precisions
def test_every_order_of_rounded_sums_is_exact(precision: Precision) -> None:
    rng = np.random.default_rng(0)

    def exact(case: IntegerCase) -> None:
        a = case.inputs
        for place, (weights, biases) in enumerate(case.parameters):
            z = precision.round(rounded_products(precision, a, weights, rng) + biases)
            relu = place < case.architecture.hidden_layers and case.architecture.activation
            a = np.maximum(z, 0) if relu == "relu" else z
        np.testing.assert_array_equal(a, case.outputs(STRICT))

    recipe = IntegerNetworks(activations=("relu", "identity"))
    each(recipe.strategy(EVERYTHING, precision, STRICT), exact)


@precisions
@recipes
def test_all_numbers_are_represented_exactly(
    precision: Precision, recipe: IntegerNetworks, conventions: Conventions
) -> None:
    def exact(case: IntegerCase) -> None:
        arrays = [x for layer in case.parameters for x in layer] + [case.inputs, case.targets]
        assert all(np.array_equal(precision.round(x), x) for x in arrays)
        assert case.regime.holds(case)

    each(recipe.strategy(EVERYTHING, precision, conventions), exact)


@pytest.mark.parametrize(
    "conventions",
    [
        STRICT,
        Conventions(squared_error=1.0),
        Conventions(reduction="sum"),
        Conventions(reduction="mean over outputs", gradient_factor=4.0),
        Conventions(gradient_reduction="mean over elements", loss_factor=0.125),
    ],
    ids=repr,
)
def test_the_engine_agrees_bit_by_bit(conventions: Conventions) -> None:
    recipe = IntegerNetworks(backward=True)

    def same(case: IntegerCase) -> None:
        problem = case.problem(conventions)
        found = gradient(*problem[:4], conventions=conventions)
        for one, other in zip(found, case.gradient(conventions), strict=True):
            np.testing.assert_array_equal(one.weights, other.weights)
            np.testing.assert_array_equal(one.biases, other.biases)

    each(recipe.strategy(EVERYTHING, FLOAT64, conventions), same)


def test_no_relu_stands_at_its_kink() -> None:
    def away(case: IntegerCase) -> None:
        a = case.inputs
        for weights, biases in case.parameters[:-1]:
            z = a @ weights + biases
            assert np.all(z != 0)
            a = np.maximum(z, 0)

    recipe = IntegerNetworks((1, None), ("relu",), backward=True)
    each(recipe.strategy(EVERYTHING, FLOAT32, STRICT), away)


@precisions
def test_most_numbers_survive_the_halving(precision: Precision) -> None:
    shares: dict[str, list[float]] = {kind: [] for kind in KINDS}
    recipe = IntegerNetworks(backward=True)

    def count(case: IntegerCase) -> None:
        weights = case.gradient(STRICT)[0].weights
        shares[case.kind].append(float(np.mean(weights != 0)))

    each(recipe.strategy(EVERYTHING, precision, STRICT), count, examples=100)
    assert {kind: np.mean(found) > 0.3 for kind, found in shares.items()} == dict.fromkeys(
        KINDS, True
    )


def test_many_digits_need_the_whole_precision() -> None:
    largest: list[float] = []
    strategy = IntegerNetworks(kinds=("many digits",)).strategy(EVERYTHING, FLOAT64, STRICT)
    each(strategy, lambda case: largest.append(float(np.max(np.abs(case.outputs(STRICT))))))
    assert np.median(largest) > 2.0**45


@recipes
def test_simpler_cases_stay_in_the_regime(
    recipe: IntegerNetworks, conventions: Conventions
) -> None:
    def stay(case: IntegerCase) -> None:
        for simpler in case.simpler():
            assert simpler.regime.holds(simpler)
            outputs, _ = longhand(simpler, conventions)
            assert not recipe.fitted or np.all(fractions(simpler.targets) == outputs)
            assert np.all(fractions(simpler.outputs(conventions)) == outputs)

    each(recipe.strategy(EVERYTHING, FLOAT16, conventions), stay, examples=4)


@pytest.mark.parametrize(("conventions", "offered"), [(STRICT, False), (QUARTER, True)])
def test_only_a_slope_that_is_a_power_of_two_is_drawn(
    conventions: Conventions, offered: bool
) -> None:
    names: set[str] = set()
    recipe = IntegerNetworks((1, None))
    strategy = recipe.strategy(EVERYTHING, FLOAT64, conventions)
    each(strategy, lambda case: names.update(case.architecture.activations))
    assert names == {"relu", "identity"} | ({"leaky_relu"} if offered else set())


TWO_LAYERS = Architecture((3, 2, 1), "tanh", "identity", "squared_error")


@pytest.mark.parametrize(
    ("recipe", "conventions", "scope", "reason"),
    [
        (
            IntegerNetworks(),
            STRICT,
            Scope(activations=("relu",), heads=(("sigmoid", "cross_entropy"),)),
            "exact answers need a head of identity with squared_error or identity with huber",
        ),
        (
            IntegerNetworks((1, None)),
            STRICT,
            Scope(activations=("tanh",), heads=HEADS),
            "needs units of relu or identity",
        ),
        (
            IntegerNetworks(backward=True),
            STRICT,
            Scope(activations=ACTIVATIONS, heads=HEADS, rows=(10, 15)),
            "2\\^k rows, the scope has 10 to 15",
        ),
        (
            IntegerNetworks(backward=True),
            Conventions(reduction="mean over outputs"),
            Scope(activations=ACTIVATIONS, heads=HEADS, outputs=(3, 3)),
            "2\\^k outputs, the scope has 3 to 3",
        ),
        (
            IntegerNetworks(backward=True),
            Conventions(squared_error=0.3),
            EVERYTHING,
            "powers of two, not squared_error=0.3",
        ),
        (
            *RECIPES["collapsed"],
            Scope(activations=ACTIVATIONS, heads=HEADS, hidden_layers=(1, 2)),
            "with and without hidden layers",
        ),
        (
            IntegerNetworks(),
            STRICT,
            Scope(activations=ACTIVATIONS, heads=HEADS, architectures=(TWO_LAYERS,)),
            "none of the scope's architectures fits",
        ),
    ],
)
def test_what_a_scope_lacks_is_said(
    recipe: IntegerNetworks, conventions: Conventions, scope: Scope, reason: str
) -> None:
    with pytest.raises(OutOfScope, match=reason):
        recipe.strategy(scope, FLOAT64, conventions)


def test_scopes_are_kept() -> None:
    relu = replace(TWO_LAYERS, activation="relu")
    fixed = Scope(
        activations=("relu",), heads=HEADS, architectures=(TWO_LAYERS, relu), rows=(32, 40)
    )

    def kept(case: IntegerCase) -> None:
        assert case.architecture == relu
        assert len(case.inputs) == 32

    each(IntegerNetworks(backward=True).strategy(fixed, FLOAT64, STRICT), kept, examples=10)


def test_a_factor_that_is_no_power_of_two_is_refused() -> None:
    def refused(case: IntegerCase) -> None:
        with pytest.raises(NotSupported, match="no power of two"):
            case.gradient(Conventions(squared_error=0.3))

    each(IntegerNetworks(backward=True).strategy(EVERYTHING, FLOAT64, STRICT), refused, examples=5)


def test_digits_are_those_of_the_coarsest_rounding() -> None:
    assert {p.name: digits(p) for p in PRESETS.values()} == {
        "float64": 53,
        "float32": 24,
        "float16": 11,
        "bfloat16": 8,
        "tf32": 11,
    }


@precisions
def test_shifted_logits_are_exact(precision: Precision) -> None:
    shifts: set[int] = set()

    def exact(case: ShiftedLogits) -> None:
        shifts.add(case.shift)
        for network in (case, *case.simpler()):
            for one, logits in (
                (network, network.logits),
                (network.shifted, network.logits + network.shift),
            ):
                last: Layer[Any] = one.parameters[-1]
                assert np.array_equal(precision.round(last.biases), last.biases)
                assert np.array_equal(precision.round(logits), logits)

    each(SoftmaxLogits().strategy(EVERYTHING, precision, STRICT), exact, examples=40)
    assert shifts <= set(SHIFTS)
    assert max(shifts) > 88 or precision.name == "float16"  # beyond the range of exp


def test_logits_reach_the_softmax_as_they_are() -> None:
    def same(case: ShiftedLogits) -> None:
        hidden = np.zeros((len(case.inputs), case.architecture.widths[-2]))
        last = case.parameters[-1]
        inputs = hidden if case.architecture.hidden_layers else case.inputs
        np.testing.assert_array_equal(inputs @ last.weights + last.biases, case.logits)

    each(SoftmaxLogits().strategy(EVERYTHING, FLOAT32, STRICT), same)
