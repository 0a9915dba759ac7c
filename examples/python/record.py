"""A module's computation as a list of steps.

The module is run on images, and every function of PyTorch that takes something which depends on the images becomes a
step. Modules call functions, so nothing need be known of modules; sizes are numbers, and whatever depends on parameters
and constants alone, such as the sign of weights, is a constant. A tensor that a function overwrites gets a new value,
and whoever takes the old one by another name is refused.
"""

import contextlib
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from binary import sign as binary_sign


class Unsupported(Exception):
    """What no file can describe."""


class Value:
    """A result that depends on the images. Its shape begins with their number."""

    def __init__(self, tensor):
        self.shape, self.floating = list(tensor.shape), tensor.is_floating_point()


class Step:
    """A function of PyTorch with what it takes and gives: values, and constants as they are."""

    def __init__(self, function, name, args, kwargs, label):
        self.function, self.name, self.args, self.kwargs = function, name, args, kwargs
        self.layer, self.label = label
        self.results = []

    def taken(self):
        """The values among the arguments."""
        return found((self.args, self.kwargs), Value)


# Methods that say nothing of a tensor's elements.
QUESTIONS = {
    "size", "dim", "ndimension", "numel", "nelement", "stride", "len", "type", "is_contiguous", "is_floating_point",
    "is_complex", "is_signed", "is_same_size", "get_device", "element_size", "storage_offset", "data_ptr", "repr", "format",
    "hash",
}
# Functions whose result has the shape of their input, and none of its elements.
CONSTANTS = {"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full", "new_tensor"}
# Functions whose result may have another type of numbers; here all are of single precision.
CASTS = {"to", "type", "type_as", "float", "double", "half", "bfloat16"}


def found(nested, kind):
    """Everything of a kind in nested lists, tuples and dictionaries."""
    if isinstance(nested, kind):
        return [nested]
    if isinstance(nested, dict):
        nested = list(nested.values())
    return [one for part in nested for one in found(part, kind)] if isinstance(nested, (list, tuple)) else []


def mapped(nested, kind, function):
    """Nested lists, tuples and dictionaries with a function of everything of a kind in its place."""
    if isinstance(nested, kind):
        return function(nested)
    if isinstance(nested, dict):
        return {key: mapped(part, kind, function) for key, part in nested.items()}
    if isinstance(nested, (list, tuple)):
        parts = [mapped(part, kind, function) for part in nested]
        return type(nested)(*parts) if hasattr(nested, "_fields") else type(nested)(parts)
    return nested


def first_line(error):
    """What went wrong, without where."""
    return (str(error).splitlines() or [type(error).__name__])[0]


class Recorder(TorchFunctionMode):
    """Writes down what becomes of images."""

    def __init__(self, module):
        super().__init__()
        self.paths = {id(part): (path, part) for path, part in module.named_modules()}
        self.running, self.steps = [], []
        # By the identity of tensors, which are kept so that no other gets the same one.
        self.values = {}
        # Tensors that share their numbers without counting each other's changes, with these counts.
        self.shared = {}

    def register(self, tensor):
        """A new value for what a tensor holds now."""
        value = Value(tensor)
        self.values[id(tensor)] = (tensor, tensor._version, value)
        return value

    def tracked(self, tensor):
        return id(tensor) in self.values

    def label(self, name):
        """The name of the layer that is running, and what messages call it."""
        path, part = self.running[-1] if self.running else ("", None)
        if getattr(part, "running_operator", None):
            # A file of ONNX.
            layer, kind = part.running_operator
            return layer, f"layer `{layer}` ({kind})"
        inner = part is not None and all(child == "parametrizations" for child, _ in part.named_children())
        own = type(part).__module__.startswith("torch.nn.") and not isinstance(part, nn.Sequential)
        if path and (inner or own):
            return path, f"layer `{path}` ({type(part).__name__})"
        return name, f"layer `{name}` ({name})" + (f" in `{path}`" if path else "")

    def value(self, tensor, label):
        """What a step takes: a value, or a constant in single precision."""
        if not self.tracked(tensor):
            constant = tensor.detach()
            return constant.float() if constant.is_floating_point() else constant
        _, version, value = self.values[id(tensor)]
        others = self.shared.get(id(tensor), [])
        if tensor._version != version or any(other._version != count for other, count in others):
            raise Unsupported(
                f"{label}: takes a result that was overwritten in place by another name; do without the in-place function"
            )
        return value

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        raw = getattr(function, "__name__", str(function))
        if raw == "__get__":
            raw = getattr(getattr(function, "__self__", None), "__name__", raw)
        name = raw.strip("_")
        layer, label = self.label(name)
        tensors = found((args, kwargs), torch.Tensor)
        if name in CONSTANTS or not any(self.tracked(tensor) for tensor in tensors):
            if function is binary_sign and not torch.isfinite(args[0]).all():
                raise Unsupported(f"{label}: has weights, biases or statistics that are no finite numbers")
            return function(*args, **kwargs)
        if name in ("set", "setitem") or not self.tracked(tensors[0]) and raw.endswith("_") and not raw.endswith("__"):
            raise Unsupported(f"{label}: writes into a tensor in place; make a new one by a function of PyTorch")
        step = Step(function, name, *mapped((args, kwargs), torch.Tensor, lambda t: self.value(t, label)), (layer, label))
        if name not in CASTS:
            args, kwargs = mapped((args, kwargs), torch.Tensor, self.single)
        result = function(*args, **kwargs)
        if name in CASTS and isinstance(result, torch.Tensor) and result.is_floating_point():
            result = result if result.dtype == torch.float32 else args[0].clone()
        results = found(result, torch.Tensor)
        if not results:
            if name in QUESTIONS or getattr(function, "__name__", "") == "__get__":
                return result
            raise Unsupported(
                f"{label}: reads the numbers of its images, so the module is no straight line of layers;"
                " a file holds the same layers for all images"
            )
        step.results = [self.register(tensor) for tensor in results]
        self.steps.append(step)
        if name == "data":
            for one, other in ((tensors[0], result), (result, tensors[0])):
                self.shared.setdefault(id(one), []).append((other, other._version))
        return result

    def single(self, tensor):
        """A constant in single precision; what depends on the images is so already."""
        other = not self.tracked(tensor) and tensor.is_floating_point() and tensor.dtype != torch.float32
        return tensor.float() if other else tensor

    def run(self, module, images):
        """The module's result, with the names of modules watched."""
        enter = register_module_forward_pre_hook(
            lambda part, _: self.running.append(self.paths.get(id(part), (type(part).__name__, part)))
        )
        leave = register_module_forward_hook(lambda *_: self.running.pop() and None)
        try:
            with torch.no_grad(), self:
                return module(images)
        finally:
            enter.remove()
            leave.remove()


@contextlib.contextmanager
def plain(module):
    """The module in evaluation, in single precision and in this computer's memory; afterwards as it was."""
    modes = [(part, part.training) for part in module.modules()]
    buffers = [(part, key, one) for part in module.modules() for key, one in part._buffers.items() if one is not None]
    kept = [(parameter, parameter.data) for parameter in module.parameters()]
    module.eval()

    def single(tensor):
        return tensor.to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype)

    try:
        for parameter, data in kept:
            parameter.data = single(data)
        for part, key, one in buffers:
            # A copy, since the module may count in it how often it ran.
            part._buffers[key] = single(one).clone()
        yield
    finally:
        for parameter, data in kept:
            parameter.data = data
        for part, key, one in buffers:
            part._buffers[key] = one
        for part, training in modes:
            part.training = training


def record(module, images):
    """The images as a value, the steps that follow, and the module's results, values with names; that of the only one is empty
    unless it is in a list or dictionary."""
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise Unsupported("the module is compiled (TorchScript); export the Python module that it was made of, or ONNX")
    recorder = Recorder(module)
    first = recorder.register(images)
    shape = list(images.shape[1:])
    try:
        result = recorder.run(module, images)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"the module does not take images of shape {shape}: {first_line(error)}") from None
    outputs = named(result)
    if not any(isinstance(one, torch.Tensor) and recorder.tracked(one) for _, one in outputs):
        raise Unsupported(
            f"the module returns something else than the result of a layer, a {type(result).__name__}: no function of PyTorch"
            " that can be watched leads to it from the images"
        )
    for name, one in outputs:
        if not isinstance(one, torch.Tensor) or not recorder.tracked(one):
            raise Unsupported(
                f"the module returns `{name}`, {type(one).__name__}, beside results of layers; wrap it in a module that returns"
                " these alone"
            )
    return first, recorder.steps, [(name, recorder.value(one, "the module's result")) for name, one in outputs]


def named(result, path=""):
    """Everything in nested lists, tuples and dictionaries with its keys and numbers; nothing is left out."""
    if result is None:
        return []
    if isinstance(result, (list, tuple)):
        fields = getattr(result, "_fields", None) or range(len(result))
        result = dict(zip(map(str, fields), result))
    if not isinstance(result, Mapping):
        return [(path, result)]
    return [one for key, part in result.items() for one in named(part, f"{path}.{key}" if path else str(key))]
