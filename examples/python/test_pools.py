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

    def test_means_of_unlike_windows_that_are_moved(self):
        for write in (lambda m, x: m.fc(F.adaptive_avg_pool2d(x, 3).permute(0, 2, 3, 1).flatten(1)),
                      lambda m, x: F.adaptive_avg_pool2d(x, 3).flatten(2).mean(2),
                      lambda m, x: (F.adaptive_avg_pool2d(x, 3).flatten(2).transpose(1, 2) + m.places).mean(1)):
            self.right(Of(write, fc=nn.Linear(18, 4), places=torch.randn(1, 9, 2)), (2, 7, 7))

    def test_places_that_both_ways_of_rounding_give_are_taken(self):
        for pool in (nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(2, ceil_mode=True),
                     nn.MaxPool2d(3, 2, padding=1, ceil_mode=False)):
            self.right(pool, (2, 6, 8))
        self.right(nn.AvgPool2d(2, divisor_override=3), (2, 6, 8))

    def test_means_of_what_is_there(self):
        for pool, shape, pools in (
            (nn.AvgPool2d(3, 1, padding=1, count_include_pad=False), (2, 5, 6), 6),
            (nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), (2, 7, 6), 5),
            (nn.AvgPool2d((3, 1), (1, 1), padding=(1, 0), count_include_pad=False), (2, 5, 6), 3),
            (nn.AvgPool2d(2, ceil_mode=True), (2, 5, 6), 2), (nn.AvgPool2d(2, ceil_mode=True), (2, 5, 5), 4),
            (nn.AvgPool2d(3, 2, ceil_mode=True), (2, 6, 7), 2),
            # The zeros around the image count, those beyond them do not.
            (nn.AvgPool2d(3, 2, padding=1, ceil_mode=True), (2, 6, 8), 4),
            (nn.AvgPool2d(3, 2, padding=1, ceil_mode=True, count_include_pad=False), (2, 6, 8), 6),
            (nn.AvgPool2d(3, 2, ceil_mode=True, divisor_override=5), (2, 6, 8), 1),
            (nn.AvgPool2d(4, 4, padding=2, ceil_mode=True, divisor_override=3), (2, 9, 9), 1),
        ):
            with self.subTest(pool):
                layers = self.right(nn.Sequential(nn.Conv2d(2, 3, 1), pool, nn.ReLU()), shape)
                self.assertEqual(self.kinds(layers).count("avg_pool2d"), pools)
                self.assertEqual([layer["name"] for layer in layers if layer["type"] == "relu"], ["2"])

    def test_pools_to_any_size(self):
        for pool in (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d):
            for made, shape in ((2, (2, 3, 3)), ((3, 2), (2, 5, 4)), (7, (1, 8, 10)), (5, (2, 5, 5)), ((3, 4), (1, 2, 3)),
                                ((None, 3), (2, 4, 5))):
                with self.subTest(pool=pool, made=made):
                    self.right(nn.Sequential(nn.Conv2d(shape[0], 2, 1), pool(made), nn.Sigmoid()), shape)
            self.right(nn.Sequential(pool(2), nn.Flatten(), nn.ReLU(), nn.Linear(8, 3)), (2, 3, 5))
            self.right(Of(lambda m, x: m.pool(x) + m.pool(x.relu()), pool=pool((2, 3))), (2, 3, 4))
            self.right(Of(lambda m, x: m.pool(x)[:, 1:, :, ::2].tanh(), pool=pool((2, 3))), (3, 3, 4))
        self.right(nn.AdaptiveAvgPool2d(2), (1, 3, 3))

    def test_maxima_with_padding_and_dilation(self):
        for pool, shape in ((nn.MaxPool2d(3, 2, padding=1, dilation=2), (2, 8, 9)), (nn.MaxPool2d(3, 1, dilation=(1, 3)), (1, 5, 9)),
                            (nn.MaxPool2d(2, 2, dilation=2, ceil_mode=True), (2, 6, 7)),
                            (nn.MaxPool2d(3, 3, padding=1, dilation=2, ceil_mode=True), (2, 9, 9))):
            with self.subTest(pool):
                # All numbers are negative, so that a zero would show.
                self.right(Of(lambda m, x, pool=pool: pool(x - 50.0)), shape)

    def test_means_over_windows_of_unlike_sizes_are_taken_into_the_weights_behind_them(self):
        for sides, made in (((2, 3), (5, 2)), ((1, 1), (6, 6)), ((5, 4), (2, 3)), ((5, 4), (3, None))):
            pool = nn.AdaptiveAvgPool2d(made)
            inputs = pool(torch.zeros(1, 3, *sides)).numel()
            module = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), pool, nn.Flatten(), nn.Dropout(), nn.Linear(inputs, 4))
            layers = self.right(module, (2, *sides))
            self.assertEqual(self.kinds(layers)[-2:], ["flatten", "linear"])
            self.assertEqual(self.tensors["5.weight"].shape, [4, 3 * sides[0] * sides[1]])
            self.assertIn("takes the means before it", self.notes.getvalue())
