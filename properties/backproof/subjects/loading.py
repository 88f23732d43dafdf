"""From the words of the command line to an implementation."""

import dataclasses
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from backproof.contract import CAPABILITIES, Declared, NotSupported, Scope, by_head, capabilities
from backproof.subjects import ways_out
from backproof.subjects.arrays import short
from backproof.subjects.border import raised, said
from backproof.subjects.command import Program
from backproof.subjects.failures import CannotLoad
from backproof.subjects.own import own_weights
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS, Precision

BUILT_IN = {
    "refnet": ("backproof.adapters.refnet:Refnet", "the reference engine"),
    "sklearn": ("backproof.adapters.sklearn:Sklearn", "scikit-learn's MLP networks"),
    "sklearn-logistic": (
        "backproof.adapters.sklearn_logistic:SklearnLogistic",
        "scikit-learn's LogisticRegression",
    ),
    "statsmodels": (
        "backproof.adapters.statsmodels:Statsmodels",
        "statsmodels' GLM, Logit and OLS",
    ),
    "autograd": ("backproof.adapters.autograd:Autograd", "HIPS autograd on NumPy code"),
    "jax": ("backproof.adapters.jax:Jax", "JAX with optax"),
    "equinox": ("backproof.adapters.equinox:Equinox", "Equinox with optax"),
    "flax": ("backproof.adapters.flax:Flax", "Flax's nnx with optax"),
    "micrograd": ("backproof.adapters.micrograd:Micrograd", "micrograd, on scalars"),
    "onnxruntime": ("backproof.adapters.onnxruntime:OnnxRuntime", "onnxruntime on a CPU"),
    "torch": ("backproof.adapters.torch:Torch", "PyTorch's networks of nn.Linear"),
}
"""The built-in adapters: where each stands, and what it judges."""

MODULES = {
    "--torch": ("backproof.adapters.torch_own", "torch.nn.modules.module.Module"),
    "--flax": ("backproof.adapters.flax_own", "flax.nnx.module.Module"),
    "--equinox": ("backproof.adapters.equinox_own", "equinox._module._module.Module"),
}
"""What makes an implementation of a user's module, and of which class this is, by the option."""

PROGRAMS = ("--command", "--strict-command")
"""A program that speaks JSON lines; every reply of the second is held to the schema."""

PACKAGE, ENGINE = Path(__file__).parents[1], Path(inspect.getfile(Conventions)).parent
"""Where our own code lies: what is raised there is shown at the line of theirs that led to it."""

_SCOPE = (
    "for instance scope = Scope(activations=('sigmoid',), heads=(('sigmoid', 'cross_entropy'),))"
)


@contextmanager
def loading(subject: str) -> Iterator[None]:
    """What a declaration does while it is read has a name.

    Raises: CannotLoad for whatever is raised, but for Ctrl-C.
    """
    try:
        yield
    except (CannotLoad, KeyboardInterrupt):
        raise
    except BaseException as error:
        words = f"{subject} failed while it was loaded: {raised(error)}"
        raise CannotLoad(words, where(error)) from error


def load(subject: str, precision: str | None = None, options: dict[str, str] | None = None) -> Any:
    """The implementation that the words name, constructed with the precision and the options.

    Raises: CannotLoad.
    """
    kind, equals, words = subject.partition("=")
    if equals and kind in MODULES:
        return _own(kind, words, precision, options or {})
    if equals and kind in PROGRAMS:
        strict = kind == PROGRAMS[1]
        return checked(Program(words, precision, options or {}, strict=strict), subject)
    place, known = BUILT_IN.get(subject, (subject, ""))
    module_name, colon, name = place.rpartition(":")
    if module_name.endswith(".py:"):
        raise CannotLoad(f"{subject} has two colons: write {module_name}{name}")
    if not colon or not name or name.endswith(".py"):  # C:\\net.py names a file, no class in it
        raise CannotLoad(ways_out.nameless(subject, BUILT_IN))
    module = _module(module_name, subject, bool(known))
    found = getattr(module, name, None)
    if found is None:
        raise CannotLoad(ways_out.undefined(module, module_name, name))
    return checked(_constructed(found, subject, precision, options or {}), subject)


def _own(kind: str, words: str, precision: str | None, options: dict[str, str]) -> Any:
    """A module of a user's as an implementation, with what stands beside it in its file."""
    file, colon, name = words.rpartition(":")
    if not colon or words.endswith(".py"):
        raise CannotLoad(f"{kind} {words}: say what builds the module, as {kind} {words}:build")
    module = _module(file, words, built_in=False)
    if not hasattr(module, name):
        raise CannotLoad(f"{file} defines no {name}")
    return _as_own(kind, getattr(module, name), vars(module), precision, options)


def _as_own(
    kind: str, found: Any, beside: Mapping[str, Any], precision: str | None, options: dict[str, str]
) -> Any:
    try:
        return checked(_maker(kind).Own(found, beside, precision, options), kind)
    except (NotSupported, ValueError) as reason:
        raise CannotLoad(f"{kind}: {reason}") from None


def _maker(kind: str) -> ModuleType:
    return _module(MODULES[kind][0], kind.removeprefix("--"), built_in=True)


def own(
    module: Any,
    *,
    kind: str = "",
    precision: str | None = None,
    options: dict[str, str] | None = None,
    **beside: Any,
) -> Any:
    """A module of a user's as an implementation, with what stands beside it.

    module:  a torch.nn.Module, flax.nnx.Module or equinox.Module, or what builds one for an
             architecture
    kind:    of what builds it: "torch", "flax" or "equinox"
    beside:  criterion, train, evaluate, initialize, optimizers, weight_decay, initializers,
             conventions, as in the file that --torch and its like name

    Raises: CannotLoad saying what cannot be judged of it; ValueError for a kind or a name beside it
            that is unknown.
    """
    option = f"--{kind}" if kind else _kind_of(module)
    if option not in MODULES:
        known = ", ".join(name.removeprefix("--") for name in MODULES)
        raise ValueError(f"kind={kind!r}: say what {short(module)} builds, one of {known}")
    maker = _maker(option)
    names = maker.Own.names()
    if unknown := [name for name in beside if name not in names]:
        raise ValueError(f"{unknown[0]} means nothing here: choose from {', '.join(names)}")
    return _as_own(option, module, beside, precision, options or {})


def _kind_of(found: Any) -> str:
    """The option that judges a bare module, by its class; "" where it is none."""
    names = {f"{one.__module__}.{one.__qualname__}" for one in type(found).__mro__}
    fits = [option for option, (_, base) in MODULES.items() if base in names]
    return "" if not fits or hasattr(found, "scope") else fits[0]


def adapted(found: Any) -> Any:
    """A bare module of a library's as an implementation; anything else as it is.

    Raises: CannotLoad saying what cannot be judged of it.
    """
    return own(found) if _kind_of(found) else found


def checked(implementation: Any, subject: str) -> Any:
    """The implementation itself, once its declarations are in order.

    Raises: CannotLoad naming the attribute, the rule and the value.
    """
    scope = getattr(implementation, "scope", None)
    if not isinstance(scope, Scope):
        given = f"has scope={said(scope, repr)}, which is no Scope"
        what = "has no scope" if scope is None else given
        raise CannotLoad(f"{subject} {what}: say what it can express, {_SCOPE}")
    precision = getattr(implementation, "precision", PRESETS["float64"])
    if isinstance(precision, str):
        precision = PRESETS.get(precision, precision)
    if not isinstance(precision, Precision):
        rule = f"give a Precision, or one of {', '.join(PRESETS)}"
        raise CannotLoad(f"{subject} has precision={said(precision, repr)}; {rule}")
    _provide(implementation, "precision", precision)
    _provide(implementation, "conventions", _conventions(implementation, subject))
    own_weights(implementation, subject)
    if not capabilities(implementation):
        slips = "; ".join(ways_out.misspelt(implementation))
        rule = slips or f"define one of {', '.join(CAPABILITIES)}"
        raise CannotLoad(f"{subject} offers nothing to judge: {rule}")
    return implementation


def _conventions(implementation: Any, subject: str) -> Declared:
    """What is declared, once for all heads or for each of them."""
    declared = getattr(implementation, "conventions", Conventions())
    if not isinstance(declared, Conventions | Mapping):
        way_out = "give Conventions, or a mapping with one for each head"
        raise CannotLoad(f"{subject} has conventions={said(declared, repr)}; {way_out}")
    try:
        by_head(declared, implementation.scope.heads)
    except ValueError as reason:
        raise CannotLoad(f"{subject}: {reason}") from None
    return declared


def _provide(implementation: Any, field: str, value: Any) -> None:
    if getattr(implementation, field, None) is value:
        return
    try:
        object.__setattr__(implementation, field, value)  # a frozen dataclass too
    except AttributeError:
        kind = type(implementation).__name__
        raise CannotLoad(f"{kind} has no room for {field}: give it the attribute") from None


def _module(name: str, subject: str, built_in: bool) -> ModuleType:
    try:
        if name.endswith(".py"):
            return _from_file(Path(name))
        if not built_in:
            sys.path.append(os.getcwd())  # last, so that nothing there stands in for ours
        return importlib.import_module(name)
    except CannotLoad:
        raise
    except ModuleNotFoundError as error:
        raise CannotLoad(ways_out.uninstalled(error, name, subject, built_in)) from error
    except BaseException as error:  # whatever a module does while it is imported
        if isinstance(error, SyntaxError) and error.lineno:
            raise CannotLoad(*ways_out.no_python(error, name)) from error
        if isinstance(error, ImportError) and "relative import" in said(error):
            raise CannotLoad(ways_out.relative(name, subject), where(error)) from error
        message = f"{name} failed while it was imported: {raised(error)}"
        raise CannotLoad(message, where(error)) from error


def where(error: BaseException) -> str:
    """The last line of theirs on the way to the error; a rule of ours was broken there."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = (f"{PACKAGE}{os.sep}", f"{ENGINE}{os.sep}", dataclasses.__file__, "<")
    theirs = [frame for frame in frames if not frame.filename.startswith(ours)]
    return "".join(traceback.format_list((theirs or frames)[-1:])).rstrip()


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise CannotLoad(ways_out.absent(path))
    sys.dont_write_bytecode = True  # nothing is written beside the user's file
    sys.path.insert(0, str(path.resolve().parent))  # as if the file were run
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CannotLoad(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    if path.stem not in sys.modules:
        sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _constructed(found: Any, subject: str, precision: str | None, options: dict[str, str]) -> Any:
    given: dict[str, Any] = dict(options)
    if precision is not None:
        given["precision"] = precision
    if not callable(found) or (not inspect.isclass(found) and capabilities(found)):
        if given:
            raise CannotLoad(f"{subject} is no class: --precision and --option have nowhere to go")
        return found
    try:
        inspect.signature(found).bind(**given)
    except (TypeError, ValueError) as error:  # ValueError: it has no signature
        words = ", ".join(f"{key}={value}" for key, value in given.items()) or "no arguments"
        way_out = ways_out.unconstructed(found, given)
        message = f"{subject} cannot be constructed with {words}: {error}{way_out}"
        raise CannotLoad(message) from error
    try:
        return found(**given)
    except Exception as error:
        message = f"{subject} failed in its constructor: {raised(error)}"
        raise CannotLoad(message, where(error)) from error
