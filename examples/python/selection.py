"""Which elements of an image a result has, as the options of a layer `select`.

Along each axis, element i of the result is element ⌊(start + step·i) / repeat⌋ of the image, whose channels may have been
shuffled in groups; where the image has no such element, zero or the nearest one.
"""

import math

import torch

NONE = -1


def sources(places, image):
    """For each axis which element of the image, `[C, H, W]`, each element of the result comes from, or `NONE`; or None."""
    inside = places != NONE
    parts = [places // (image[1] * image[2]), places // image[2] % image[1], places % image[2]]
    lists = []
    for axis, part in enumerate(parts):
        others = [other for other in range(3) if other != axis]
        lists.append(torch.where(inside, part, NONE).amax(others))
    expected = torch.zeros_like(places)
    for list_, side, shape in zip(lists, image, ([-1, 1, 1], [-1, 1], [-1])):
        expected = expected * side + list_.reshape(shape)
        inside = inside & (list_ != NONE).reshape(shape)
    outside = torch.zeros_like(inside)
    for list_, shape in zip(lists, ([-1, 1, 1], [-1, 1], [-1])):
        outside = outside | (list_ == NONE).reshape(shape)
    return [list_.tolist() for list_ in lists] if torch.equal(expected.masked_fill(outside, NONE), places) else None


def line(found, side, edges):
    """Start, step and repeat that give these elements of a side of the image, or None."""
    def gives(start, step, repeat):
        for i, wanted in enumerate(found):
            at = (start + step * i) // repeat
            at = min(max(at, 0), side - 1) if edges else at if 0 <= at < side else NONE
            if at != wanted:
                return False
        return True

    known = [i for i, at in enumerate(found) if at != NONE]
    if not known:
        return None
    common = math.gcd(side, len(found))
    candidates = [(found[i] - step * i, step, 1) for i in (known[0], known[-1]) for step in (1, -1)]
    # The first two that differ.
    changes = [i for i in known[1:] if found[i - 1] not in (found[i], NONE)]
    candidates += [(found[i] - (found[i] - found[i - 1]) * i, found[i] - found[i - 1], 1) for i in changes[:1]]
    candidates.append((0, side // common, len(found) // common))
    return next((candidate for candidate in candidates if gives(*candidate)), None)


def options(places, image):
    """The options of the layer that selects these places `[C, H, W]` of an image `[C, H, W]`, or None if there is none."""
    lists = sources(places, image)
    if lists is None:
        return None
    channels = image[0]
    for groups in (g for g in range(1, channels + 1) if channels % g == 0):
        each = channels // groups
        shuffled = [at if at == NONE else at % each * groups + at // each for at in lists[0]]
        for edges in (False, True):
            lines = [line(found, side, edges) for found, side in zip((shuffled, *lists[1:]), image)]
            if None not in lines:
                start, step, repeat = (list(numbers) for numbers in zip(*lines))
                made = {"size": list(places.shape), "start": start, "step": step, "repeat": repeat, "groups": groups,
                        "edges": edges}
                usual = {"start": [0] * 3, "step": [1] * 3, "repeat": [1] * 3, "groups": 1, "edges": False}
                return {key: value for key, value in made.items() if usual.get(key) != value}
        if lines[1] is None or lines[2] is None:
            # No groups of channels help.
            return None
    return None


def of_one_image(places, images, length):
    """The places of the first image, if those of all others are the same within theirs, or None."""
    if places.dim() == 0 or len(places) != images:
        return None
    first = places[:1]
    shifts = length * torch.arange(images).reshape([-1] + [1] * (places.dim() - 1))
    expected = torch.where(first == NONE, NONE, first + shifts)
    return places[0] if torch.equal(expected, places) else None
