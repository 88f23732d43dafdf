"""Seven mistakes in a hyperbolic tangent, and who sees them.

python benchmarks/compared.py     needs torch and jax

Each is a value and a slope, given to torch.autograd.gradcheck and jax.test_util.check_grads as
their users do, to numpy.allclose beside central differences, and in a network to backproof.
"""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.test_util import check_grads
from torch import nn

import backproof
from backproof.contract import Architecture

jax.config.update("jax_enable_x64", True)

Curve = Callable[[Any, Any], Any]
Fault = tuple[Curve, Curve]
"""Value and slope of an activation, in the functions of NumPy, PyTorch or JAX."""


def _single(xp: Any, z: Any) -> Any:
    return z.to(torch.float32) if xp is torch else z.astype(np.float32)


def _double(xp: Any, z: Any) -> Any:
    return z.to(torch.float64) if xp is torch else z.astype(np.float64)


def value(xp: Any, z: Any) -> Any:
    """tanh z"""
    return xp.tanh(z)


def slope(xp: Any, z: Any) -> Any:
    """1 - tanh(z)^2"""
    return 1 - xp.tanh(z) ** 2


def _exponentials(xp: Any, z: Any) -> Any:
    return (xp.exp(z) - xp.exp(-z)) / (xp.exp(z) + xp.exp(-z))


FAULTS: dict[str, Fault] = {
    "none": (value, slope),
    "slope 1.0001 times too large": (value, lambda xp, z: 1.0001 * slope(xp, z)),
    "slope computed in float32": (value, lambda xp, z: _double(xp, slope(xp, _single(xp, z)))),
    "slope 0 beyond 3": (value, lambda xp, z: xp.where(abs(z) > 3, 0 * z, slope(xp, z))),
    "slope 0 from -0.001 to 0": (
        value, lambda xp, z: xp.where((z > -1e-3) & (z < 0), 0 * z, slope(xp, z)),
    ),
    "nan beyond 710": (_exponentials, lambda xp, z: 1 - _exponentials(xp, z) ** 2),
    "slope taken of the value": (value, lambda xp, z: slope(xp, xp.tanh(z))),
    "tanh(1.01 z), and its slope": (
        lambda xp, z: xp.tanh(1.01 * z), lambda xp, z: 1.01 * slope(xp, 1.01 * z),
    ),
}  # fmt: skip


def function_of(fault: Fault) -> Any:
    """The activation as an autograd function of PyTorch's."""

    class Activation(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return fault[0](torch, z)

        @staticmethod
        def backward(ctx: Any, *above: Any) -> Any:
            return above[0] * fault[1](torch, ctx.saved_tensors[0])

    return Activation.apply


def by_gradcheck(fault: Fault) -> bool:
    """Whether torch.autograd.gradcheck sees it, at 80 normal numbers."""
    z = torch.randn(16, 5, dtype=torch.float64, requires_grad=True)
    return not torch.autograd.gradcheck(function_of(fault), (z,), raise_exception=False)


def by_check_grads(fault: Fault) -> bool:
    """Whether jax.test_util.check_grads sees it, at 80 normal numbers."""
    activation = jax.custom_vjp(lambda z: fault[0](jnp, z))
    activation.defvjp(lambda z: (fault[0](jnp, z), z), lambda z, above: (above * fault[1](jnp, z),))
    z = jax.random.normal(jax.random.key(0), (16, 5))
    try:
        check_grads(activation, (z,), order=1, modes=("rev",))
    except AssertionError:
        return True
    return False


def by_allclose(fault: Fault) -> bool:
    """Whether it differs from central differences by numpy.allclose, at 80 normal numbers."""
    z, h = np.random.default_rng(0).normal(size=80), 1e-6
    numeric = (fault[0](np, z + h) - fault[0](np, z - h)) / (2 * h)
    return not np.allclose(fault[1](np, z), numeric)


def by_backproof(fault: Fault) -> bool:
    """Whether two laws do not hold for a module with this activation."""

    class Module(nn.Module):
        def __init__(self, widths: tuple[int, ...]) -> None:
            super().__init__()
            pairs = pairwise(widths)
            self.layers = nn.ModuleList(nn.Linear(*pair, dtype=torch.float64) for pair in pairs)

        def forward(self, x: Any) -> Any:
            for layer in self.layers[:-1]:
                x = function_of(fault)(layer(x))
            return self.layers[-1](x)

    def build(architecture: Architecture) -> Any:
        if not set(architecture.activations) <= {"tanh"}:
            raise ValueError("the hidden layers are tanh")
        return Module(architecture.widths)

    subject = backproof.own(build, kind="torch", criterion=nn.BCEWithLogitsLoss())
    report = backproof.check(subject, laws="outputs_are_right,the_gradient_is_the_derivative")
    return report.exit_status != 0


JUDGES = {
    "gradcheck": by_gradcheck,
    "check_grads": by_check_grads,
    "allclose": by_allclose,
    "backproof": by_backproof,
}


def main() -> None:
    """Print who sees what, and how long each takes."""
    torch.manual_seed(0)
    seconds, found = dict.fromkeys(JUDGES, 0.0), dict[str, dict[str, bool]]()
    for name, fault in FAULTS.items():
        found[name] = {}
        for judge, sees in JUDGES.items():
            begun = time.perf_counter()
            found[name][judge] = sees(fault)
            seconds[judge] += time.perf_counter() - begun
    print(f"{'':30}" + "".join(f"{judge:>13}" for judge in JUDGES))
    for name, seen in found.items():
        print(f"{name:30}" + "".join(f"{'seen' if one else '-':>13}" for one in seen.values()))
    print(f"{'seconds for all':30}" + "".join(f"{one:13.1f}" for one in seconds.values()))


if __name__ == "__main__":
    main()
