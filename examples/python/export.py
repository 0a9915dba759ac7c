#!/usr/bin/env python3
"""Exports a trained PyTorch module, or a network in ONNX, to a file that ringshare reads. See README.md beside it."""

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Mapping

import torch
from torch import nn

import layers
import library
import model_file
from graph import Layers, Result
from onnx_file import OnnxModule
from record import Unsupported, first_line, plain, record
from rewrite import simplified

# What a description holds, in bytes.
MOST_BYTES = 1 << 20

__all__ = ["Unsupported", "export", "export_onnx", "layers_of"]


def listed(module, images, half):
    """The list of a module's layers, as it is for these images."""
    first, steps, last = record(module, images)
    steps = simplified(steps, [value for _, value in last])
    made = Layers(first.shape, half)
    results = {first: made.input()}
    uses = {}
    for value in [*(value for _, value in last), *(value for step in steps for value in step.taken())]:
        uses[value] = uses.get(value, 0) + 1
    for step in steps:
        layers.append(made, step, results)
        result = results.get(step.results[0])
        if isinstance(result, Result):
            result.sole = result.sole and uses.get(step.results[0]) == 1
    made.end([(name, results[value]) for name, value in last])
    return made


def layers_of(module, shape, half=False, images=None):
    """Descriptions of a module's layers, their tensors by name, its outputs if they are several, and notes for the reader.

    The module runs twice, on other images and, unless it takes `images` only, another number of them: the layers must be
    the same.
    """
    if len(shape) not in (1, 2, 3) or min(shape) < 1:
        raise Unsupported(f"the shape of an image: expected [C, H, W], [C, L] or [N], found {list(shape)}")
    generator = torch.Generator().manual_seed(1)
    made = None
    with plain(module):
        for count in (images or 2, images or 3):
            before = made
            made = listed(module, torch.rand(count, *shape, generator=generator, dtype=torch.float32) * 4 - 2, half)
            if before is not None and not same(before, made):
                raise Unsupported(
                    "the module gives other layers for other images, or for another number of them: it draws at random, or"
                    " its numbers depend on the size of the batch"
                )
    return made.descriptions, made.tensors, made.outputs, made.notes


def same(one, other):
    """Whether two lists of layers are equal."""
    return (
        one.descriptions == other.descriptions
        and one.tensors.keys() == other.tensors.keys()
        and all(one.tensors[name].data == other.tensors[name].data for name in one.tensors)
    )


def unwrapped(module):
    """The module within wrappers that run it elsewhere or compile it."""
    while True:
        if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            module = module.module
        elif hasattr(module, "_orig_mod"):
            module = module._orig_mod
        else:
            return module


def export(module, path, shape, pixel=None, half=False, metadata=None, check=True, images=None):
    """Writes a module to a file.

    shape: `(C, H, W)`, `(C, L)`, which is an image of height 1 in the file, or `(N,)`, without the batch. pixel: how a byte becomes the number that the module takes, for
    example `{"scale": 1 / 255, "shift": 0}`, `{"threshold": 128}` or `{"drop_bits": 4}`. half: weights as F16. check: have
    the library load the file. images: their number at a time, if the module takes no other.
    Returns the library's summary, or None if it was not asked.
    Raises `Unsupported`, which names the layer, and writes nothing, if a layer fits no file.
    """
    descriptions, tensors, outputs, notes = layers_of(unwrapped(module), list(shape), half, images)
    description = {
        "version": 1,
        "input": {"shape": list(shape) if len(shape) != 2 else [shape[0], 1, shape[1]], "pixel": pixel or {"scale": 1 / 255, "shift": 0.0}},
        "layers": descriptions,
    }
    if outputs:
        description["outputs"] = outputs
    size = len(json.dumps(description, separators=(",", ":")).encode())
    if size > MOST_BYTES:
        raise Unsupported(f"the description takes {size} bytes, a file has room for {MOST_BYTES}; give shorter names")
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    # Under another name until the library has loaded it.
    unchecked = f"{path}.unchecked"
    try:
        model_file.write(unchecked, tensors, description, metadata)
        summary = None
        try:
            summary = library.check(unchecked) if check else None
        except library.Unchecked as error:
            print(f"note: {path} was not loaded by the library, since {error}", file=sys.stderr)
        os.replace(unchecked, path)
        return summary
    finally:
        if os.path.exists(unchecked):
            os.remove(unchecked)


def export_onnx(source, path, shape=None, **options):
    """Writes a network in ONNX to a file. The shape is the one in the network, if it has one. Options as for `export`."""
    module = OnnxModule(source)
    shape = shape or module.shape
    if shape is None:
        raise Unsupported("the file does not say what shape its images have; give it, as in --shape 1 28 28")
    return export(module, path, shape, images=module.images, **options)


def arguments():
    parser = argparse.ArgumentParser(description="Exports a trained network to a file that ringshare reads.")
    parser.add_argument("source", help="FILE.onnx, or FILE.py:NAME, a module or a function without arguments that makes one")
    parser.add_argument("output", help="the file to write")
    parser.add_argument("--state", help="a file of torch.save(module.state_dict(), ...)")
    parser.add_argument("--shape", type=int, nargs="+", help="C H W, C L, or N (default 1 28 28, or what the ONNX file says)")
    parser.add_argument("--mean", type=float, default=0.0, help="of pixels in 0..1, as in transforms.Normalize")
    parser.add_argument("--std", type=float, default=1.0, help="of pixels in 0..1, as in transforms.Normalize")
    parser.add_argument("--threshold", type=int, help="a pixel of this or more is 1, another 0")
    parser.add_argument("--drop-bits", type=int, help="low bits of a pixel that are dropped")
    parser.add_argument("--half", action="store_true", help="weights in half precision")
    return parser.parse_args()


def loaded(source, state):
    """The module that the command line names."""
    path, _, name = source.rpartition(":")
    spec = importlib.util.spec_from_file_location("exported", path)
    if spec is None:
        sys.exit(f"error: {source}: expected FILE.onnx or FILE.py:NAME")
    if not os.path.exists(path):
        sys.exit(f"error: {path}: there is no such file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        sys.exit(f"error: {source}: {path} has no `{name}`")
    module = getattr(module, name)
    module = unwrapped(module if isinstance(module, nn.Module) else module())
    if state:
        try:
            found = torch.load(state, map_location="cpu")
        except Exception as error:
            sys.exit(f"error: {state}: {first_line(error)}")
        if not isinstance(found, Mapping) or not all(isinstance(value, torch.Tensor) for value in found.values()):
            keys = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
            sys.exit(f"error: {state}: expected what torch.save(module.state_dict(), ...) writes, found {keys}")
        # What a wrapped module was saved as.
        for prefix in ("module.", "_orig_mod."):
            if found and all(key.startswith(prefix) for key in found):
                found = {key.removeprefix(prefix): value for key, value in found.items()}
        try:
            module.load_state_dict(found)
        except RuntimeError as error:
            sys.exit(f"error: {state}: {error}")
    return module


def main():
    args = arguments()
    if not args.std > 0:
        sys.exit(f"error: --std {args.std}: expected a positive number")
    pixel = {"scale": 1 / (255 * args.std), "shift": -args.mean / args.std}
    if args.threshold is not None:
        pixel = {"threshold": args.threshold}
    elif args.drop_bits is not None:
        pixel = {"drop_bits": args.drop_bits}
    options = {"pixel": pixel, "half": args.half}
    try:
        if args.source.endswith(".onnx"):
            summary = export_onnx(args.source, args.output, args.shape, **options)
        else:
            summary = export(loaded(args.source, args.state), args.output, args.shape or (1, 28, 28), **options)
    except Unsupported as error:
        sys.exit(f"error: {error}")
    print(summary or "", end="")
    print(f"wrote {args.output}" + (", which the library has loaded" if summary else ""))


if __name__ == "__main__":
    main()
