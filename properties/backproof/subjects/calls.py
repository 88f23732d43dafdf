"""One call of an implementation, guarded: whatever it does becomes an outcome with a name."""

import time
import traceback
import warnings
from typing import Any

import numpy as np

from backproof.contract import CAPABILITIES, Fit, NotSupported, by_head, capabilities
from backproof.subjects.arrays import Nonsense, array_of, short
from backproof.subjects.border import raised, said
from backproof.subjects.handed import Handed
from backproof.subjects.last_words import OURS, ends
from backproof.subjects.messages import Call, Failure, Hello, Outcome
from backproof.subjects.own import own_weights
from backproof.subjects.ways_out import misspelt
from refnet.architecture import Architecture, Layer


def hello(implementation: Any, subject: str) -> Hello:
    """What the implementation says of itself."""
    return Hello(
        name=said(implementation, lambda it: str(getattr(it, "name", "")))
        or subject.rpartition(":")[2],
        version=said(implementation, lambda it: str(getattr(it, "version", ""))),
        scope=implementation.scope,
        precision=implementation.precision,
        conventions=by_head(implementation.conventions, implementation.scope.heads),
        capabilities=list(capabilities(implementation)),
        weights=own_weights(implementation, subject),
        misspelt=misspelt(implementation),
    )


def perform(implementation: Any, call: Call, handed: Handed) -> Outcome:
    """The outcome of a call: the answer in float64, or why there is none.

    The implementation gets fresh, writable arrays in its own type. Whatever it raises, even
    SystemExit, is caught; its arguments are compared with what they were, and so is the answer that
    was handed out before.
    """
    dtype = implementation.precision.dtype
    given = _arguments(call, dtype)
    started = time.perf_counter()
    raw, outcome = _answer(implementation, call, given)
    outcome.seconds = time.perf_counter() - started
    changed = [name for name, value in given.items() if _changed(value, getattr(call, name), dtype)]
    if changed and outcome.failure is None:
        what = " and ".join(changed)
        message = (
            f"{call.capability} changed its argument {what}; a call leaves its arguments alone"
        )
        outcome.failure = Failure(kind="changed", message=message)
    elif (earlier := handed.changed()) and outcome.failure is None:
        message = (
            f"{call.capability} changed what {earlier[0]} had answered; an answer is not used again"
        )
        outcome.failure = Failure(kind="changed", message=message)
    handed.keep(call.capability, raw)
    return outcome


def _answer(implementation: Any, call: Call, given: dict[str, Any]) -> tuple[Any, Outcome]:
    """What came, and what it is: nothing of the right form is None."""
    try:
        # as in a fresh interpreter, whatever the caller has set
        numbers = np.errstate(divide="warn", over="warn", invalid="warn", under="ignore")
        with numbers, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning is no error, whatever the interpreter says
            raw = getattr(implementation, call.capability)(*given.values())
            return raw, Outcome(answer=normal(call, raw))
    except NotSupported as reason:
        return None, Outcome(failure=Failure(kind="unsupported", message=said(reason)))
    except Nonsense as error:
        return None, Outcome(failure=Failure(kind="nonsense", message=str(error)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit included: no call may end the run
        return None, Outcome(failure=_raised(call, error))


def _raised(call: Call, error: BaseException) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(OURS)]
    detail = "\n".join(ends([frame.rstrip() for frame in traceback.format_list(theirs)]))
    if isinstance(error, SystemExit):
        message = f"{call.capability} called sys.exit({said(error.code, repr)})"
    else:
        message = f"{call.capability} raised {raised(error)}"
    # math.log and math.fsum raise ValueError, and so does who looks for infinities in his arrays
    kind = "arithmetic" if isinstance(error, ArithmeticError | ValueError) else "raised"
    return Failure(kind=kind, message=message, detail=detail)


def _arguments(call: Call, dtype: str) -> dict[str, Any]:
    """The arguments as the contract lists them, in copies of the implementation's own type."""
    given = {name: getattr(call, name) for name in CAPABILITIES[call.capability]}
    for name in ("inputs", "targets", "sample_weights"):
        if given.get(name) is not None:
            given[name] = np.array(given[name], dtype=dtype)
    if given.get("parameters") is not None:
        given["parameters"] = [
            Layer(np.array(w, dtype=dtype), np.array(b, dtype=dtype))
            for w, b in call.parameters or []
        ]
    return given


def _changed(value: Any, kept: Any, dtype: str) -> bool:
    """Whether an argument is no longer what the call says: its numbers, its type, its shape."""
    if isinstance(kept, np.ndarray):
        if type(value) is not np.ndarray or (value.shape, value.dtype) != (kept.shape, dtype):
            return True
        return bool(value.tobytes() != np.asarray(kept, dtype=dtype).tobytes())
    if not isinstance(kept, list | tuple):
        return False  # numbers, names and frozen dataclasses
    if not isinstance(value, list | tuple) or len(value) != len(kept):
        return True
    return any(_changed(part, other, dtype) for part, other in zip(value, kept, strict=True))


def normal(call: Call, raw: Any) -> Any:
    """The answer of a capability as float64 arrays of the right shapes.

    Raises: Nonsense saying what came and what was expected.
    """
    architecture, name = call.architecture, call.capability
    rows = 0 if call.inputs is None else len(call.inputs)
    if name in ("forward", "forward_training"):
        return array_of(raw, (rows, architecture.widths[-1]), name)
    if name in ("loss", "evaluate"):
        return array_of(raw, (), name)
    if name == "hidden":
        return _hidden(raw, [(rows, width) for width in architecture.widths[1:-1]])
    if name == "fit":
        if not isinstance(raw, tuple) or len(raw) != 2:
            raise Nonsense(f"fit returned {short(raw)}; give Fit(parameters, gradient_tolerance)")
        return Fit(_layers(raw[0], architecture, name), _tolerance(raw[1]))
    return _layers(raw, architecture, name)


def _hidden(raw: Any, shapes: list[tuple[int, int]]) -> list[Any]:
    parts = _sequence(raw, len(shapes), "hidden", "one array for each hidden layer")
    return [
        array_of(x, s, f"hidden[{i}]") for i, (x, s) in enumerate(zip(parts, shapes, strict=True))
    ]


def _layers(raw: Any, architecture: Architecture, name: str) -> list[Layer[Any]]:
    """Weights and biases of each layer; where there are no biases, 0 whatever came for them."""
    shapes, layers = architecture.shapes, []
    for i, (part, shape) in enumerate(
        zip(_sequence(raw, len(shapes), name, "one Layer for each layer"), shapes, strict=True)
    ):
        pair = _sequence(part, 2, f"{name}[{i}]", "Layer(weights, biases)")
        weights, biases = array_of(pair[0], shape, f"{name}[{i}].weights"), np.zeros(shape[1:])
        if architecture.biases:
            biases = _biases(pair[1], shape[1:], f"{name}[{i}].biases")
        layers.append(Layer(weights, biases))
    return layers


def _biases(raw: Any, shape: tuple[int, ...], name: str) -> Any:
    if raw is None:
        raise Nonsense(f"{name} is None; give an array, or say Scope(biases=False)")
    return array_of(raw, shape, name)


def _sequence(raw: Any, length: int, name: str, rule: str) -> list[Any]:
    if not isinstance(raw, list | tuple) or len(raw) != length:
        raise Nonsense(f"{name} returned {short(raw)}; give {length}, {rule}")
    return list(raw)


def _tolerance(raw: Any) -> float | None:
    if raw is None:
        return None
    value = float(array_of(raw, (), "fit's gradient_tolerance"))
    if not 0 <= value < np.inf:
        raise Nonsense(f"fit returned the gradient_tolerance {value}; give a number >= 0, or None")
    return value
