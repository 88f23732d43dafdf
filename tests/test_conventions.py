"""Every convention: what it may be, and that no law breaks on the engine under it.

The settings follow from the types of the fields. A new word or flag is judged without further ado;
a new number needs an example here, and its rule.
"""

import re
from ast import literal_eval
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof.adapters.refnet import Refnet
from backproof.frontends import template
from backproof.judging.law import Law
from backproof.judging.run import run_law
from backproof.judging.settings import Settings
from backproof.laws.catalogue import laws
from backproof.reports.row import Row
from backproof.subjects.local import Local
from backproof.subjects.messages import decoder, encode
from backproof.subjects.subject import Subject
from refnet.conventions import STRICT, Conventions
from refnet.legal import rules
from tests.engine.nets import _conventions

NAMES = [field.name for field in fields(Conventions)]
FLAGS = [name for name in NAMES if rules(Conventions)[name].words == (False, True)]
WORDS = [name for name in NAMES if name not in FLAGS and rules(Conventions)[name].words]
NUMBERS = [name for name in NAMES if rules(Conventions)[name].legal]

EXAMPLES: dict[str, tuple[float, ...]] = {
    "loss_factor": (2.0, 0.7),
    "squared_error": (1.0,),
    "gradient_factor": (0.7,),
    "probability_clip": (0.01,),
    "penalty_factor": (0.3,),
    "leaky_slope": (0.25,),
    "elu_alpha": (1.7,),
    "softplus_threshold": (20.0, 1.0),
    "dampening": (0.5,),
}
"""Numbers under which the engine is judged; where laws ask for powers of two, one of them."""

REFUSED: dict[str, tuple[str, tuple[float, ...]]] = {
    "loss_factor": ("is finite and above 0", (0.0, -1.0)),
    "squared_error": ("is finite and above 0", (0.0, -0.5)),
    "gradient_factor": ("is finite and above 0", (0.0, -1.0)),
    "probability_clip": ("lies in [0, 0.5)", (-1e-7, 0.5, 2.0)),
    "penalty_factor": ("is finite and above 0", (0.0, -0.5)),
    "leaky_slope": ("is finite and at least 0", (-0.01,)),
    "elu_alpha": ("is finite and at least 0", (-1.0,)),
    "softplus_threshold": ("is finite and above 0", (0.0, -20.0)),
    "dampening": ("lies in [0, 1]", (-0.1, 1.5)),
}
"""The rule of each number, and numbers that break it."""


def refusal(name: str, value: Any) -> str:
    """What is said of a value that a convention cannot have."""
    with pytest.raises(ValueError, match=name) as refused:
        Conventions(**{name: value})
    return str(refused.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_means_nothing_is_refused(name: str) -> None:
    assert name in REFUSED, f"{name}: say its rule, and numbers that break it, in REFUSED"
    rule, values = REFUSED[name]
    words = ", ".join(map(repr, rules(Conventions)[name].words))
    rule += f", or choose one of {words}" if words else ""
    for value in (*values, float("nan"), float("inf"), -float("inf"), True, "half"):
        assert refusal(name, value) == f"{name}={value!r}: {name} {rule}"


@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false_and_no_number(name: str) -> None:
    for value in (1, 0.0, "yes", None):
        assert refusal(name, value) == f"{name}={value!r}: choose one of False, True"


@pytest.mark.parametrize("name", [name for name in WORDS if name not in NUMBERS])
def test_a_word_is_one_of_those_that_the_type_lists(name: str) -> None:
    words = rules(Conventions)[name].words
    listed = ", ".join(map(repr, words))
    for value in ("other than all", 1.0, *({True, None} - set(words))):
        assert refusal(name, value) == f"{name}={value!r}: choose one of {listed}"


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_says_what_a_convention_is(name: str) -> None:
    """The page on the contract and `help` repeat it."""
    said = [line.partition(":")[0].split(", ") for line in str(Conventions.__doc__).splitlines()]
    assert name in {word.strip() for words in said for word in words}


def test_the_template_says_the_defaults_and_all_words_of_what_it_names() -> None:
    text = Path(template.__file__).read_text(encoding="utf-8")
    block = text[text.index("keep the strict default:") : text.index("# All of them:")]
    named = dict(re.findall(r"(\w+)=(\"[^\"]*\"|[^\s,]+)", block))
    assert {name: getattr(STRICT, name) for name in named} == {
        name: literal_eval(value) for name, value in named.items()
    }
    listed = {word for name in named for word in rules(Conventions)[name].words if name in WORDS}
    words = {word for word in listed if isinstance(word, str)}
    assert {word for word in words if f'"{word}"' not in block} == set()


NOT_EXACT = {
    "label_smoothing": "it has one word",
    "step_sum": "tests/engine/test_legal_programs.py",
    "nesterov": "tests/engine/recurrences_longhand.py",
    "adam_epsilon": "tests/engine/recurrences_longhand.py",
    "rmsprop_epsilon": "tests/engine/recurrences_longhand.py",
    "momentum_rate": "tests/engine/recurrences_longhand.py",
    "dampening": "tests/engine/recurrences_longhand.py",
    "decay_on_biases": "tests/engine/test_optimizers.py",
    "decay_times_rate": "tests/engine/test_optimizers.py",
    "truncated_normal": "tests/engine/test_initializers.py",
    "initial_biases": "tests/engine/test_initializers.py",
}
"""The conventions that the exact loss and gradient do not show, with where else they are tested."""


@pytest.mark.parametrize("name", NAMES)
def test_a_convention_is_put_against_exact_arithmetic_or_has_a_reason_not_to(name: str) -> None:
    rng = np.random.default_rng(0)
    drawn = {getattr(_conventions(rng), name) for _ in range(200)}
    if name in NOT_EXACT:
        assert drawn == {getattr(STRICT, name)}, f"{name}: drawn, and in NOT_EXACT"
        return
    assert drawn - {getattr(STRICT, name)}, f"{name}: draw it in tests/engine/nets.py"
    assert drawn >= set(rules(Conventions)[name].words), f"{name}: draw all of its words"


SETTINGS = [
    (name, value)
    for name in NAMES
    for value in (*rules(Conventions)[name].words, *EXAMPLES.get(name, ()))
    if value != getattr(STRICT, name)
]
"""Every word, flag and number that is no default, one at a time."""


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_convention_goes_through_a_message(name: str, value: Any) -> None:
    means = {("softmax", "cross_entropy"): Conventions(**{name: value})}
    said = decoder(dict[tuple[str, str], Conventions]).decode(encode(means))
    assert said == means


class Few(Settings):
    """Fewer examples than quick has, too few to meet every kind."""

    @property
    def examples(self) -> int:
        return 5


class Watched(Conventions):
    """The strict conventions, telling which of their fields are read; equal to nothing cached."""

    __hash__ = object.__hash__
    read: set[str]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __getattribute__(self, name: str) -> Any:
        if name in NAMES:
            object.__getattribute__(self, "read").add(name)
        return object.__getattribute__(self, name)


def judged(law: Law, conventions: Conventions) -> Row:
    """The engine, computed another way, under these conventions."""
    engine = Refnet()
    engine.conventions = conventions
    return run_law(law, Subject(Local(engine)), Few("quick"))


def feeling(name: str) -> list[Law]:
    """The laws that can feel a convention.

    Two runs on the same seed are the same until one of them reads what differs: where nobody reads
    the convention, neither the engine nor the law can tell one value of it from another.
    """
    return [law for law in laws() if name in _reads()[law.name]]


@cache
def _reads() -> dict[str, set[str]]:
    """The conventions that each law reads, or the engine for it."""
    read = {}
    for law in laws():
        watched = object.__new__(Watched)
        vars(watched).update(vars(STRICT), read=set())
        judged(law, watched)
        read[law.name] = watched.read
    return read


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_examples_under_which_the_engine_is_judged(name: str) -> None:
    assert EXAMPLES.get(name), f"{name}: give legal numbers that are no default in EXAMPLES"
    assert getattr(STRICT, name) not in EXAMPLES[name]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_no_law_breaks_on_the_engine_under_another_convention(name: str, value: Any) -> None:
    conventions, felt = replace(STRICT, **{name: value}), feeling(name)
    if not felt:
        pytest.skip(f"no law reads {name} yet")
    rows = [judged(law, conventions) for law in felt]
    assert {row.law: row.reason for row in rows if row.status in BROKEN} == {}
    assert all(row.judged or row.unbounded or row.status == "unsupported" for row in rows)


BROKEN = ("broken", "error", "internal")
