"""The arithmetic that an implementation promises: roundoff, underflow, elementary functions."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from refnet.legal import ABOVE_ZERO, AT_LEAST_ZERO, BELOW_ONE, UNIT, check_fields, shown

U64 = 2.0**-53


@dataclass(frozen=True)
class Precision:
    """fl(x) = x (1 + d) + e, |d| <= unit, |e| <= underflow, in any order of summation

    unit:         unit roundoff of stored numbers (2^-53 in float64)
    accumulation: unit roundoff inside matrix products
    sums:         unit roundoff inside plain sums, as of the gradients of biases; None: the coarser
                  of unit and accumulation
    input:        unit roundoff of the multiplicands of a matrix product (TF32: 2^-11), else 0
    underflow:    numbers below it may be flushed to zero, arguments and results; the smallest
                  normal unless declared
    largest:      largest finite number
    exp_error:    error of exp in units of its result's unit roundoff
    relative:     names of activations whose accuracy is promised relative to their value
    dtype:        the NumPy type that carries the numbers (bfloat16 travels as float32)

    Raises: ValueError naming the field, the rule and the value.
    """

    name: str
    unit: Annotated[float, UNIT]
    accumulation: Annotated[float, UNIT]
    underflow: Annotated[float, BELOW_ONE]
    largest: Annotated[float, ABOVE_ZERO]
    dtype: Literal["float64", "float32", "float16"]
    input: Annotated[float, BELOW_ONE] = 0.0
    exp_error: Annotated[float, AT_LEAST_ZERO] = 8.0
    relative: tuple[str, ...] = ()
    sums: Annotated[float, UNIT] | None = None

    def __post_init__(self) -> None:
        check_fields(self, Precision, "precision.")
        if type(self.name) is not str:
            raise ValueError(f"precision.name={shown(self.name)}: give a text")
        names = self.relative
        if not isinstance(names, tuple) or not all(type(name) is str for name in names):
            raise ValueError(f"precision.relative={shown(names)}: give a tuple of names")

    @property
    def summation(self) -> float:
        """Unit roundoff inside plain sums."""
        return max(self.unit, self.accumulation) if self.sums is None else self.sums

    @cached_property
    def stores(self) -> float:
        """Unit roundoff of storing a sum of products, or 0 where the sum itself is as coarse"""
        return 0.0 if self.input == 0 and self.accumulation >= self.unit else self.unit

    def gain(self, length: int) -> float:
        """What a sum of `length` products errs by, in units of the sum of their magnitudes"""
        return length * self.accumulation + 2 * self.input + self.input**2

    @property
    def digits(self) -> int:
        """Bits of the significand, so that unit = 2^-digits, of those that float64 can carry."""
        return round(-math.log2(max(self.unit, self.input, U64)))

    def round(self, values: object) -> NDArray[np.float64]:
        """The nearest numbers that this precision represents, as float64."""
        array = np.asarray(values, np.float64).astype(self.dtype).astype(np.float64)
        if self.unit <= np.finfo(self.dtype).eps / 2:
            return array
        mantissa, exponent = np.frexp(array)  # bfloat16: float32's range, 8 bits
        whole = np.round(np.ldexp(mantissa, self.digits))
        return np.asarray(np.ldexp(whole, exponent - self.digits), dtype=np.float64)

    @cached_property
    def with_engine(self) -> "Precision":
        """The arithmetic of a comparison: this one and the engine's own float64 together.

        A radius computed with these units bounds |implementation - engine|: along the recursion
        the two errors enter each operation as a sum.
        """
        return replace(
            self,
            unit=self.unit + U64,
            accumulation=self.accumulation + U64,
            sums=self.summation + U64,
            underflow=self.underflow + FLOAT64.underflow,
        )


FLOAT64 = Precision("float64", U64, U64, 2.0**-1022, float(np.finfo("f8").max), "float64")
FLOAT32 = Precision("float32", 2.0**-24, 2.0**-24, 2.0**-126, float(np.finfo("f4").max), "float32")
# the smallest subnormal: float16's smallest normal would blind every law
FLOAT16 = Precision("float16", 2.0**-11, 2.0**-11, 2.0**-24, 65504.0, "float16")
BFLOAT16 = Precision("bfloat16", 2.0**-8, 2.0**-8, 2.0**-126, 2.0**127 * 1.9921875, "float32")
TF32 = replace(FLOAT32, name="tf32", input=2.0**-11)

PRESETS = {p.name: p for p in (FLOAT64, FLOAT32, FLOAT16, BFLOAT16, TF32)}
