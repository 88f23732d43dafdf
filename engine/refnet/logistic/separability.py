"""Whether a plane separates the classes, which decides whether logistic regression has an answer.

With z_i = s_i x_i, s_i = +1 for label 1 and -1 for label 0, the data are
complete        separated, if some v has z_i v > 0 for every row;
quasi-complete  separated, if not, but some v has z_i v >= 0 for every row and not always 0;
overlap         else, which by Stiemke's theorem is: sum_i a_i z_i = 0 for some a with all a_i > 0.
Logistic regression without a penalty has a finite minimiser in the last case alone.

Source: Albert and Anderson, Biometrika (1984).
"""

from itertools import islice
from typing import Literal

import numpy as np
import scipy

from refnet.architecture import Array
from refnet.logistic.certificate import certify
from refnet.logistic.linear_model import linear_model
from refnet.logistic.newton import iterates
from refnet.rounding.precision import U64

Separation = Literal["overlap", "complete", "quasi-complete"]

_ITERATIONS = 40  # the margin of separated data grows by about 1 in each
_LINEAR_PROGRAMME = 1e-6  # ten times the tolerance of the solver, on rows and columns of size 1


def margins(design: Array, labels: Array, v: Array) -> Array:
    """s_i x_i v, less its largest rounding error: above 0, it is proved to be

    Shapes: design (n, d); labels (n,) or (n, 1), 0 or 1; v (d,) -> (n,).
    """
    signed = np.where(labels.ravel() > 0, 1.0, -1.0) * (design @ v)
    return np.asarray(signed - (len(v) + 1) * U64 * (np.abs(design) @ np.abs(v)))


def decide(design: Array, labels: Array) -> Separation:
    """Which of the three the data are.

    "overlap" by the certificate and "complete" by the margins of some v are proofs; where neither
    is found, a linear programme decides, to its tolerance.

    Shapes: design (n, d), with a column of ones for an intercept; labels (n,) or (n, 1), 0 or 1.
    Raises: ValueError for a label that is neither.
    """
    if not np.all((labels == 0) | (labels == 1)):
        wrong = labels.ravel()[~np.isin(labels.ravel(), (0, 1))][0]
        raise ValueError(f"labels has {wrong}; a label is 0 or 1")
    design = _scaled(design)
    if not design.shape[1]:
        return "overlap"  # without features every x v is 0
    return _by_newton(design, labels) or by_programme(design, labels)


def _scaled(design: Array) -> Array:
    """Columns of size 1, up to a power of two, which changes no separation and rounds nothing."""
    largest = np.max(np.abs(design), axis=0)
    kept = largest > 0
    return np.asarray(design[:, kept] * 2.0 ** -np.frexp(largest[kept])[1])


def _by_newton(design: Array, labels: Array) -> Separation | None:
    """A proof on some of the rows, if there is one.

    Rows that overlap make all overlap. A plane that separates them may separate all; else those
    that are most on its wrong side come in, until the proof is found or every row is there.
    """
    count, features = design.shape
    rows = np.arange(0, count, max(1, count // (20 * features)))
    while True:
        verdict, v = _proof(design[rows], labels[rows])
        distances = margins(design, labels, v)
        if verdict == "overlap" or (verdict == "complete" and np.min(distances) > 0):
            return verdict
        if len(rows) == count:
            return None
        distances[rows] = np.inf
        more = min(len(rows), count - len(rows))
        rows = np.sort(np.append(rows, np.argpartition(distances, more - 1)[:more]))


def _proof(design: Array, labels: Array) -> tuple[Separation | None, Array]:
    """The first proof that an iterate of Newton's method gives, and that iterate."""
    targets = labels.reshape(-1, 1).astype(np.float64)
    signs, v = 2 * targets - 1, np.zeros((design.shape[1], 1))
    try:
        for at in islice(iterates(linear_model(design, targets), v), _ITERATIONS):
            v = at.v
            if np.min(signs * at.logits) > 0 and np.min(margins(design, labels, v[:, 0])) > 0:
                return "complete", v[:, 0]
            # a step of d needs kappa >= d
            if at.reach < 1 and certify(design, targets, v).holds:
                return "overlap", v[:, 0]
    except ValueError:
        pass  # a singular Hessian: dependent columns, or separation
    return None, v[:, 0]


def by_programme(design: Array, labels: Array) -> Separation:
    """A v with s_i x_i v >= t > 0 for all rows, or else one with s_i x_i v >= 0 and not always 0

    The two linear programmes alone, which take 10 to 100 times longer than `decide` on many rows.
    """
    design = _independent(_scaled(design))
    signed = np.where(labels.ravel() > 0, 1.0, -1.0)[:, None] * design
    size = np.max(np.abs(signed), axis=1, keepdims=True)
    signed = signed / np.where(size > 0, size, 1)
    t = np.ones((len(signed), 1))
    margin, v = _largest(np.append(0 * design[0], 1.0), np.append(signed, -t, axis=1))
    if margin > _LINEAR_PROGRAMME and np.min(margins(design, labels, v[:-1])) > 0:
        return "complete"
    total, _ = _largest(np.sum(signed, axis=0), signed)
    return "quasi-complete" if total > _LINEAR_PROGRAMME * max(1, len(t) / 10) else "overlap"


def _largest(gain: Array, rows: Array) -> tuple[float, Array]:
    """The largest gain . v with rows . v >= 0 and |v_j| <= 1, and that v."""
    found = scipy.optimize.linprog(-gain, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1))
    if found.x is None:
        raise RuntimeError(f"the linear programme ended without an answer: {found.message}")
    return float(gain @ found.x), found.x


def _independent(design: Array) -> Array:
    """A largest set of linearly independent columns: the others separate nothing more."""
    triangle, order = scipy.linalg.qr(design, mode="r", pivoting=True)
    sizes = np.abs(np.diag(triangle[: design.shape[1]]))
    rank = int(np.sum(sizes > sizes[0] * max(design.shape) * 2 * U64))
    return design[:, np.sort(order[:rank])]
