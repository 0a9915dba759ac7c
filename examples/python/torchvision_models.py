#!/usr/bin/env python3
"""Exports torchvision's classification networks with random weights, for 10 classes and images 3×64×64, and says which of
them a file can describe and why others are refused. Needs torchvision.

With a directory as its argument, the files stay there; otherwise they are removed again. Names after it are of networks, instead
of all. `tests/nn/quantised/exported.rs` has parties evaluate the files.
"""

import contextlib
import io
import os
import sys
import tempfile
import time

import torch
import torchvision

from evaluate import Network
from export import Unsupported, export

SHAPE, CLASSES, IMAGES = (3, 64, 64), 10, 4

NETWORKS = [
    "alexnet", "vgg11_bn", "resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "densenet121",
    "googlenet", "shufflenet_v2_x1_0", "efficientnet_b0", "mnasnet1_0", "regnet_x_400mf", "convnext_tiny",
    "vit",
]


def make(name):
    """A network with weights at random, and the statistics that its norms find on random images."""
    torch.manual_seed(1)
    options = {"init_weights": True, "aux_logits": False} if name == "googlenet" else {}
    if name == "vit":
        # A small one. Its head and its class token are zeros at first, with which there would be nothing to see.
        module = torchvision.models.VisionTransformer(
            image_size=SHAPE[1], patch_size=16, num_layers=2, num_heads=3, hidden_dim=48, mlp_dim=192, num_classes=CLASSES
        )
        torch.nn.init.normal_(module.heads.head.weight, std=0.1)
        torch.nn.init.normal_(module.class_token, std=0.5)
    else:
        module = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES, **options)
    with torch.no_grad():
        for _ in range(5):
            module.train()(torch.randn(16, *SHAPE))
    return module.eval()


def difference(module, path):
    """The largest difference between a file's results and its module's, as a part of the largest of these."""
    images = torch.randn(IMAGES, *SHAPE, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = module(images).double()
    return ((Network(path)(images) - expected).abs().max() / expected.abs().max()).item()


def main():
    with contextlib.ExitStack() as stack:
        directory = sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(tempfile.TemporaryDirectory())
        for name in sys.argv[2:] or NETWORKS:
            path = os.path.join(directory, f"{name}.safetensors")
            module, notes = make(name), io.StringIO()
            start = time.perf_counter()
            try:
                with contextlib.redirect_stderr(notes):
                    summary = export(module, path, SHAPE, half=False)
            except Unsupported as error:
                print(f"{name:20} refused: {error}", flush=True)
                continue
            seconds = time.perf_counter() - start
            loaded = "loaded by the library" if summary else "not loaded"
            size, wrong = os.path.getsize(path) / 1e6, difference(module, path)
            print(f"{name:20} {size:6.1f} MB in {seconds:4.1f} s, {loaded}, off by {wrong:.1e}", flush=True)


if __name__ == "__main__":
    main()
