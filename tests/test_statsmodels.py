"""statsmodels is judged: its three models keep the laws, but for what is known."""

import numpy as np
import pytest
import statsmodels.api as sm

import backproof
from backproof.adapters.statsmodels import Statsmodels


@pytest.mark.parametrize(
    ("model", "laws", "least"),
    [("glm", "the_loss_is*", 1), ("logit", "meaning", 2), ("ols", "meaning,gradient", 3)],
)
def test_no_law_breaks(model: str, laws: str, least: int) -> None:
    options = {"model": model}
    report = backproof.check("statsmodels", laws=laws, profile="quick", options=options)
    assert report.exit_status == 0, str(report)
    assert report.count("holds") >= least


def test_what_is_known_shows_without_backproof() -> None:
    model = sm.GLM(np.array([5.0]), np.array([[1.0]]), family=sm.families.Poisson())
    right, wrong = (float(model.score(np.array([b]))[0]) for b in (-36.0, -37.0))
    assert right == 5.0
    assert wrong > 13, "it is mended: the ledger's entry goes"


def test_what_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="model='probit': choose one of glm, logit, ols"):
        Statsmodels(model="probit")
    with pytest.raises(ValueError, match="statsmodels computes in float64"):
        Statsmodels(precision="float32")
