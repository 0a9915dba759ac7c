"""Steps that are left out, and steps that say together what one layer does."""

import math

from torch.nn import functional as F

from arithmetic import number
from binary import sign as binary_sign
from record import Step, Value


def live(steps, results):
    """The steps that results depend on."""
    needed, kept = set(results), []
    for step in reversed(steps):
        if needed.intersection(step.results):
            needed.update(step.taken())
            kept.append(step)
    return kept[::-1]


def factors(value, made):
    """A value as a number times other values."""
    step = made.get(value)
    if step is None or step.name not in ("mul", "div") or step.kwargs or len(step.args) != 2:
        return 1.0, [value]
    one, other = step.args
    if step.name == "div":
        divisor = None if isinstance(other, Value) else number(other)
        if not divisor:
            return 1.0, [value]
        coefficient, rest = factors(one, made)
        return coefficient / divisor, rest
    product, parts = 1.0, []
    for factor in (one, other):
        if isinstance(factor, Value):
            coefficient, rest = factors(factor, made)
            product, parts = product * coefficient, parts + rest
        elif number(factor) is None:
            return 1.0, [value]
        else:
            product *= number(factor)
    return product, parts


def normal_distribution(value, made):
    """The x for which a value is 1 + erf(x / √2), or None."""
    step = made.get(value)
    if step is None or step.name not in ("add", "radd") or step.kwargs or len(step.args) != 2:
        return None
    inner = [made.get(arg) for arg in step.args if isinstance(arg, Value)]
    ones = [arg for arg in step.args if not isinstance(arg, Value)]
    if len(inner) != 1 or inner[0] is None or inner[0].name != "erf" or number(ones[0]) != 1:
        return None
    coefficient, parts = factors(inner[0].args[0], made)
    return parts[0] if len(parts) == 1 and math.isclose(coefficient, math.sqrt(0.5), rel_tol=1e-4) else None


def gelus(steps):
    """The steps with x/2 · (1 + erf(x / √2)), as older files and modules write it, as one."""
    made = {result: step for step in steps for result in step.results}
    rewritten = []
    for step in steps:
        if step.name == "mul":
            coefficient, parts = factors(step.results[0], made)
            for x, other in (parts, parts[::-1]) if len(parts) == 2 else ():
                if normal_distribution(other, made) is x and math.isclose(coefficient, 0.5, rel_tol=1e-4):
                    fused = Step(F.gelu, "gelu", (x,), {}, (step.layer, step.label))
                    fused.results = step.results
                    step = fused
                    break
        rewritten.append(step)
    return rewritten


def parts_of(step):
    """What the two factors of a product are, if they are values."""
    known = step.name in ("mul", "multiply") and not step.kwargs and len(step.args) == 2
    return [step.args] if known and all(isinstance(arg, Value) for arg in step.args) else []


# Functions of x that, times x, are a layer.
FACTORS = {("sigmoid",): F.silu, ("hardsigmoid",): F.hardswish, ("softplus", "tanh"): F.mish}


def curves(steps):
    """The steps with x·sigmoid(x), x·hardsigmoid(x) and x·tanh(softplus(x)), as ONNX has them, as one."""
    made = {result: step for step in steps for result in step.results}

    def inner(value, names):
        for name in reversed(names):
            step = made.get(value)
            if step is None or step.name != name or set(step.kwargs) - {"inplace"} or len(step.args) != 1:
                return None
            (value,) = step.args
        return value

    rewritten = []
    for step in steps:
        for one, other in parts_of(step):
            for x, factor in ((one, other), (other, one)):
                for names, function in FACTORS.items():
                    if inner(factor, names) is x:
                        fused = Step(function, function.__name__, (x,), {}, (step.layer, step.label))
                        fused.results = step.results
                        step = fused
        rewritten.append(step)
    return rewritten


def signs(steps):
    """The steps with +1 where x ≥ 0 and else −1, written out, as one."""
    made = {result: step for step in steps for result in step.results}
    rewritten = []
    for step in steps:
        if step.name == "where" and len(step.args) == 3 and not step.kwargs and isinstance(step.args[0], Value):
            asked = made.get(step.args[0])
            ends = [None if isinstance(arg, Value) else number(arg) for arg in step.args[1:]]
            known = asked is not None and asked.name in ("ge", "gt") and isinstance(asked.args[0], Value)
            if known and number(asked.args[1]) == 0 and ends == [1, -1]:
                # The function tells which: where x > 0 is asked, 0 gives −1, and the file's layer +1.
                function = binary_sign if asked.name == "ge" else asked.function
                fused = Step(function, "sign", asked.args[:1], {}, (step.layer, step.label))
                fused.results = step.results
                step = fused
        rewritten.append(step)
    return rewritten


def simplified(steps, results):
    """The steps that results depend on, in fewer and known ones."""
    return live(signs(curves(gelus(steps))), results)
