"""What judging a user's own module needs of the library that it is written in."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal

from backproof.adapters.own_found import Chain, Trace
from backproof.adapters.own_heads import Head
from backproof.contract import NotSupported, Precision
from refnet.architecture import Array, Parameters


class Library(ABC):
    """A library in a precision, on a device.

    A module is what `placed` makes of what the user builds; its layers are those of its chain.

    word:       what it calls a module; version: its name and version
    page:       the file that says what stands beside a module
    arguments:  what may stand beside a module, and how many arguments it takes
    criterion:  what a module is judged with where none stands beside it
    after:      what is said beside of outputs that are not recognised
    shapes:     as in Scope
    changes:    whether modules change in place, so that one that trains is made anew
    """

    word: str
    version: str
    page: str
    arguments: Mapping[str, int]
    criterion: Any
    after: str = ""
    shapes: Literal["any", "few"] = "any"
    changes: bool = True
    precision: Precision

    @abstractmethod
    def __init__(self, precision: str, device: str) -> None:
        """Raises: ValueError for a precision or a device that is not there."""

    @staticmethod
    @abstractmethod
    def is_module(found: Any) -> bool:
        """Whether it is a module, and not what builds one."""

    @staticmethod
    @abstractmethod
    def precision_of(module: Any) -> str:
        """The name of the precision of its parameters."""

    @abstractmethod
    def placed(self, built: Any) -> Any:
        """A module of what was built, in the dtype; what the user has is left as it is."""

    @abstractmethod
    def chain(self, module: Any, features: int) -> Chain:
        """Its layers, by a pass of one row.

        Raises: NotSupported where the module is no chain of layers with weights of their own.
        """

    @abstractmethod
    def at_random(self, module: Any) -> Trace:
        """A pass of a few hundred random rows, at random parameters; the module is spoilt."""

    @abstractmethod
    def parameters(self, module: Any, layers: list[Any]) -> Parameters:
        """What the layers have."""

    @abstractmethod
    def at(self, module: Any, layers: list[Any], parameters: Parameters) -> Any:
        """The module with these parameters, perhaps the same one."""

    @abstractmethod
    def outputs(self, module: Any, inputs: Array, seed: int | None = None) -> Array:
        """What it gives for rows; with a seed in training, whose dropout this decides."""

    @abstractmethod
    def hidden(self, module: Any, inputs: Array) -> list[Array]:
        """What enters each layer but the first."""

    @abstractmethod
    def loss(self, module: Any, criterion: Any, inputs: Array, targets: Array) -> Array:
        """The criterion of the outputs."""

    @abstractmethod
    def gradient(
        self, module: Any, layers: list[Any], criterion: Any, inputs: Array, targets: Array
    ) -> Parameters:
        """The derivative of the loss by the parameters."""

    @abstractmethod
    def trained(self, module: Any, train: Callable[..., Any], *data: Array, seed: int) -> Any:
        """The module after the user's `train(module, inputs, targets)`."""

    @abstractmethod
    def evaluated(self, module: Any, evaluate: Callable[..., Any], *data: Array) -> Any:
        """What the user's `evaluate(module, inputs, targets)` gives."""

    @abstractmethod
    def started(
        self, made: Callable[[], Any], initialize: Any, name: str, seed: int
    ) -> tuple[Any, list[Any]]:
        """A new module and its layers, drawn by the user's `initialize`, or as it is made."""

    @abstractmethod
    def head(
        self, criterion: Any, given: str, logs: bool, outputs: int, options: Mapping[str, str]
    ) -> Head:
        """The head of a criterion on outputs after the activation `given`, or on logarithms of it.

        Raises: NotSupported where it is not known and not declared, or is none.
        """

    def within(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call with the library set as the precision needs it, and put back after it."""
        return call

    def logs(self, criterion: Any) -> tuple[bool, ...]:
        """Whether outputs may be logarithms of probabilities, the likelier answer first."""
        return (False, True)

    def draws(self, beside: Mapping[str, Any]) -> bool:
        """Whether starts can be drawn, of what stands beside the module."""
        return "initialize" in beside

    @classmethod
    def checked(cls, built: Any) -> Any:
        """What was built.

        Raises: NotSupported where it is no module.
        """
        if not cls.is_module(built):
            raise NotSupported(f"build gave a {type(built).__name__}, and no {cls.word}")
        return built
