"""Model files: tensors in the safetensors format with a description in JSON. Standard library only.

A file is the length of its header in 8 bytes, the header in JSON, and the tensors one after the other. What the
description says is in docs/model-format.md.
"""

import json
import math
import struct

BYTES = {"U8": 1, "F16": 2, "BF16": 2, "F32": 4, "I32": 4, "F64": 8, "I64": 8}


class Tensor:
    """Elements of one type, as they lie in a file."""

    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, list(shape), bytes(data)
        if len(self.data) != BYTES[dtype] * math.prod(self.shape):
            raise ValueError(f"expected {self.shape} elements of type {dtype}, found {len(self.data)} bytes")


def reals(values, shape, half=False):
    """A tensor of real numbers: F32, or F16 rounded to the nearest. Raises OverflowError for what F16 cannot hold."""
    return Tensor("F16" if half else "F32", shape, struct.pack(f"<{len(values)}{'e' if half else 'f'}", *values))


def to_half(tensor):
    """The tensor with elements F32 as one with elements F16."""
    count = math.prod(tensor.shape)
    return reals(struct.unpack(f"<{count}f", tensor.data), tensor.shape, half=True)


def signs(rows):
    """Rows of -1 and +1 as bits: a row after the other, each from a new byte on, most significant bit first, 1 for +1."""
    rows = [list(row) for row in rows]
    width = -(-len(rows[0]) // 8)
    data = bytearray()
    for row in rows:
        packed = bytearray(width)
        for place, value in enumerate(row):
            packed[place // 8] |= (value > 0) << (7 - place % 8)
        data += packed
    return Tensor("U8", [len(rows), width], data)


def read(path):
    """Tensors by name, and the metadata."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, info in header.items():
        start, end = info["data_offsets"]
        tensors[name] = Tensor(info["dtype"], info["shape"], data[start:end])
    return tensors, metadata


def encode(tensors, metadata):
    """The bytes of a file: wide elements first, then by name, so that every element lies at a multiple of its size."""
    names = sorted(tensors, key=lambda name: (-BYTES[tensors[name].dtype], name))
    header, offset = {"__metadata__": metadata}, 0
    for name in names:
        tensor = tensors[name]
        end = offset + len(tensor.data)
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensors[name].data for name in names)


def write(path, tensors, description=None, metadata=None):
    """Writes a file, with the description as the entry `ringshare` of its metadata."""
    metadata = dict(metadata or {})
    if description is not None:
        metadata["ringshare"] = json.dumps(description, separators=(",", ":"))
    data = encode(tensors, metadata)
    with open(path, "wb") as file:
        file.write(data)
