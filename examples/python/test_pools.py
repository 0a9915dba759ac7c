"""Pools, and what may take them."""

import torch
from torch import nn
from torch.nn import functional as F

from testing import Case, Of


class Pools(Case):
    def test_means_over_places_are_pools(self):
        for mean, kind in (
            (lambda m, x: x.mean((2, 3)), "global_avg_pool2d"),
            (lambda m, x: x.mean([-1, -2]), "global_avg_pool2d"),
            (lambda m, x: torch.mean(x, dim=(2, 3), keepdim=True).flatten(1), "global_avg_pool2d"),
            (lambda m, x: x.flatten(2).mean(2), "global_avg_pool2d"),
            (lambda m, x: x.mean(axis=(2, 3), keepdims=True).squeeze(-1).squeeze(-1), "global_avg_pool2d"),
            (lambda m, x: F.adaptive_max_pool2d(x, 1).flatten(1), "max_pool2d"),
        ):
            layers = self.right(Of(lambda m, x, mean=mean: m.fc(mean(m, m.conv(x))), conv=nn.Conv2d(1, 3, 2),
                                   fc=nn.Linear(3, 2)), (1, 4, 5))
            self.assertEqual(layers[1]["type"], kind)
        self.right(Of(lambda m, x: x.mean(3, keepdim=True)), (2, 4, 5))
        self.refused(Of(lambda m, x: x.mean(1, keepdim=True)), (2, 4, 5), "height, the width or both")

    def test_places_that_both_ways_of_rounding_give_are_taken(self):
        for pool in (nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(2, ceil_mode=True),
                     nn.MaxPool2d(3, 2, padding=1, ceil_mode=False)):
            self.right(pool, (2, 6, 8))
        self.refused(nn.AvgPool2d(2, ceil_mode=True), (2, 5, 6), "ceil_mode")
        self.right(nn.AvgPool2d(2, divisor_override=3), (2, 6, 8))

    def test_means_over_windows_of_unlike_sizes_are_taken_into_the_weights_behind_them(self):
        for sides, made in (((2, 3), (5, 2)), ((1, 1), (6, 6)), ((5, 4), (2, 3)), ((5, 4), (3, None))):
            pool = nn.AdaptiveAvgPool2d(made)
            inputs = pool(torch.zeros(1, 3, *sides)).numel()
            module = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), pool, nn.Flatten(), nn.Dropout(), nn.Linear(inputs, 4))
            layers = self.right(module, (2, *sides))
            self.assertEqual(self.kinds(layers)[-2:], ["flatten", "linear"])
            self.assertEqual(self.tensors["5.weight"].shape, [4, 3 * sides[0] * sides[1]])
            self.assertIn("takes the means before it", self.notes.getvalue())
        for behind, words in ((nn.ReLU(), ("layer `1` (ReLU)", "`0` (AdaptiveAvgPool2d)", "[3, 3] to [2, 2]")),
                              (nn.Identity(), ("windows of unlike sizes",)), (nn.Linear(2, 2), ("unlike sizes",)),
                              (Of(lambda m, x: x + x), ("unlike sizes",))):
            self.refused(nn.Sequential(nn.AdaptiveAvgPool2d(2), behind), (1, 3, 3), *words)
