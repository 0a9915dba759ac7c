"""A traced module as a list of layers.

A file describes a list: every layer takes the result of the one before it. A graph becomes such a list by the layer
`from`, which goes back to an earlier result, and the layer `add`, which adds one.
"""

import torch
from torch import fx

from binary import BinaryConv2d, BinaryLinear, Sign


class Unsupported(Exception):
    """A layer that no file can describe."""


class Tracer(fx.Tracer):
    """Traces into everything but the layers that a file knows."""

    def is_leaf_module(self, module, name):
        return isinstance(module, (BinaryConv2d, BinaryLinear, Sign)) or super().is_leaf_module(module, name)


class Shapes(fx.Interpreter):
    """Evaluates a traced module and remembers the shape of every result, the batch left out."""

    def run_node(self, node):
        result = super().run_node(node)
        node.meta["shape"] = list(result.shape[1:]) if isinstance(result, torch.Tensor) else None
        node.meta["is_size"] = isinstance(result, (int, torch.Size))
        return result


def first_line(error):
    """What went wrong, without where."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def same(one, other):
    """Whether two results are equal up to rounding; of what is no tensor, nothing is said."""
    tensors = isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)
    return not tensors or one.shape == other.shape and torch.allclose(one, other, 1e-4, 1e-5, equal_nan=True)


def compare(module, traced, shape):
    """Raises `Unsupported` if a traced module gives other results than the module for images drawn at random.

    A trace holds what becomes of values, not what becomes of memory: of `z = y; z += x` it keeps the old y.
    """
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(1)) * 4 - 2
    with torch.no_grad():
        first, second, found = (function(images.clone()) for function in (module, module, traced))
    if not same(first, second):
        raise Unsupported("the module gives other results each time for the same images; is a dropout left on?")
    if not same(first, found):
        raise Unsupported(
            "the module's layers, one by one, give other results than the module; does it overwrite a value in place,"
            " as in `z = y; z += x`, and use it again by another name?"
        )


def trace(module, shape):
    """The nodes of the module's graph, with the shape of their results for images of the shape `[C, H, W]` or `[N]`.

    Raises `Unsupported` for a module that branches on its values, or does not take such images.
    """
    if Tracer().is_leaf_module(module, ""):
        # A layer by itself is traced into otherwise.
        module = torch.nn.Sequential(module)
    try:
        graph = Tracer().trace(module)
        traced = fx.GraphModule(module, graph)
    except Exception as error:
        raise Unsupported(f"the module is no straight line of layers: {first_line(error)}") from None
    try:
        with torch.no_grad():
            # Two images, so that no dimension is mistaken for the batch's.
            Shapes(traced).run(torch.zeros(2, *shape))
    except Exception as error:
        raise Unsupported(f"the module does not take images of shape {list(shape)}: {first_line(error)}") from None
    compare(module, traced, shape)
    return list(graph.nodes), dict(traced.named_modules())


class Layers:
    """The list: descriptions of layers, their tensors, and which result is the last."""

    def __init__(self, image):
        self.descriptions, self.tensors = [], {}
        self.names = {"input"}
        self.results = {image: "input"}
        self.last = "input"

    def unique(self, name):
        """The name, or one like it that no layer has."""
        found, count = name, 0
        while found in self.names:
            count += 1
            found = f"{name}_{count}"
        self.names.add(found)
        return found

    def push(self, node, name, kind, tensors=None, **options):
        """Appends a layer, which takes the last result; its own is the node's."""
        name = self.unique(name)
        self.descriptions.append({"name": name, "type": kind, **options})
        self.tensors.update({f"{name}.{key}": tensor for key, tensor in (tensors or {}).items()})
        self.results[node] = self.last = name

    def alias(self, node, source):
        """Says that a node's result is another's."""
        self.results[node] = self.results[source]

    def has(self, value):
        """Whether a node's argument is the result of a layer."""
        return isinstance(value, fx.Node) and value in self.results

    def go_to(self, source):
        """Makes a node's result the last."""
        if not self.has(source):
            raise Unsupported("takes something else than the result of a layer")
        name = self.results[source]
        if name != self.last:
            back = self.unique(f"back_to_{name}")
            self.descriptions.append({"name": back, "type": "from", "layer": name})
            self.last = name

    def add(self, node, one, other):
        """Appends the sum of two nodes' results."""
        if self.results[one] != self.last:
            one, other = other, one
        self.go_to(one)
        self.push(node, node.name, "add", layer=self.results[other])
