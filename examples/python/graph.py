"""The list of layers that a file describes.

Every layer of the list takes the result of the one before it. A graph becomes such a list by the layer `from`, which
goes back to an earlier result, and by `add`, `multiply` and `concat`, which take others, too. Changes of shape are no layers until a layer takes
what they made: a result remembers which element of its layer each of its own elements is.
"""

import math

import torch

import parameters
import selection
from record import Unsupported

# What the library allows.
MOST_CHARACTERS, MOST_LAYERS = 256, 1024
# A vector of at most this many elements is put in order by a linear layer.
MOST_IN_ORDER = 2048


def refuse(condition, what):
    """Raises `Unsupported` if the condition holds."""
    if condition:
        raise Unsupported(what)


class Result:
    """A layer's result in some shape, the number of images left out of it."""

    def __init__(self, layer, shape, name=None):
        self.layer, self.shape = layer, list(shape)
        # What a flatten would be called.
        self.name = name
        # Which elements of the layer's result of all images these are, if they are not all of them in order.
        self.places = self.moved = None
        # Whether they are not all of them, each once. Where there is none, the element is zero.
        self.partial = False
        # Why no layer may take it, if none may; and whether it may be the last nevertheless.
        self.blocked, self.ends = None, False
        # A matrix `[places, places of the layer]` for every channel, if a linear layer may yet multiply by it, and what
        # appends its layers where none does.
        self.pooled = self.later = None
        # Whether no other result is of the same layer, and at most one step takes this one.
        self.sole = True

    def of(self, layer, shape=None):
        """The same places of another layer."""
        other = Result(layer, self.shape if shape is None else shape, self.name)
        for key in ("places", "moved", "partial", "blocked", "ends", "pooled", "later"):
            setattr(other, key, getattr(self, key))
        # Another view of a layer is as little alone as this one.
        other.sole = self.sole or layer != self.layer
        return other

    def options(self, layers):
        """Those of the layer that selects these elements of its own, or None."""
        shape = layers.shapes[self.layer]
        places = selection.of_one_image(self.places, layers.images, math.prod(shape))
        if places is not None and places.dim() == 2:
            # A sequence is an image of height 1.
            places = places.unsqueeze(1)
        # A vector may become an image: its elements are repeated, or get zeros around them.
        if places is None or places.dim() not in (1, 3) or places.numel() == 0:
            return None
        # A vector is an image of one place.
        image = [*shape, 1, 1][:3]
        return selection.options(places.reshape([*places.shape, 1, 1][:3]), image)


class Layers:
    """Descriptions of layers, their tensors, and which result is the last. `half`: weights in half precision."""

    def __init__(self, images, half):
        self.half, self.images = half, images[0]
        self.descriptions, self.tensors, self.outputs, self.notes = [], {}, [], []
        self.names = {"input"}
        self.taken = list(images[1:])
        self.shapes = {"input": self.taken if len(self.taken) != 2 else [self.taken[0], 1, self.taken[1]]}
        # How a flattened image's elements lie in the library, if in another order than in PyTorch.
        self.orders = {"input": None}
        self.last = "input"
        # Norms that are multiplications and additions written out.
        self.scales, self.elements = {}, {}
        self.step = None

    def input(self):
        """The images."""
        return Result("input", self.taken, "flatten")

    def unique(self, name):
        """The name, or one like it that no layer has and that a file can hold."""
        name = "".join(c if c.isprintable() else "_" for c in name) or "layer"
        found, count = name[-MOST_CHARACTERS:], 0
        while found in self.names:
            count += 1
            end = f"_{count}"
            found = name[-MOST_CHARACTERS + len(end):] + end
        self.names.add(found)
        return found

    def push(self, kind, tensors=None, like=None, shape=None, name=None, **options):
        """Appends a layer, which takes the last result.

        Its own is of the step's shape, or of `shape`, or lies as that of `like`, which the layer changes number by number.
        """
        name = self.unique(name or self.step.layer)
        order = self.orders[self.last]
        if kind in ("linear", "flatten"):
            order = None
        if kind == "flatten":
            channels, *sides = self.shapes[self.last]
            order = (channels, *sides) if channels > 1 and math.prod(sides) > 1 else self.orders[self.last]
        shape = list(shape or (self.shapes[self.last] if like else self.step.results[0].shape[1:]))
        self.descriptions.append({"name": name, "type": kind, **options})
        self.tensors.update({f"{name}.{key}": tensor for key, tensor in (tensors or {}).items()})
        # A sequence `[C, L]` is an image of height 1.
        self.shapes[name] = shape if len(shape) != 2 else [shape[0], 1, shape[1]]
        self.orders[name], self.last = order, name
        return like.of(name) if like else Result(name, shape, name)

    def go_to(self, result):
        """Makes a result the last."""
        if result.layer != self.last:
            name = self.unique(f"back_to_{result.layer}")
            self.descriptions.append({"name": name, "type": "from", "layer": result.layer})
            self.last = result.layer

    def free(self, result):
        """Checks that a layer may take a result."""
        refuse(not isinstance(result, Result), "takes a constant where a file's layers take the result of one before them")
        refuse(result.blocked, result.blocked)
        if result.later:
            result.layer = result.later().layer
            result.pooled = result.later = None

    def fit(self, result):
        """Makes a result one of a layer, by a flatten if it is an image's vector."""
        self.free(result)
        if result.places is not None:
            self.select(result)
        base = self.shapes[result.layer]
        if len(result.shape) == 1 or result.shape[1:] == [1, 1]:
            # An image of one place is a vector.
            if len(base) == 3 and base != result.shape:
                self.go_to(result)
                length = result.shape[:1]
                result.layer = self.push("flatten", shape=length, name=result.name).layer
            return
        if len(result.shape) == 2 and base == [result.shape[0], 1, result.shape[1]]:
            return
        refuse(len(result.shape) not in (2, 3),
               f"takes a result of shape {result.shape}; expected an image [C, H, W], a sequence [C, L] or a vector [N]")
        if base[0] == result.shape[0] and math.prod(base) == math.prod(result.shape) and base != result.shape:
            # The same places in other rows.
            self.in_order(result)
            self.go_to(result)
            sides = ([1] + result.shape[1:])[-2:]
            result.layer = self.push("reshape", shape=[base[0], *sides], size=sides, name=result.name).layer
            return
        if base != result.shape:
            hint = "; give --shape as the images are" if result.layer == "input" else ""
            raise Unsupported(f"takes an image {result.shape} made of {base}, which no file can describe{hint}")

    def select(self, result):
        """Makes a result with some of a layer's elements, or in another order, one of a layer of its own."""
        options = result.options(self)
        refuse(options is None, f"takes {result.moved}")
        base = Result(result.layer, self.shapes[result.layer])
        self.in_order(base)
        self.go_to(base)
        result.layer = self.push("select", shape=result.shape, name=result.name, **options).layer
        result.places = result.moved = None
        result.partial = False

    def image(self, result):
        """Goes to a result, an image. Returns its shape `[C, H, W]`."""
        self.free(result)
        refuse(len(result.shape) != 3, f"takes a result of shape {result.shape}; expected an image [C, H, W]")
        self.fit(result)
        # A vector that is taken as an image of one place.
        self.in_order(result)
        return self.whole(result)

    def sequence(self, result):
        """A result `[C, L]` as an image of height 1."""
        refuse(not isinstance(result, Result), "takes a constant where a file's layers take the result of one before them")
        refuse(len(result.shape) != 2, f"takes a result of shape {result.shape}; expected [C, L]")
        channels, length = result.shape
        made = result.of(result.layer, [channels, 1, length])
        made.places = None if result.places is None else result.places.unsqueeze(2)
        return made

    def vector(self, result):
        """Goes to a result, a vector. Returns its shape `[N]`."""
        self.free(result)
        refuse(len(result.shape) != 1,
               f"takes the shape {result.shape}, expected a vector; put a flatten before it, as in torch.flatten(x, 1)")
        return self.whole(result)

    def whole(self, result):
        """Goes to a result, an image or a vector. Returns its shape."""
        self.fit(result)
        self.go_to(result)
        return result.shape

    def each(self, result):
        """Goes to a result whose numbers are to be changed one by one, whatever its shape."""
        self.free(result)
        if result.partial or result.places is None and (len(result.shape) == 1 or result.shape[1:] == [1, 1]):
            self.whole(result)
        else:
            self.go_to(result)
        return result

    def in_order(self, result):
        """Makes a vector's elements lie in the library as in PyTorch, by a linear layer that only moves them."""
        order = self.orders[result.layer]
        if order is None:
            return
        length = math.prod(order)
        refuse(
            length > MOST_IN_ORDER,
            f"an image {list(order)} is flattened and not taken by a linear layer, and the library keeps channels last;"
            " do without the flatten: the result is then the image, channels last",
        )
        self.notes.append(f"`{result.layer}` is followed by a linear layer that puts its {length} elements in PyTorch's order")
        self.go_to(result)
        name = f"{result.layer}_in_order"
        tensors = {"weight": parameters.reals(torch.eye(length), self.half)}
        result.layer = self.push("linear", tensors, shape=[length], name=name, bias=False).layer

    def add(self, one, other):
        """Appends the sum of two results."""
        self.free(one)
        self.free(other)
        refuse(one.shape != other.shape, f"adds results of shapes {one.shape} and {other.shape}; expected equal shapes")
        same = one.places is not None and other.places is not None and torch.equal(one.places, other.places)
        alike = same or one.places is None and other.places is None and len(one.shape) not in (1, 3)
        if alike and self.shapes[one.layer] == self.shapes[other.layer] and not one.partial:
            # Elements that were moved alike may as well be added before.
            pass
        else:
            self.alike(one, other)
        if one.layer != self.last:
            one, other = other, one
        self.go_to(one)
        return self.push("add", like=one, layer=other.layer)

    def alike(self, *results):
        """Makes results layers' own, whose vectors lie alike in the library."""
        for result in results:
            self.fit(result)
        if len({self.orders[result.layer] for result in results}) > 1:
            for result in results:
                self.in_order(result)

    def multiply(self, one, other):
        """Appends the product of two results of one shape, or of an image and a vector of factors for its channels."""
        self.alike(one, other)
        if one.layer != self.last:
            one, other = other, one
        self.go_to(one)
        return self.push("multiply", layer=other.layer)

    def join(self, results):
        """Appends the channels of results one after the other."""
        for result in results:
            self.fit(result)
            self.in_order(result)
        self.go_to(results[0])
        return self.push("concat", layers=[result.layer for result in results[1:]])

    def scale(self, result, scale, shift):
        """Appends x·scale + shift with a number for every channel, or one for all."""
        self.each(result) if scale.dim() == shift.dim() == 0 else self.whole(result)
        name, channels = result.layer, self.shapes[result.layer][0]
        scale, shift = (v.double().expand(channels) if v.dim() == 0 else v.double() for v in (scale, shift))
        latest = self.descriptions[-1] if self.descriptions else {}
        if result.sole and latest.get("name") == name:
            if name in self.scales:
                before, offset = self.scales[name]
                self.norm(name, before * scale, offset * scale + shift)
                return result.of(name)
            if latest["type"] in ("linear", "conv2d") and latest.get("bias") is False and bool((scale == 1).all()):
                del latest["bias"]
                self.tensors[f"{name}.bias"] = parameters.reals(shift)
                return result.of(name)
        made = self.push("batch_norm", like=result, eps=0.0)
        self.norm(made.layer, scale, shift)
        return made

    def norm(self, name, scale, shift):
        """Makes a norm multiply and add."""
        self.scales[name] = scale, shift
        one = torch.ones(len(scale))
        for key, values in (("weight", scale), ("bias", shift), ("running_mean", one * 0), ("running_var", one)):
            self.tensors[f"{name}.{key}"] = parameters.reals(values)

    def end(self, named):
        """Makes results the last of all, as PyTorch has them."""
        if len(named) == 1:
            self.one(named[0][1])
        else:
            self.several(named)
        refuse(not self.descriptions, "the module has no layers: it returns what it takes; export one that computes something")
        refuse(
            len(self.descriptions) > MOST_LAYERS,
            f"the module has {len(self.descriptions)} layers; a file holds at most {MOST_LAYERS}",
        )

    def ended(self, result):
        """Makes a result that is to be the last one of a layer's own shape."""
        self.free(result)
        if result.places is not None:
            refuse(result.options(self) is None, f"the module returns {result.moved}")
            self.select(result)
        # One number for each image.
        result.shape = result.shape or [1]
        refuse(
            len(result.shape) not in (1, 2, 3),
            f"the module returns something else than the result of a layer, the shape {result.shape}; expected [N],"
            " [C, L] or [C, H, W]",
        )

    def one(self, result):
        """Makes a result the last of all."""
        if result.ends:
            self.notes.append(f"`{result.name}` is left out: the file ends with what it takes, which has the same largest class")
            result.blocked = None
        self.ended(result)
        self.whole(result)
        self.in_order(result)

    def several(self, named):
        """Makes the last of all of several results: images of one size as their channels, others row by row."""
        results = []
        for name, result in named:
            try:
                self.ended(result)
            except Unsupported as error:
                raise Unsupported(f"the result `{name}`: {error}") from None
            self.outputs.append({"name": name, "shape": result.shape})
            # Another view, since a result may be returned twice.
            results.append(result.of(result.layer))
        sides = {tuple(result.shape[1:]) for result in results}
        if len(sides) > 1 or len(results[0].shape) == 2:
            for result in results:
                result.shape = [math.prod(result.shape)]
        self.join(results)
        self.notes.append(
            f"the module returns {len(results)} results, which follow each other in the file's: "
            + ", ".join(f"`{output['name']}` {output['shape']}" for output in self.outputs)
        )
