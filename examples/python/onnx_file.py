"""ONNX files as modules of PyTorch, whose forward calls a function for each operator. Needs the package `onnx`."""

import inspect

import torch
from torch import nn

from layers import OPERATORS, UNKNOWN
from onnx_operators import PLUMBING
from record import Unsupported


def tensor(proto):
    """A tensor of an ONNX file."""
    from onnx import numpy_helper

    array = numpy_helper.to_array(proto)
    if array.dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        array = array.astype("float32")
    return torch.from_numpy(array.copy())


def attribute(proto):
    """An attribute as Python's number, text or list, or as a tensor."""
    from onnx import TensorProto, helper

    value = helper.get_attribute_value(proto)
    if isinstance(value, TensorProto):
        return tensor(value)
    return value.decode() if isinstance(value, bytes) else list(value) if isinstance(value, (list, tuple)) else value


class Operator:
    """A node: a function of PyTorch with the names of its inputs and outputs."""

    def __init__(self, node, constants, opset):
        self.kind, self.inputs, self.outputs = node.op_type, list(node.input), list(node.output)
        self.layer = name_of(node, constants)
        self.attributes = {one.name: attribute(one) for one in node.attribute}
        if node.domain not in ("", "ai.onnx"):
            self.refuse(f"is an operator of {node.domain}; expected those of ONNX itself")
        if node.op_type == "Constant":
            (value,) = self.attributes.values()
            self.attributes, self.function = {}, lambda: torch.as_tensor(value)
            return
        entry, self.function = OPERATORS.get(node.op_type, (None, PLUMBING.get(node.op_type)))
        if self.function is None:
            self.refuse(getattr(entry and entry.append, "reason", UNKNOWN))
        try:
            known = {"opset": opset, "outputs": len(self.outputs)}
            taken = inspect.signature(self.function).parameters
            self.attributes.update({key: value for key, value in known.items() if key in taken})
        except ValueError:
            # A function of PyTorch that does not say what it takes; none of them takes that.
            pass

    def refuse(self, what):
        raise Unsupported(f"layer `{self.layer}` ({self.kind}): {what}")

    def run(self, values):
        try:
            inputs = [values[name] if name else None for name in self.inputs]
            while inputs and inputs[-1] is None:
                inputs.pop()
            made = self.function(*inputs, **self.attributes)
        except Unsupported as error:
            if str(error).startswith("layer "):
                raise
            self.refuse(str(error))
        except (TypeError, KeyError) as error:
            self.refuse(f"is given in a way that the exporter does not know: {str(error).splitlines()[0]}")
        several = made if isinstance(made, (list, tuple)) else [made]
        values.update(zip(self.outputs, several))


def name_of(node, constants):
    """The name of a layer: that of its weight's module, or of the module that PyTorch wrote the node for."""
    for name in node.input[1:]:
        if name in constants and name.endswith(".weight"):
            return name.removesuffix(".weight")
    *path, _ = [part for part in node.name.split("/") if part] or [""]
    names = []
    for part in path:
        # A part repeats the one before it where that is a list: `/layer1/layer1.0/conv1/Conv`.
        if names and part.startswith(f"{names[-1]}."):
            names.pop()
        names.append(part)
    return ".".join(names) or node.op_type.lower() if "/" in node.name else node.name or node.op_type.lower()


class OnnxModule(nn.Module):
    """A file of ONNX. `images` is the number of images it takes, if it takes one number only; `shape` is theirs."""

    def __init__(self, path):
        super().__init__()
        try:
            import onnx
        except ImportError:
            raise Unsupported("an ONNX file needs the package `onnx`: pip install onnx") from None
        try:
            model = onnx.load(path)
        except Exception as error:
            raise Unsupported(f"{path}: no ONNX file: {(str(error).splitlines() or ['?'])[0]}") from None
        graph = model.graph
        opset = max((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1)
        self.constants = {one.name: tensor(one) for one in graph.initializer}
        inputs = [one for one in graph.input if one.name not in self.constants]
        if len(inputs) != 1:
            names = ", ".join(f"`{one.name}`" for one in inputs)
            raise Unsupported(f"the file has {len(inputs)} inputs ({names}); expected one")
        self.input, self.outputs = inputs[0].name, [one.name for one in graph.output]
        sides = [side.dim_value for side in inputs[0].type.tensor_type.shape.dim]
        self.images = sides[0] if sides and sides[0] > 0 else None
        self.shape = sides[1:] if len(sides) in (2, 3, 4) and all(side > 0 for side in sides[1:]) else None
        self.nodes = [Operator(node, self.constants, opset) for node in graph.node]
        # What runs, for whoever names layers.
        self.running_operator = None

    def forward(self, images):
        values = {**self.constants, self.input: images}
        for node in self.nodes:
            self.running_operator = node.layer, node.kind
            node.run(values)
        found = {name: values[name] for name in self.outputs}
        return found if len(found) > 1 else found[self.outputs[0]]
