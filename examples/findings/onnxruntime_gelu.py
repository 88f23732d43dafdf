"""Gelu(approximate="tanh") of doubles in onnxruntime 1.32.0 has the digits of single precision."""

import math

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

x, y = (helper.make_tensor_value_info(name, TensorProto.DOUBLE, [1]) for name in "xy")
node = helper.make_node("Gelu", ["x"], ["y"], approximate="tanh")
opset = [helper.make_opsetid("", 24)]
model = helper.make_model(helper.make_graph([node], "gelu", [x], [y]), opset_imports=opset)
model.ir_version = 11
session = onnxruntime.InferenceSession(model.SerializeToString())

z = -1.0
right = 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
print(session.run(None, {"x": np.array([z])})[0][0] / right - 1)  # 3e-8, where float64 has 1e-16
