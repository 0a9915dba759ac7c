"""Sizes and shapes, and networks drawn at random."""

import math
import random

import torch
from torch import nn
from torch.nn import functional as F

from export import Unsupported
from testing import Case, Of, randomised


class Sizes(Case):
    def test_sizes_are_numbers(self):
        def forward(m, x):
            assert x.shape[1] == 2 and len(x.shape) == x.ndim == x.dim() == 4
            torch._assert(x.shape[2] == x.shape[3], "square images")
            out = m.conv(x)
            out = F.avg_pool2d(out, out.size()[3])
            n, c, h, w = out.shape
            out = out.view(x.size(0), c * h * w) / math.sqrt(c)
            return m.fc(out.view(out.size(0), -1))

        layers = self.right(Of(forward, conv=nn.Conv2d(2, 4, 3), fc=nn.Linear(4, 3)), (2, 6, 6))
        self.assertEqual(self.kinds(layers), ["conv2d", "avg_pool2d", "flatten", "batch_norm", "linear"])
        self.assertEqual(layers[1]["size"], [4, 4])
        self.refused(Of(lambda m, x: m.fc(x) / x.size(0), fc=nn.Linear(4, 3)), (4,), "size of the batch")

    def test_shapes_that_come_back_are_no_layers(self):
        def forward(m, x):
            n, c, h, w = x.shape
            x = x.permute(0, 2, 3, 1).relu().contiguous().permute(0, 3, 1, 2)
            x = x.reshape(n, c, h * w).transpose(1, 2).transpose(1, 2)
            return m.conv(x.reshape(-1, w).view(n, c, h, w))

        self.assertEqual(self.kinds(self.right(Of(forward, conv=nn.Conv2d(2, 3, 2)), (2, 4, 5))), ["relu", "conv2d"])

    def test_what_was_moved_is_taken_into_the_weights_behind_it(self):
        for move in (lambda x: x.permute(0, 2, 3, 1).flatten(1), lambda x: x.transpose(1, 3).reshape(x.size(0), -1),
                     lambda x: x.flatten(2).mT.relu().flatten(1)):
            module = Of(lambda m, x, move=move: m.fc(move(m.conv(x))), conv=nn.Conv2d(1, 3, 2), fc=nn.Linear(36, 4))
            self.assertEqual(self.kinds(self.right(module, (1, 4, 5)))[-2:], ["flatten", "linear"])
        mixed = Of(lambda m, x: m.fc(x.transpose(0, 1).reshape(x.size(0), -1)), fc=nn.Linear(8, 3))
        self.refused(mixed, (2, 2, 2), "layer `fc` (Linear)", "has moved")


class Drawn(nn.Module):
    """A network drawn at random: every step takes the latest result or an earlier one."""

    def __init__(self, seed, shape):
        super().__init__()
        self.seed, self.parts, self.building = seed, nn.ModuleDict(), True
        with torch.no_grad():
            self(torch.randn(2, *shape))
        self.building = False

    def part(self, step, make):
        if self.building:
            self.parts[step] = randomised(make())
        return self.parts[step]

    def image(self, x, step, kind, draw):
        channels, *sides = x.shape[1:]
        size = [min(2, side) for side in sides] if draw % 2 else 1
        return [
            lambda: self.part(step, lambda: nn.Conv2d(channels, 2 + draw % 3, size, bias=draw % 5 < 2))(x),
            lambda: self.part(step, lambda: nn.BatchNorm2d(channels))(x),
            lambda: F.max_pool2d(x, size, 1), lambda: F.avg_pool2d(x, size), lambda: x.flatten(1), lambda: x.mean((2, 3)),
            lambda: F.adaptive_avg_pool2d(x, 1 + draw % 2), lambda: x.permute(0, 2, 3, 1).relu().permute(0, 3, 1, 2),
            lambda: x * torch.arange(1.0, channels + 1).view(channels, 1, 1) - 0.5,
        ][kind % 9]()

    def vector(self, x, step, kind, draw):
        length = x.shape[1]
        return [
            lambda: self.part(step, lambda: nn.Linear(length, 3 + draw % 4, bias=draw % 5 < 2))(x),
            lambda: self.part(step, lambda: nn.BatchNorm1d(length))(x), lambda: F.softmax(x, 1),
            lambda: x + torch.arange(float(length)), lambda: x[:, :, None, None],
        ][kind % 5]()

    def forward(self, x):
        generator, results = random.Random(self.seed), [x]
        for step in range(generator.randint(2, 14)):
            x = results[-1] if generator.random() < 0.7 else generator.choice(results)
            kind, draw = generator.randrange(30), generator.randrange(60)
            other = generator.choice([one for one in results if one.shape == x.shape])
            if kind < 15:
                results.append((self.image if x.dim() == 4 else self.vector)(x, str(step), kind, draw))
            else:
                results.append([
                    lambda: torch.tanh(x), lambda: x.clamp(max=0.3), lambda: 1 - x, lambda: 2 * x + 1, lambda: x.clone().relu_(),
                    lambda: x.clamp(-1, 0.5), lambda: x + other, lambda: x - other,
                ][kind % 8]())
        return results[-1]


class Random(Case):
    def test_networks_drawn_at_random_give_the_same_from_their_files(self):
        taken = 0
        for seed in range(100):
            torch.manual_seed(seed)
            shape = [(2, 4, 5), (3, 3, 3), (1, 5, 4), (5,), (2, 1, 1)][seed % 5]
            with self.subTest(seed=seed):
                try:
                    self.right(Drawn(seed, shape), shape, constant=True)
                    taken += 1
                except Unsupported as error:
                    self.assertRegex(str(error), "unlike sizes|has no layers")
        self.assertGreater(taken, 80)
