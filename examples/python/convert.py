#!/usr/bin/env python3
"""Makes the networks of examples/data of the reference networks: adds descriptions, rounds weights to half precision.

Usage: convert.py REFERENCE_DIR OUTPUT_DIR. Standard library only.
"""

import os
import sys

import model_file

THRESHOLD, HIGH_BITS, UNIT = {"threshold": 128}, {"drop_bits": 4}, {"scale": 1 / 255, "shift": 0}


def chain(count, activation):
    """Linear layers fc1, fc2, ... with an activation behind all but the last."""
    layers = [{"name": "flatten", "type": "flatten"}]
    for number in range(1, count + 1):
        layers.append({"name": f"fc{number}", "type": "linear"})
        layers.append({"name": f"{activation}{number}", "type": activation})
    return layers[:-1]


CONVOLUTIONS = [
    {"name": "conv1", "type": "conv2d"},
    {"name": "relu1", "type": "relu"},
    {"name": "conv2", "type": "conv2d"},
    {"name": "relu2", "type": "relu"},
    {"name": "pool", "type": "max_pool2d", "size": [2, 2]},
    {"name": "flatten", "type": "flatten"},
    {"name": "fc1", "type": "linear"},
    {"name": "relu3", "type": "relu"},
    {"name": "fc2", "type": "linear"},
]

NETWORKS = {
    "mlp_relu_mnist": (THRESHOLD, chain(5, "relu")),
    "mlp_relu_fashion": (UNIT, chain(5, "relu")),
    "cnn_mnist": (UNIT, CONVOLUTIONS),
    "cnn_fashion": (UNIT, CONVOLUTIONS),
    "bmlp_sign_4096_fashion": (HIGH_BITS, chain(4, "sign")),
}

# What of the reference networks' metadata stays: where they come from and how good they are.
KEPT = ("dataset", "trained_on", "test_accuracy")


def convert(source, target, pixel, layers):
    tensors, metadata = model_file.read(source)
    for name, tensor in tensors.items():
        # Biases stay: they are small, and products are added to them.
        if name.endswith(".weight") and tensor.dtype == "F32":
            tensors[name] = model_file.to_half(tensor)
    description = {"version": 1, "input": {"shape": [1, 28, 28], "pixel": pixel}, "layers": layers}
    model_file.write(target, tensors, description, {key: metadata[key] for key in KEPT})


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for name, (pixel, layers) in NETWORKS.items():
        file = f"{name}.safetensors"
        convert(os.path.join(sys.argv[1], file), os.path.join(sys.argv[2], file), pixel, layers)


if __name__ == "__main__":
    main()
