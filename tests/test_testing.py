"""Assertions for people's own tests: every legal program passes, and what is wrong is named."""

import re
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from backproof.contract import Architecture, Conventions, Layer
from backproof.testing import (
    Weak,
    assert_forward,
    assert_gradient,
    assert_loss,
    assert_step,
    tolerance,
)
from refnet import FLOAT16, FLOAT32, FLOAT64, Optimizer, Problem, balls
from refnet.architecture import HEADS
from refnet.problem import batches
from refnet.training.optimizers import variants
from refnet.training.training import trained_balls
from tests.engine.native import DTYPES, answers
from tests.engine.recurrences_longhand import Longhand
from tests.engine.test_native_precisions import problem_of

BOTH = (FLOAT64, FLOAT32)
OPTIMIZERS = [
    Optimizer("gradient_descent", 0.1, weight_decay=0.01),
    Optimizer("momentum", 0.1, momentum=0.9),
    Optimizer("nesterov", 0.1, momentum=0.9),
    Optimizer("rmsprop", 0.01),
    Optimizer("adam", 0.01, weight_decay=0.1, decoupled=True),
]


def trained(
    problem: Problem, optimizer: Optimizer, form: Conventions, dtype: Any, epochs: int, size: int
) -> list[Layer[Any]]:
    """The parameters after so many epochs, longhand."""
    rows = [[Longhand(optimizer, form, x.astype(dtype)) for x in y] for y in problem.parameters]
    for _ in range(epochs):
        for batch in batches(problem, size):
            ahead = [Layer(*(part.ahead() for part in layer)) for layer in rows]
            gradient = answers(batch._replace(parameters=ahead), dtype)[2]
            for layer, slopes in zip(rows, gradient, strict=True):
                for part, g in zip(layer, slopes, strict=True):
                    part.step(g)
    return [Layer(*(part.w for part in layer)) for layer in rows]


@pytest.mark.filterwarnings("ignore::backproof.testing.Weak")
@pytest.mark.parametrize("precision", BOTH, ids=lambda p: p.name)
@pytest.mark.parametrize("head", HEADS, ids=" ".join)
def test_plain_numpy_passes_with_every_head(head: tuple[str, str], precision: Any) -> None:
    for seed, activation in enumerate(("tanh", "relu", "gelu", "softmax")):
        problem = problem_of(seed, activation, head, precision)
        outputs, loss, gradient = answers(problem, DTYPES[precision])
        known = problem[:4]
        assert_forward(outputs, *known[:3], precision=precision)
        assert_loss(loss, *known, precision=precision)
        assert_gradient(gradient, *known, precision=precision.name)
        optimizer = OPTIMIZERS[seed]
        for form in variants(optimizer, problem.conventions):
            after = trained(problem, optimizer, form, DTYPES[precision], 2, 3)
            assert_step(after, *known, optimizer, 2, 3, precision=precision)


def small(head: tuple[str, str] = ("identity", "squared_error"), **more: Any) -> Problem:
    """Three rows through four units, with numbers that no entry cancels."""
    rng, k = np.random.default_rng(1), 3 if head[0] == "softmax" else 2
    architecture = Architecture((3, 4, k), "tanh", *head, **more)
    layers = [Layer(rng.uniform(0.1, 1, s), rng.uniform(0.1, 1, s[1])) for s in architecture.shapes]
    targets = (
        np.tile([9.0, 2.0, 5.0][:k], (3, 1)) if head[1] != "cross_entropy" else np.eye(k)[[0, 1, 0]]
    )
    return Problem(architecture, layers, rng.uniform(0.5, 1, (3, 3)), targets)


def nudged(layers: Any, place: int, share: float) -> Any:
    """The layers with one weight that is off by a share of itself."""
    moved = [Layer(w.copy(), b) for w, b in layers]
    moved[place].weights[1, 1] *= 1 + share
    return moved


@pytest.mark.parametrize("head", HEADS, ids=" ".join)
def test_a_relative_error_of_a_millionth_of_a_millionth_is_seen_in_float64(
    head: tuple[str, str],
) -> None:
    problem, descent = small(head), Optimizer("gradient_descent", 1.0)
    known = problem[:4]
    outputs, loss, gradient = answers(problem, np.float64)
    after = trained(problem, descent, problem.conventions, np.float64, 1, 3)
    wrong = outputs.copy()
    wrong[2, 1] *= 1 + 1e-12
    with pytest.raises(AssertionError, match=r"^outputs at \[2, 1\]: the error is"):
        assert_forward(wrong, *known[:3])
    with pytest.raises(AssertionError, match=r"^loss: the error is"):
        assert_loss(loss * (1 + 1e-12), *known)
    with pytest.raises(AssertionError, match=r"^gradient\[1\].weights at \[1, 1\]: the "):
        assert_gradient(nudged(gradient, 1, 1e-12), *known)
    with pytest.raises(
        AssertionError, match=r"^parameters\[0\].weights afterwards at \[1, 1\]: the "
    ):
        assert_step(nudged(after, 0, 1e-12), *known, descent)


@pytest.mark.parametrize("precision", BOTH, ids=lambda p: p.name)
def test_a_mutant_of_each_kind_fails(precision: Any) -> None:
    problem = small(l2=0.5)
    layers = [Layer(*map(precision.round, layer)) for layer in problem.parameters]
    problem = problem._replace(parameters=layers, inputs=precision.round(problem.inputs))
    known, dtype = problem[:4], DTYPES[precision]
    unbiased = [Layer(w, 0 * b) for w, b in layers]
    forgotten, _, _ = answers(problem._replace(parameters=unbiased), dtype)
    free = problem._replace(architecture=replace(problem.architecture, l2=0.0))
    _, unpenalised, without = answers(free, dtype)
    optimizer = OPTIMIZERS[2]
    momentum = replace(optimizer, name="momentum")
    after = trained(problem, momentum, problem.conventions, dtype, 1, 2)
    mutants: list[Callable[[], None]] = [
        lambda: assert_forward(forgotten, *known[:3], precision=precision),
        lambda: assert_loss(unpenalised, *known, precision=precision),
        lambda: assert_gradient(without, *known, precision=precision),
        lambda: assert_step(after, *known, optimizer, 1, 2, precision=precision),
    ]
    for mutant in mutants:
        with pytest.raises(AssertionError, match="the largest error that is legal here"):
            mutant()


def test_a_failure_says_where_by_how_much_and_under_which_conventions() -> None:
    problem = small(("identity", "squared_error"))
    conventions = Conventions(squared_error=1.0)
    gradient = answers(problem, np.float64)[2]
    with pytest.raises(AssertionError) as failed:
        assert_gradient(gradient, *problem[:4], conventions=conventions)
    ball = balls.gradient(problem._replace(conventions=conventions))[0].weights
    lines = str(failed.value).splitlines()
    at = tuple(map(int, re.findall(r"\d+", lines[0])[1:3]))
    ratio = (abs(gradient[0].weights - ball.value) / ball.radius).max()
    said = f"the error is {ratio:.3g} times the largest legal one"
    assert lines[0] == f"gradient[0].weights at {[*at]}: {said}"
    assert lines[1:4] == [
        f"  observed {float(gradient[0].weights[at])!r}",
        f"  expected {float(ball.value[at])!r}",
        f"  allowed  {float(np.asarray(ball.radius)[at])!r}, the largest error that is legal here",
    ]
    assert lines[4:] == ["  judged in float64, under squared_error=1.0"]


def test_single_precision_is_named_where_it_fits_and_nowhere_else() -> None:
    problem = small()
    rounded = [Layer(*map(FLOAT32.round, layer)) for layer in problem.parameters]
    known = problem.architecture, rounded, FLOAT32.round(problem.inputs)
    single = answers(problem._replace(parameters=rounded, inputs=known[2]), np.float32)[0]
    right = single.astype(np.float64)
    for outputs, hint in ((single, True), (right * (1 + 1e-9), False), (single + 1, False)):
        with pytest.raises(AssertionError) as failed:
            assert_forward(outputs, *known)
        assert ("it fits float32: say precision='float32'" in str(failed.value)) == hint


def test_pairs_iterators_lists_and_whatever_gives_an_array_are_taken() -> None:
    class Tensor:
        def __init__(self, values: Any) -> None:
            self.values = values

        def __array__(self, *types: Any, **more: Any) -> Any:
            return np.array(self.values)

    problem = small(("sigmoid", "cross_entropy"))
    outputs, loss, gradient = answers(problem, np.float64)
    a, layers, inputs, targets = problem[:4]
    weights = [Tensor(w) for w, _ in layers]

    def pairs() -> Any:
        return zip(weights, [b.tolist() for _, b in layers], strict=True)

    by_head = {a.head: Conventions(), ("softmax", "cross_entropy"): Conventions(outputs="logits")}
    assert_forward(Tensor(outputs), a, pairs(), inputs.tolist(), conventions=by_head)
    assert_loss(float(loss), a, pairs(), Tensor(inputs), targets.astype(int))
    assert_gradient(iter(gradient), a, pairs(), inputs, targets, [1, 1, 1])
    bare = replace(a, biases=False)
    assert_forward(0.5 + 0 * outputs, bare, [(0 * w, None) for w, _ in layers], inputs)


def test_tolerances_are_the_radii_of_the_same_balls() -> None:
    problem, optimizer = small(("softmax", "cross_entropy")), OPTIMIZERS[4]
    problem = problem._replace(sample_weights=np.array([1.0, 2.0, 0.5]))
    known = problem[:4]
    outputs = tolerance.forward(*known[:3])
    np.testing.assert_array_equal(outputs, balls.forward(*known[:3]).radius)
    assert tolerance.loss(*problem[:5]) == balls.loss(problem).radius
    for found, ball in zip(tolerance.gradient(*problem[:5]), balls.gradient(problem), strict=True):
        np.testing.assert_array_equal(found.weights, ball.weights.radius)
        np.testing.assert_array_equal(found.biases, ball.biases.radius)
    unweighted = problem._replace(sample_weights=None)
    after = trained_balls(unweighted, optimizer, 3, 2)
    for found, ball in zip(tolerance.step(*known, optimizer, 3, 2), after, strict=True):
        np.testing.assert_array_equal(found.weights, ball.weights.radius)
    bare = replace(problem.architecture, biases=False)
    none = [(w, None) for w, _ in problem.parameters]
    assert tolerance.gradient(bare, none, *known[2:])[0].biases.tolist() == [0.0] * 4


def pushed(ball: Any, share: float) -> Any:
    """The value of a ball, with its first entry pushed by a share of the radius."""
    moved = np.array(ball.value)
    moved.flat[0] += share * np.asarray(ball.radius).flat[0]
    return moved


@pytest.mark.parametrize(("share", "legal"), [(0.9, True), (-0.9, True), (1.1, False)])
def test_what_is_legal_ends_where_the_ball_does_in_every_part(share: float, legal: bool) -> None:
    problem, optimizer = small(("softmax", "cross_entropy")), OPTIMIZERS[3]
    known, edge = problem[:4], partial(pushed, share=share)
    gradient, after = balls.gradient(problem), trained_balls(problem, optimizer, 2)
    calls: list[Callable[[], None]] = [
        lambda: assert_forward(edge(balls.forward(*known[:3])), *known[:3]),
        lambda: assert_loss(edge(balls.loss(problem)), *known),
    ]
    for place, part in product(range(2), Layer._fields):

        def moved(layers: Any, place: int = place, part: str = part) -> Any:
            values = [Layer(w.value, b.value) for w, b in layers]
            ball = getattr(layers[place], part)
            values[place] = values[place]._replace(**{part: edge(ball)})
            return values

        calls.append(partial(assert_gradient, moved(gradient), *known))
        calls.append(partial(assert_step, moved(after), *known, optimizer, 2))
    for call in calls:
        with nullcontext() if legal else pytest.raises(AssertionError):
            call()


def wrong(**changes: Any) -> Callable[[], None]:
    """A call of assert_step with an argument that does not fit."""
    problem = small()
    names = ("architecture", "parameters", "inputs", "targets")
    given: dict[str, Any] = dict(zip(names, problem[:4], strict=True))
    given |= {"observed": problem.parameters, "optimizer": OPTIMIZERS[0]}
    return lambda: assert_step(**(given | changes))


LAYERS = small().parameters


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (wrong(architecture=(3, 4, 2)), "architecture is a tuple; give Architecture(widths, "),
        (wrong(precision="double"), "precision='double': give a Precision, or one of float64, "),
        (wrong(conventions="torch"), "conventions='torch': give Conventions, or a mapping"),
        (
            wrong(conventions={("exp", "poisson"): Conventions()}),
            "conventions has none for ('identity', 'squared_error'): give Conventions, or a ",
        ),
        (
            wrong(parameters=[(w.T, b) for w, b in LAYERS]),
            "parameters: parameters[0].weights has shape (4, 3); widths=(3, 4, 2) need (3, 4); "
            "give Layer(weights, biases) for each of the shapes [(3, 4), (4, 2)]",
        ),
        (
            wrong(parameters=[(w[None], b) for w, b in LAYERS]),
            "parameters[0] is a stack of layers; give one network",
        ),
        (wrong(parameters=7), "parameters: 'int' object is not iterable; give Layer(weights"),
        (wrong(inputs=np.ones((3, 2))), "inputs has shape (3, 2); give (rows, 3) for features"),
        (wrong(inputs=np.ones(3)), "inputs has shape (3,); give (rows, columns)"),
        (wrong(inputs=[["a"]]), "inputs is a list of 1 of type <U1; give real numbers"),
        (wrong(inputs=np.full((3, 3), np.nan)), "inputs[0, 0] is nan; give finite numbers"),
        (wrong(targets=np.ones((2, 2))), "targets has 2 rows and inputs has 3"),
        (wrong(sample_weights=[1, 2]), "sample_weights has 2 rows and inputs has 3"),
        (wrong(epochs=0), "epochs=0: a number of epochs is a whole number of at least 1"),
        (wrong(batch_size=0), "batch_size=0: a batch size is a whole number of at least 1"),
        (
            wrong(precision="float32", parameters=[(0.1 + 0 * w, b) for w, b in LAYERS]),
            "parameters[0] has more digits than float32; give the numbers that the network "
            "computes with, not 0.1",
        ),
        (wrong(observed=LAYERS[:1]), "observed: train returned a list of 1; give 2, one Layer for"),
        (
            wrong(observed=[(w.T, b) for w, b in LAYERS]),
            "observed: train[0].weights returned shape (4, 3); expected (3, 4)",
        ),
        (wrong(architecture=replace(small().architecture, dropout=0.5)), "dropout=0.5: which"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(call: Callable[[], None], words: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(words)):
        call()


def test_nan_and_what_overflows_fails_and_where_nothing_can_be_judged_that_is_said() -> None:
    problem = small()
    outputs = answers(problem, np.float64)[0]
    outputs[1, 0] = np.nan
    with pytest.raises(AssertionError, match=r"at \[1, 0\]: .* inf times .*\n  observed nan"):
        assert_forward(outputs, *problem[:3])
    outputs[1, 0] = 1e300
    with pytest.raises(AssertionError, match=r"at \[1, 0\]: .*\n  observed 1e\+300"):
        assert_forward(outputs, *problem[:3])
    a = Architecture((1, 1), "tanh", "exp", "poisson")
    with pytest.raises(ValueError, match="nothing can be judged: in float16 any value is legal"):
        assert_forward([[1.0]], a, [(np.array([[100.0]]), np.zeros(1))], [[1.0]], precision=FLOAT16)


def test_where_little_could_be_seen_it_warns() -> None:
    a = Architecture((2, 1), "tanh", "identity", "squared_error")
    cancel = [(np.array([[1.0], [-1.0]]), np.array([2.0**-52]))]
    with pytest.warns(Weak, match=r"an error of 5% would be seen in 0% of the entries") as said:
        assert_forward([[2.0**-52]], a, cancel, [[1.0, 1.0]])
    assert said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_forward([[0.0]], a, [(np.zeros((2, 1)), np.zeros(1))], [[1.0, 1.0]])


def test_scikit_learn_predicts_what_its_weights_say() -> None:
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(30, 4)), rng.integers(3, size=30)
    network = MLPClassifier((5,), max_iter=1000, tol=0.1).fit(inputs, labels)
    architecture = Architecture((4, 5, 3), "relu", "softmax", "cross_entropy")
    layers = [*zip(network.coefs_, network.intercepts_, strict=True)]
    assert_forward(network.predict_proba(inputs), architecture, layers, inputs)
    with pytest.raises(AssertionError, match="outputs at"):
        assert_forward(network.predict_proba(inputs - 1e-9), architecture, layers, inputs)
