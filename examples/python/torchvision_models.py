#!/usr/bin/env python3
"""Exports torchvision's classification networks with random weights, for 10 classes and images 3×64×64, and evaluates them in
fixed point between two parties: a table of how far their logits are from PyTorch's, and of what that costs. Needs torchvision
and cargo, or the built example `classify`.

The weights are those that torchvision draws. The statistics of norms are what five passes of random images leave by the
momentum of each network or, with --settled, the mean over the passes; then the logits depend on the images as in a trained
network, but errors grow from layer to layer. `--check` only exports the networks and evaluates their files. With --keep DIR, the files
stay there, where `tests/nn/quantised/exported.rs` can have parties evaluate them; otherwise they are removed again.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import tempfile

import torch
import torchvision

import library
import model_file
from evaluate import Network
from export import Unsupported, export

SHAPE, CLASSES, IMAGES, CALIBRATION = (3, 64, 64), 10, 8, 64

NETWORKS = [
    "alexnet", "vgg11_bn", "resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "densenet121",
    "googlenet", "shufflenet_v2_x1_0", "efficientnet_b0", "mnasnet1_0", "regnet_x_400mf", "convnext_tiny",
    "vit",
]

TITLES = ["network", "parameters", "integer layers", "off by", "rounds", "sent an image", "dealt an image", "sent for the model",
          "peak memory", "offline and online, an image"]


def make(name, settled=False):
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
    for part in module.modules():
        if settled and isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = None
    with torch.no_grad():
        for _ in range(5):
            module.train()(torch.randn(16, *SHAPE))
    return module.eval()


def images(count, seed):
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


def outputs(module, x):
    with torch.no_grad():
        return module(x)


def difference(module, path):
    """The largest difference between a file's results and its module's, as a part of the largest of these."""
    x = images(IMAGES, 2)
    expected = outputs(module, x).double()
    return ((Network(path)(x) - expected).abs().max() / expected.abs().max()).item()


def tensor(values):
    return model_file.reals(values.flatten().tolist(), list(values.shape))


def measured(module, path, bits):
    """What `classify --outputs` finds."""
    numbers, found = f"{path}.numbers", f"{path}.json"
    x = images(IMAGES, 2)
    model_file.write(numbers, {"inputs": tensor(x), "outputs": tensor(outputs(module, x)),
                               "calibration": tensor(images(CALIBRATION, 3))})
    command = [*library.program()[:-1], "--model", path, "--outputs", numbers, "--json", found, "--seed", "1"]
    try:
        subprocess.run(command + ["--bits", str(bits)] * (bits is not None), check=True, stdout=subprocess.DEVNULL)
        with open(found) as file:
            return json.load(file)
    finally:
        for name in (numbers, found):
            if os.path.exists(name):
                os.remove(name)


def size(count):
    """Bytes in decimal units."""
    for unit, large in (("GB", 1e9), ("MB", 1e6)):
        if count >= large:
            return f"{count / large:.2f} {unit}"
    return f"{count / 1e3:.1f} kB"


def row(name, module, found):
    images = found["images"]
    seconds = found["dealer_s"] + found["offline_s"] + found["online_s"]
    cells = [
        f"{sum(p.numel() for p in module.parameters()) / 1e6:.1f} M", f"{found['layers']}", f"{100 * found['difference']:.2f} %",
        f"{found['rounds']}", size(found["sent_bytes"] / images), size(found["dealer_bytes"] / images),
        size(found["setup_sent_bytes"]), size(found["peak_rss_bytes"]), f"{seconds / images:.2f} s",
    ]
    return line([f"`{name}`", *cells])


def line(cells):
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description="Evaluates torchvision's networks between two parties.")
    parser.add_argument("networks", nargs="*", default=NETWORKS, help="their names (default: all)")
    parser.add_argument("--bits", type=int, default=26, help="of every layer's sums (default 26)")
    parser.add_argument("--settled", action="store_true", help="norms with the mean of their statistics")
    parser.add_argument("--check", action="store_true", help="only export the networks, and evaluate their files")
    parser.add_argument("--keep", metavar="DIR", help="where the files stay")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = args.keep or stack.enter_context(tempfile.TemporaryDirectory())
        if not args.check:
            print(line(TITLES), line(["---"] * len(TITLES)), sep="\n", flush=True)
        for name in args.networks:
            path = os.path.join(directory, f"{name}.safetensors")
            module = make(name, args.settled)
            try:
                with contextlib.redirect_stderr(io.StringIO()):
                    summary = export(module, path, SHAPE)
            except Unsupported as error:
                print(f"{name}: refused: {error}", flush=True)
                continue
            if args.check:
                loaded = "loaded by the library" if summary else "not loaded"
                wrong = difference(module, path)
                print(f"{name:20} {os.path.getsize(path) / 1e6:6.1f} MB, {loaded}, off by {wrong:.1e}", flush=True)
                continue
            try:
                print(row(name, module, measured(module, path, args.bits)), flush=True)
            except subprocess.CalledProcessError as error:
                print(f"{name}: classify ended with {error.returncode}", flush=True)


if __name__ == "__main__":
    main()
