#!/usr/bin/env python3
"""Exports a trained PyTorch module to a file that ringshare reads. See README.md beside it."""

import argparse
import importlib.util
import operator
import sys

import torch
from torch import fx, nn
from torch.nn import functional as F

import model_file
from binary import BinaryConv2d, BinaryLinear, Sign
from binary import sign as binary_sign
from graph import Layers, Unsupported, trace


def pair(value):
    """A number or a pair of them as a pair."""
    return [int(value)] * 2 if isinstance(value, int) else [int(v) for v in value]


def refuse(condition, what):
    """Raises `Unsupported` if the condition holds."""
    if condition:
        raise Unsupported(what)


def finite(values):
    """The values, none of which is infinite or no number."""
    refuse(not torch.isfinite(values).all(), "has weights, biases or statistics that are no finite numbers")
    return values


def reals(values, half=False):
    """Real numbers as a tensor."""
    finite(values)
    try:
        return model_file.reals(values.detach().double().flatten().tolist(), values.shape, half)
    except OverflowError:
        most, precision = values.abs().max().item(), "half" if half else "single"
        raise Unsupported(f"has a number as large as {most:g}, which {precision} precision cannot hold") from None


def weights(weight, half):
    """Weights as a tensor: a bit each where all of them are -1 or +1."""
    rows = weight.detach().double().flatten(1).tolist()
    if all(abs(value) == 1 for row in rows for value in row):
        return {"weight_bits": model_file.signs(rows)}
    return {"weight": reals(weight, half)}


def vector(values):
    """A vector as a tensor, always in single precision: it is small and what is added up deserves it."""
    return reals(values)


def product(module, weight, half):
    """Tensors and options that linear layers and convolutions have in common."""
    tensors = weights(weight, half)
    if module.bias is None:
        return tensors, {"bias": False}
    return {**tensors, "bias": vector(module.bias)}, {}


def linear(module, layers, node, name, half):
    refuse(len(node.args[0].meta["shape"]) != 1, "takes an image; put a flatten before it")
    weight = binary_sign(finite(module.weight)) if isinstance(module, BinaryLinear) else module.weight
    tensors, options = product(module, weight, half)
    layers.push(node, name, "linear", tensors, **options)


def convolution(module, layers, node, name, half):
    refuse(module.padding_mode != "zeros", f"pads with `{module.padding_mode}`, not with zeros")
    padding = module.padding
    if padding == "valid":
        padding = 0
    elif padding == "same":
        spans = [d * (k - 1) for d, k in zip(module.dilation, module.kernel_size)]
        refuse(any(span % 2 for span in spans), "pads one side more than the other")
        padding = [span // 2 for span in spans]
    weight = binary_sign(finite(module.weight)) if isinstance(module, BinaryConv2d) else module.weight
    tensors, options = product(module, weight, half)
    layers.push(node, name, "conv2d", tensors, size=pair(module.kernel_size), stride=pair(module.stride),
                padding=pair(padding), dilation=pair(module.dilation), groups=module.groups, **options)


def batch_norm(module, layers, node, name, half):
    refuse(module.running_mean is None, "keeps no running statistics")
    tensors = {"running_mean": vector(module.running_mean), "running_var": vector(module.running_var)}
    options = {"eps": module.eps}
    if module.affine:
        tensors.update(weight=vector(module.weight), bias=vector(module.bias))
    else:
        options["affine"] = False
    layers.push(node, name, "batch_norm", tensors, **options)


def max_pool(layers, node, name, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
             return_indices=False):
    refuse(ceil_mode, "rounds its number of places up (ceil_mode)")
    refuse(return_indices, "returns indices")
    layers.push(node, name, "max_pool2d", size=pair(kernel_size), stride=pair(stride or kernel_size),
                padding=pair(padding), dilation=pair(dilation))


def avg_pool(layers, node, name, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):
    refuse(ceil_mode, "rounds its number of places up (ceil_mode)")
    refuse(pair(padding) != [0, 0] and not count_include_pad, "leaves what is padded out of the mean")
    refuse(divisor_override is not None, "divides by a number of its own")
    layers.push(node, name, "avg_pool2d", size=pair(kernel_size), stride=pair(stride or kernel_size),
                padding=pair(padding))


def adaptive_pool(layers, node, name, output_size):
    _, *size = node.args[0].meta["shape"]
    _, *places = node.meta["shape"]
    refuse(any(s % p for s, p in zip(size, places)), f"pools {size} to {places}, windows of unlike sizes")
    if places == [1, 1]:
        layers.push(node, name, "global_avg_pool2d")
    else:
        avg_pool(layers, node, name, [s // p for s, p in zip(size, places)])


def softmax(layers, node, name, dim=None, **_):
    rank = len(node.meta["shape"])
    refuse(dim is None or dim % (rank + 1) != 1, "runs over something else than the channels")
    layers.push(node, name, "softmax")


def clip(layers, node, name, low=None, high=None, **options):
    low, high = options.get("min_val", options.get("min", low)), options.get("max_val", options.get("max", high))
    refuse(low is None or high is None, "has one bound only; expected two")
    layers.push(node, name, "clip", low=float(low), high=float(high))


def hardtanh(layers, node, name, min_val=-1.0, max_val=1.0):
    clip(layers, node, name, min_val, max_val)


def flatten(layers, node, name, *_, **__):
    before, after = node.args[0].meta["shape"], node.meta["shape"]
    if before == after:
        layers.alias(node, node.args[0])
        return
    refuse(len(after) != 1, f"makes {after} of {before}; expected a vector")
    layers.push(node, name, "flatten")


def mean(layers, node, name, dim=None, keepdim=False, **_):
    dims = sorted(d % 4 for d in dim) if isinstance(dim, (list, tuple)) else dim
    refuse(len(node.args[0].meta["shape"]) != 3 or dims != [2, 3], "averages something else than whole images")
    layers.push(node, name, "global_avg_pool2d")
    if not keepdim:
        layers.push(node, f"{name}_flatten", "flatten")


def gelu(layers, node, name, approximate="none"):
    refuse(approximate != "none", f"is approximated by {approximate}")
    layers.push(node, name, "gelu")


def torch_sign(layers, node, name):
    print(f"note: `{name}` is torch.sign, which gives 0 for 0; the exported layer gives +1", file=sys.stderr)
    layers.push(node, name, "sign")


def simple(kind):
    """A layer without options."""
    return lambda layers, node, name, *_, **__: layers.push(node, name, kind)


PRODUCTS = {
    nn.Linear: linear, BinaryLinear: linear, nn.Conv2d: convolution, BinaryConv2d: convolution,
    nn.BatchNorm1d: batch_norm, nn.BatchNorm2d: batch_norm,
}

# What a module says to the function below that exports it, in the order of the function's arguments.
MODULES = {
    nn.ReLU: (simple("relu"), ()), nn.ReLU6: (simple("relu6"), ()), Sign: (simple("sign"), ()),
    nn.Sigmoid: (simple("sigmoid"), ()), nn.Tanh: (simple("tanh"), ()), nn.GELU: (gelu, ("approximate",)),
    nn.Softmax: (softmax, ("dim",)), nn.Hardtanh: (hardtanh, ("min_val", "max_val")),
    nn.MaxPool2d: (max_pool, ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")),
    nn.AvgPool2d: (avg_pool, ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad",
                              "divisor_override")),
    nn.AdaptiveAvgPool2d: (adaptive_pool, ("output_size",)), nn.Flatten: (flatten, ()),
    nn.Dropout: (simple("dropout"), ()), nn.Dropout2d: (simple("dropout"), ()),
}

FUNCTIONS = {
    F.max_pool2d: max_pool,
    F.relu: simple("relu"), torch.relu: simple("relu"), F.relu6: simple("relu6"),
    torch.sigmoid: simple("sigmoid"), F.sigmoid: simple("sigmoid"), torch.tanh: simple("tanh"),
    F.tanh: simple("tanh"), F.gelu: gelu, F.softmax: softmax, torch.softmax: softmax, torch.sign: torch_sign,
    torch.clamp: clip, F.hardtanh: hardtanh, F.avg_pool2d: avg_pool, F.adaptive_avg_pool2d: adaptive_pool,
    F.dropout: simple("dropout"), F.dropout2d: simple("dropout"), torch.flatten: flatten,
    torch.reshape: flatten, torch.mean: mean,
}

METHODS = {
    "relu": simple("relu"), "sigmoid": simple("sigmoid"), "tanh": simple("tanh"), "sign": torch_sign,
    "softmax": softmax, "clamp": clip, "view": flatten, "reshape": flatten, "flatten": flatten, "mean": mean,
}

SUMS = {operator.add, operator.iadd, torch.add, "add", "add_"}


def in_place(node, module):
    """Whether a node of the graph overwrites what it takes."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    inplace = node.kwargs.get("inplace", False) or getattr(module, "inplace", False)
    return inplace or node.target is operator.iadd or node.op != "call_module" and name.endswith("_")


def overwritten(node, layers):
    """Whether a later node takes what a node takes, be it by another name."""
    taken = layers.results.get(node.args[0])
    nodes = list(node.graph.nodes)
    later = nodes[nodes.index(node) + 1:]
    return any(layers.results.get(arg) == taken for other in later for arg in other.all_input_nodes)


def call(layers, node, module, half):
    """Appends what a node of the graph computes."""
    refuse(not node.args, "takes no layer's result")
    source = node.args[0]
    refuse(layers.has(source) and in_place(node, module) and overwritten(node, layers),
           "overwrites in place what a later layer takes")
    if node.target in SUMS:
        others = [arg for arg in node.args if layers.has(arg)]
        refuse(len(others) != 2 or node.kwargs, "adds something else than the results of two layers")
        shapes = [other.meta["shape"] for other in others]
        refuse(shapes[0] != shapes[1], f"adds shapes {shapes[0]} and {shapes[1]}")
        return layers.add(node, *others)
    layers.go_to(source)
    if node.op == "call_module":
        if type(module) in PRODUCTS:
            return PRODUCTS[type(module)](module, layers, node, str(node.target), half)
        if type(module) is nn.Identity:
            return layers.alias(node, source)
        refuse(type(module) is nn.LogSoftmax, "is no layer that a file can describe; leave it out, it changes no class")
        refuse(type(module) not in MODULES, "is no layer that a file can describe")
        function, attributes = MODULES[type(module)]
        return function(layers, node, str(node.target), *(getattr(module, a) for a in attributes))
    known = METHODS if node.op == "call_method" else FUNCTIONS
    refuse(node.target not in known, "is no layer that a file can describe")
    options = {key: value for key, value in node.kwargs.items() if key not in ("inplace", "training")}
    return known[node.target](layers, node, node.name, *node.args[1:], **options)


def layers_of(module, shape, half=False):
    """Descriptions of a module's layers, and their tensors by name."""
    nodes, modules = trace(module, shape)
    layers = None
    for node in nodes:
        if node.op == "placeholder":
            if layers is not None:
                raise Unsupported("the module takes more than one input; expected one")
            layers = Layers(node)
        elif node.op == "output":
            if not isinstance(node.args[0], fx.Node) or node.args[0] not in layers.results:
                raise Unsupported("the module returns something else than the result of a layer")
            layers.go_to(node.args[0])
        elif not node.meta["is_size"]:
            part = modules.get(node.target) if node.op == "call_module" else None
            kind = type(part).__name__ if part is not None else getattr(node.target, "__name__", node.target)
            name = node.target if part is not None else node.name
            try:
                if node.op == "get_attr":
                    raise Unsupported("is a tensor of the module itself")
                call(layers, node, part, half)
            except Unsupported as error:
                raise Unsupported(f"layer `{name}` ({kind}): {error}") from None
    return layers.descriptions, layers.tensors


def export(module, path, shape, pixel=None, half=False, metadata=None):
    """Writes a module to a file.

    shape: `(C, H, W)` or `(N,)`, without the batch. pixel: how a byte becomes the number that the module takes, for
    example `{"scale": 1 / 255, "shift": 0}`, `{"threshold": 128}` or `{"drop_bits": 4}`. half: weights as F16.
    Raises `Unsupported`, which names the layer, and writes nothing, if a layer fits no file.
    """
    training = module.training
    module.eval()
    try:
        descriptions, tensors = layers_of(module, shape, half)
    finally:
        module.train(training)
    description = {
        "version": 1,
        "input": {"shape": list(shape), "pixel": pixel or {"scale": 1 / 255, "shift": 0.0}},
        "layers": descriptions,
    }
    model_file.write(path, tensors, description, metadata)


def arguments():
    parser = argparse.ArgumentParser(description="Exports a trained PyTorch module to a file that ringshare reads.")
    parser.add_argument("source", help="FILE.py:NAME, a module or a function without arguments that makes one")
    parser.add_argument("output", help="the file to write")
    parser.add_argument("--state", help="a file of torch.save(module.state_dict(), ...)")
    parser.add_argument("--shape", type=int, nargs="+", default=[1, 28, 28], help="C H W, or N (default 1 28 28)")
    parser.add_argument("--mean", type=float, default=0.0, help="of pixels in 0..1, as in transforms.Normalize")
    parser.add_argument("--std", type=float, default=1.0, help="of pixels in 0..1, as in transforms.Normalize")
    parser.add_argument("--threshold", type=int, help="a pixel of this or more is 1, another 0")
    parser.add_argument("--drop-bits", type=int, help="low bits of a pixel that are dropped")
    parser.add_argument("--half", action="store_true", help="weights in half precision")
    return parser.parse_args()


def main():
    args = arguments()
    path, _, name = args.source.rpartition(":")
    spec = importlib.util.spec_from_file_location("exported", path)
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    module = getattr(source, name)
    module = module if isinstance(module, nn.Module) else module()
    if args.state:
        module.load_state_dict(torch.load(args.state, map_location="cpu"))
    pixel = {"scale": 1 / (255 * args.std), "shift": -args.mean / args.std}
    if args.threshold is not None:
        pixel = {"threshold": args.threshold}
    elif args.drop_bits is not None:
        pixel = {"drop_bits": args.drop_bits}
    try:
        export(module, args.output, args.shape, pixel, args.half)
    except Unsupported as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
