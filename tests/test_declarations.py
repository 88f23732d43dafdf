"""A declaration that means nothing: what, the rule, the value and the way out, and no traceback."""

import math
import re
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
import pytest

import backproof
from backproof.adapters.refnet import Refnet
from backproof.contract import Architecture, Conventions, Precision, Scope
from backproof.subjects.failures import CannotLoad
from refnet.rounding.precision import FLOAT64

NETS: Any = {"activations": ("tanh",), "heads": (("sigmoid", "cross_entropy"),)}
NET: Any = {"widths": (2, 1), "activation": (), "output": "sigmoid", "loss": "cross_entropy"}


class Rude:
    """Whatever is asked of it, it raises."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError("leave me alone")

    __eq__ = __hash__ = __repr__ = __str__ = __iter__ = __len__ = __bool__ = __lt__ = __gt__ = (
        _raise
    )
    __le__ = __ge__ = __float__ = __int__ = __index__ = __getitem__ = _raise


NONSENSE = [
    "yes", "", 3.5, -1, math.nan, 10**400, (1.5, 3), (1, math.nan), ("a", "b"), (3,), {}, {1},
    b"x", 1j, [[]], object(), int, np.array([1.5, 2.0]), np.array(["x"]), Rude(), (Rude(), Rude()),
    (letter for letter in "ab"),
]  # fmt: skip
"""What no field may be."""


def attempt(kind: Any, given: Any) -> tuple[Any, str]:
    try:
        return kind(**given), ""
    except ValueError as reason:
        return None, str(reason)


@pytest.mark.parametrize(
    ("kind", "given", "free"),
    [
        (Scope, NETS, ()),
        (Architecture, NET, ()),
        (Conventions, {}, ()),
        (Precision, {f.name: getattr(FLOAT64, f.name) for f in fields(FLOAT64)}, ("name",)),
    ],
)
def test_every_field_refuses_nonsense_by_its_name(kind: Any, given: Any, free: Any) -> None:
    """Where a value means something in one field, as 3.5 does, it is no nonsense there."""
    names = [field.name for field in fields(kind) if field.name not in free]
    refused = 0
    for name, value in product(names, NONSENSE):
        made, reason = attempt(kind, given | {name: value})
        refused += made is None
        if made is None:
            assert re.search(rf"{name}(\[\d\])?( has .*: |.*=.*: )", reason), reason
            assert len(reason) < 600
        else:
            assert isinstance(getattr(made, name), int | float | str | tuple)
    assert refused > 0.85 * len(names) * len(NONSENSE)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("l2", "yes", "scope.l2='yes': choose one of False, True"),
        (
            "widths",
            (1.5, 3),
            "scope.widths=(1.5, 3): give (least, most), whole numbers with 1 <= least <= most, "
            "or None for no limit",
        ),
        ("rows", (1, 2**63), "scope.rows=(1, 9223372036854775808): give (least, most)"),
        ("heads", (), "scope.heads=(): name at least one, such as (('sigmoid', 'cross_entropy'),)"),
        ("heads", ("a", "b"), "scope.heads has 'a': choose from (('sigmoid', 'cross_entropy'), ("),
        ("activations", (n for n in ("relu",)), "give a tuple of names"),
        ("activations", (Rude(),), "scope.activations has (Rude, which raises RuntimeError when"),
        ("architectures", (), "scope.architectures=(): give a tuple of them, or None for any"),
        ("architectures", (3,), "scope.architectures[0]=3: give Architecture(widths, activation,"),
    ],
)
def test_a_scope_says_the_value_and_the_rule(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"^scope\.") as reason:
        Scope(**(NETS | {field: value}))
    assert said in str(reason.value)


def test_numbers_and_names_of_other_kinds_are_taken_as_what_they_are() -> None:
    class Name(str):
        __slots__ = ()

    widths: Any = (np.int64(1), np.int32(9))
    scope = Scope(**(NETS | {"activations": [Name("relu")], "widths": widths, "l2": np.True_}))
    assert scope == Scope(**(NETS | {"activations": ("relu",), "widths": (1, 9), "l2": True}))
    assert {type(width) for width in scope.widths} == {int}
    assert Architecture(np.array([2, 1]), (), "sigmoid", "cross_entropy").widths == (2, 1)  # type: ignore[arg-type]
    unit: Any = np.float32(2.0**-24)
    assert type(replace(FLOAT64, unit=unit).unit) is float


def test_an_arithmetic_without_rounding_has_the_digits_that_can_be_asked() -> None:
    assert replace(FLOAT64, unit=0.0, accumulation=0.0).digits == 53


class Loud(Refnet):
    @property
    def name(self) -> str:  # type: ignore[override]
        raise RuntimeError("no name")

    @property
    def weights(self) -> Any:  # type: ignore[override]
        raise SystemExit("no weights")


class Unweighed(Refnet):
    scope = Scope(**NETS, architectures=(Architecture(**NET),))
    weights = ((3,),)  # type: ignore[assignment]


class OfNoHead(Refnet):
    @property
    def conventions(self) -> Any:
        return {Rude: Conventions()}

    @conventions.setter
    def conventions(self, _: Any) -> None:
        """The engine's own are not wanted."""


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (Loud, "Loud failed while it was loaded: SystemExit: no weights"),
        (Unweighed, "Unweighed: weights[0]: cannot unpack non-iterable int object; give Layer("),
        (OfNoHead, "OfNoHead: conventions of <class 'tests.test_declarations.Rude'>: ch"),
    ],
)
def test_an_object_says_why_it_cannot_be_judged(subject: Any, said: str) -> None:
    with pytest.raises(CannotLoad) as reason:
        backproof.check(subject, laws="no_hidden*")
    assert said in str(reason.value)


def test_a_softmax_that_can_have_no_classes_is_named() -> None:
    class OneClass(Refnet):
        scope = replace(Refnet.scope, heads=(("softmax", "cross_entropy"),), outputs=(1, 1))

    [row] = backproof.check(OneClass, laws="no_hidden_layer_is_logistic").laws
    assert row.status == "unsupported"
    assert row.reason == (
        "a softmax has no number of outputs where the scope has outputs 1 and classes 2 or more"
    )
