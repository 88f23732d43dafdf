"""The template and the docstring of a scope name all that a scope may offer, and nothing else."""

import re
from pathlib import Path

import pytest

from backproof.contract import Scope
from backproof.frontends import template
from refnet.architecture import ACTIVATIONS, HEADS
from refnet.training.optimizers import OPTIMIZERS

COMMENTS = " ".join(re.findall(r"# (.*)", Path(template.__file__).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("text", "begins", "ends", "known"),
    [
        (COMMENTS, "activations of hidden layers: ", " heads, the output", ACTIVATIONS),
        (COMMENTS, "for `train`, () if there is none: ", ".", OPTIMIZERS),
        (str(Scope.__doc__), "optimizers:    names: ", "\n", OPTIMIZERS),
    ],
    ids=["activations of the template", "optimizers of the template", "optimizers of Scope"],
)
def test_the_list_names_all_that_a_scope_may_offer(
    text: str, begins: str, ends: str, known: tuple[str, ...]
) -> None:
    listed = text.partition(begins)[2].partition(ends)[0]
    assert tuple(re.findall(r"\w+", listed)) == known


@pytest.mark.parametrize("head", HEADS, ids=" with ".join)
def test_the_template_names_every_head(head: tuple[str, str]) -> None:
    listed = COMMENTS.partition("heads, the output")[2].partition("hidden_layers")[0]
    assert set(head) <= set(re.findall(r"\w+", listed))
