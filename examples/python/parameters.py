"""Parameters as tensors of a file."""

import torch

import model_file
from record import Unsupported


def finite(values):
    """The values, none of which is infinite or no number."""
    if not torch.isfinite(values).all():
        raise Unsupported("has weights, biases or statistics that are no finite numbers")
    return values


def data(values):
    """The bytes of a tensor's elements."""
    taken = bytearray(values.numel() * values.element_size())
    if taken:
        torch.frombuffer(taken, dtype=values.dtype).copy_(values.flatten())
    return taken


def reals(values, half=False):
    """Real numbers: single precision, or half if their number deserves it."""
    finite(values)
    rounded = values.detach().to(torch.float16 if half else torch.float32).contiguous()
    if not torch.isfinite(rounded).all():
        most, precision = values.abs().max().item(), "half" if half else "single"
        raise Unsupported(f"has a number as large as {most:g}, which {precision} precision cannot hold")
    return model_file.Tensor("F16" if half else "F32", values.shape, data(rounded))


def weights(values, half):
    """Weights by name: a bit each where all of them are -1 or +1."""
    finite(values)
    if not bool((values.abs() == 1).all()):
        return {"weight": reals(values, half)}
    rows = values.detach().flatten(1) > 0
    rows = torch.nn.functional.pad(rows, (0, -rows.shape[1] % 8)).unflatten(1, (-1, 8))
    places = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8)
    packed = (rows * places).sum(2, dtype=torch.uint8)
    return {"weight_bits": model_file.Tensor("U8", packed.shape, data(packed))}
