"""Networks with several results."""

import math
from collections import OrderedDict, namedtuple

import torch
from torch import nn
from torch.nn import functional as F

from testing import Case, Of

Found = namedtuple("Found", ["boxes", "scores"])


class Outputs(Case):
    def parts(self, module, shape, names):
        """Exports a module, cuts its file's result apart as the description says, and compares the parts by their names."""
        def flat(x):
            """All results after each other, as they are."""
            found = module(x)
            found = list(found.values()) if isinstance(found, dict) else list(found)
            found = [part for one in found for part in (one if isinstance(one, (list, tuple)) else [one])]
            return torch.cat([part.flatten(1) for part in found], 1)

        layers = self.right(Together(module, flat), shape, exports=module)
        self.assertEqual([output["name"] for output in self.description["outputs"]], names)
        found = flat(torch.zeros(1, *shape)).shape[1]
        self.assertEqual(sum(math.prod(output["shape"]) for output in self.description["outputs"]), found)
        self.assertIn("follow each other", self.notes.getvalue())
        return layers

    def test_vectors(self):
        for write, names in (
            (lambda m, x: (m.a(x), m.b(x).sigmoid()), ["0", "1"]), (lambda m, x: [m.a(x), m.a(x).relu(), x], ["0", "1", "2"]),
            (lambda m, x: {"logits": m.a(x), "hidden": m.b(x)}, ["logits", "hidden"]), (lambda m, x: Found(m.a(x), m.b(x)), ["boxes", "scores"]),
            (lambda m, x: OrderedDict(out=m.a(x), more=(m.b(x), m.b(x).tanh())), ["out", "more.0", "more.1"]),
            (lambda m, x: m.a(x).split([2, 1], 1), ["0", "1"]),
        ):
            layers = self.parts(Of(write, a=nn.Linear(4, 3), b=nn.Linear(4, 2)), (4,), names)
            self.assertEqual(layers[-1]["type"], "concat")
        layers = self.parts(Of(lambda m, x: (m.a(x),) * 2, a=nn.Linear(4, 3)), (4,), ["0", "1"])
        self.assertEqual(self.kinds(layers), ["linear", "concat"])

    def test_images(self):
        # Of one size: their channels.
        layers = self.parts(Of(lambda m, x: (m.a(x), m.b(x).relu()), a=nn.Conv2d(1, 3, 3), b=nn.Conv2d(1, 2, 3)), (1, 5, 6), ["0", "1"])
        self.assertNotIn("flatten", self.kinds(layers))
        self.assertEqual([output["shape"] for output in self.description["outputs"]], [[3, 3, 4], [2, 3, 4]])
        # Of several sizes, and with vectors: row by row.
        def forward(m, x):
            y = m.a(x).relu()
            return y, m.b(y), y.mean((2, 3))

        self.parts(Of(forward, a=nn.Conv2d(1, 3, 3), b=nn.Conv2d(3, 2, 2)), (1, 5, 6), ["0", "1", "2"])
        self.parts(Of(lambda m, x: (m.a(x), x), a=nn.Conv1d(2, 3, 2)), (2, 5), ["0", "1"])

    def test_one_result_in_a_container(self):
        for write in (lambda m, x: {"out": m.a(x)}, lambda m, x: [m.a(x)], lambda m, x: (m.a(x), None)):
            module = Of(write, a=nn.Linear(4, 3))
            layers = self.right(module.a, (4,), exports=module)
            self.assertEqual((self.kinds(layers), "outputs" in self.description), (["linear"], False))


class Together(nn.Module):
    """A module's results as one."""

    def __init__(self, module, flat):
        super().__init__()
        self.module, self.flat = module, flat

    def forward(self, x):
        return self.flat(x)


if __name__ == "__main__":
    import unittest

    unittest.main()
