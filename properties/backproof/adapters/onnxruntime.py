"""onnxruntime: models of Gemm and the activations of ONNX, on its CPU provider.

    check onnxruntime                                 weights are inputs of the model
    check onnxruntime --option weights=initializers   they are its constants, as in an exported file
    check onnxruntime --option gelu=tanh              Gelu in the other form

A model is Gemm and an activation for each hidden layer, a Gemm, and the output activation, built
with `onnx.helper` and run with all of the runtime's own optimizations, in one thread. Outputs and
hidden units are asked of models of their own, so that layers may be fused wherever nobody looks
between them. Where weights are inputs a model fits every width, and is kept; constants are packed
when they are loaded, by code that inputs do not meet, and a model is built for each call.

The loss is that of SoftmaxCrossEntropyLoss, which takes class numbers and weighs classes, not rows.
ONNX has no operator for another loss, and the runtime no gradient.

Which operators there are depends on the type. What is declared was found in version 1.32.0 with
opset 24: in double there is no LeakyRelu, Elu, Selu or Softplus, and of Gelu the tanh form alone,
which has the digits of single precision, so that it is judged where it is asked for;
bfloat16 has no kernel but Identity's.
"""

from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from backproof.contract import Implementation, NotSupported, Scope
from refnet.architecture import HEADS, Architecture, Array, Parameters
from refnet.conventions import Conventions
from refnet.rounding.precision import PRESETS

OPSET, IR = 24, 11
"""The first opset with Swish, and the version of the file format that goes with it."""

OPERATORS = {
    "identity": "Identity", "sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu",
    "leaky_relu": "LeakyRelu", "elu": "Elu", "selu": "Selu", "softplus": "Softplus", "exp": "Exp",
    "softmax": "Softmax", "gelu": "Gelu", "silu": "Swish",
}  # fmt: skip
"""The operator of each activation; its attributes are ONNX's defaults."""

MISSING = {"float64": ("leaky_relu", "elu", "selu", "softplus"), "float32": (), "float16": ()}
"""The activations that a type has no kernel for."""

TYPES = {
    "float64": TensorProto.DOUBLE,
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
}
GELUS = {"erf": {"approximate": "none"}, "tanh": {"approximate": "tanh"}}


class Form(NamedTuple):
    """What a model is made of, beside its weights; `asked` is outputs, hidden or loss."""

    asked: str
    kind: int
    activations: tuple[str, ...]
    output: str
    gelu: str


class OnnxRuntime(Implementation):
    """Models of matrix products on a CPU."""

    name = "onnxruntime"
    version = ort.__version__

    def __init__(self, precision: str = "float64", weights: str = "inputs", gelu: str = "") -> None:
        _choose("precision", precision, TYPES)
        _choose("weights", weights, ("inputs", "initializers"))
        double = precision == "float64"
        if gelu:
            _choose("gelu", gelu, ("tanh",) if double else GELUS)
        missing = (*MISSING[precision], *(["gelu"] if double and not gelu else []))
        self._kind, self._gelu = TYPES[precision], gelu or "erf"
        self._constant, self._dtype = weights == "initializers", np.dtype(precision)
        self.precision = PRESETS[precision]
        self.conventions = Conventions(gelu="tanh" if gelu == "tanh" else "erf")
        names = tuple(name for name in OPERATORS if name not in missing)
        self.scope = Scope(activations=names, heads=HEADS, mixed_activations=True)

    def forward(self, architecture: Architecture, parameters: Parameters, inputs: Array) -> Array:
        return self._asked("outputs", architecture, parameters, {"x": inputs})[0]

    def hidden(
        self, architecture: Architecture, parameters: Parameters, inputs: Array
    ) -> list[Array]:
        if not architecture.hidden_layers:
            return []
        return self._asked("hidden", architecture, parameters, {"x": inputs})

    def loss(
        self,
        architecture: Architecture,
        parameters: Parameters,
        inputs: Array,
        targets: Array,
        sample_weights: Array | None = None,
    ) -> Array:
        if architecture.head != ("softmax", "cross_entropy"):
            raise NotSupported("ONNX has no operator for a loss but SoftmaxCrossEntropyLoss")
        data = {"x": inputs, "labels": targets.argmax(axis=1)}
        return self._asked("loss", architecture, parameters, data)[0]

    def _asked(
        self, asked: str, a: Architecture, parameters: Parameters, data: dict[str, Array]
    ) -> list[Array]:
        form = Form(asked, self._kind, a.activations, a.output, self._gelu)
        given = {name: self._cast(one) for name, one in _named(parameters).items()}
        rest = {name: one if name == "labels" else self._cast(one) for name, one in data.items()}
        if self._constant:
            return list(_session(form, given).run(None, rest))
        return list(_kept(form).run(None, given | rest))

    def _cast(self, values: Array) -> Any:
        return np.asarray(values, self._dtype)


def _choose(field: str, given: str, known: Any) -> None:
    if given not in known:
        raise ValueError(f"{field}={given!r}: choose one of {', '.join(known)}")


def _named(parameters: Parameters) -> dict[str, Array]:
    """The parameters by the names that they have in a model."""
    parts = [dict(zip((f"W{i}", f"b{i}"), one, strict=True)) for i, one in enumerate(parameters)]
    return {name: values for part in parts for name, values in part.items()}


@lru_cache(maxsize=256)
def _kept(form: Form) -> Any:
    return _session(form, {})


def _session(form: Form, constants: dict[str, Any]) -> Any:
    """A model that is loaded; what is no constant is an input."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors: it warns of inputs that no node takes
    model = _model(form, constants).SerializeToString()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _model(form: Form, constants: dict[str, Any]) -> Any:
    nodes, hidden = _chain(form)
    names = [name for i in range(len(form.activations) + 1) for name in (f"W{i}", f"b{i}")]
    inputs = [_value("x", form.kind, 2)]
    inputs += [_value(n, form.kind, 1 + (n[0] == "W")) for n in names if n not in constants]
    inputs += [_value("labels", TensorProto.INT64, 1)] * (form.asked == "loss")
    ranks = {"loss": {"loss": 0}, "outputs": {"outputs": 2}, "hidden": dict.fromkeys(hidden, 2)}
    outputs = [_value(name, form.kind, rank) for name, rank in ranks[form.asked].items()]
    held = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    graph = helper.make_graph(nodes, "network", inputs, outputs, held)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR)


def _chain(form: Form) -> tuple[list[Any], list[str]]:
    """The nodes from the inputs on, and the names of what the hidden layers give."""
    hidden = [f"a{i}" for i in range(len(form.activations))]
    nodes = []
    for i, (below, above) in enumerate(pairwise(["x", *hidden, "outputs"])):
        name = (*form.activations, form.output)[i]
        nodes += [helper.make_node("Gemm", [below, f"W{i}", f"b{i}"], [f"z{i}"])]
        nodes += [_activation(form, name, f"z{i}", above)]
    if form.asked == "hidden":
        return nodes[:-2], hidden
    if form.asked == "loss":
        nodes[-1] = helper.make_node(
            "SoftmaxCrossEntropyLoss", [f"z{len(hidden)}", "labels"], ["loss"]
        )
    return nodes, hidden


def _activation(form: Form, name: str, below: str, above: str) -> Any:
    more = GELUS[form.gelu] if name == "gelu" else {}
    return helper.make_node(OPERATORS[name], [below], [above], **more)


def _value(name: str, kind: int, rank: int) -> Any:
    return helper.make_tensor_value_info(name, kind, [None] * rank)
