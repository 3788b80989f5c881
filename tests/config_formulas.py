"""The rates of frameworks, in the arithmetic of each framework's source.

There is one function per framework, of a step and of the framework's settings.
"""

from bisect import bisect_right
from math import cos, floor, log, pi, sqrt, tanh


def transformers(t, name, lr, warmup=0, total=0, **more):
    """``transformers.get_scheduler``."""
    if name == "constant":
        return lr
    low = more.get("min_lr_ratio", 0)  # of warmup_stable_decay, whose warmup begins there
    if t < warmup:
        return lr * (t / max(1, warmup) * (1 - low) + low)
    share = (t - warmup) / max(1, total - warmup)
    cycles = more.get("num_cycles", 0.5)
    if name == "constant_with_warmup":
        return lr
    if name == "linear":
        return lr * max(0.0, (total - t) / max(1, total - warmup))
    if name == "cosine":
        return lr * max(0.0, 0.5 * (1 + cos(pi * 2 * cycles * share)))
    if name == "cosine_with_restarts":
        turns = more.get("num_cycles", 1)
        return 0.0 if share >= 1 else lr * 0.5 * (1 + cos(pi * ((turns * share) % 1.0)))
    if name == "polynomial":
        end = more.get("lr_end", 1e-7)
        if t > total:
            return end
        return (lr - end) * (1 - (t - warmup) / (total - warmup)) ** more.get("power", 1) + end
    if name == "inverse_sqrt":
        scale = more.get("timescale") or warmup or 10_000
        return lr / sqrt((t + scale - warmup) / scale)
    if name == "cosine_with_min_lr":
        floor_share = more.get("min_lr_rate", more.get("min_lr", 0) / lr)
        factor = 0.5 * (1 + cos(pi * 2 * cycles * share))
        return lr * max(0.0, factor * (1 - floor_share) + floor_share)
    decay = more["num_decay_steps"]  # warmup_stable_decay
    begin = total - decay
    if t < begin:
        return lr
    factor = 0.5 * (1 + cos(pi * 2 * cycles * (t - begin) / max(1, decay)))
    return lr * (low if t >= total else max(0, (1 - low) * factor + low))


def deepspeed(t, name, **own):
    """``deepspeed.runtime.lr_schedules``: a step is one more than ``last_batch_iteration``."""
    last = t - 1
    if name == "LRRangeTest":
        size, rate = own.get("size", 2000), own.get("rate", 1.0)
        interval = floor(t / size) if own.get("staircase") else t / size
        return own.get("low", 1e-3) * (1 + rate * interval)
    if name == "OneCycle":
        up = own["up"]
        whole = up + own.get("down", up)
        low, high = own["low"], own["high"]
        if last >= whole:
            size, rate = own.get("decay_size", 0), own.get("decay", 0.0)
            return low / (1 + rate * (t - whole) / size) if size else low
        at = t / whole - floor(t / whole)
        return low + (high - low) * (
            at / (up / whole) if at <= up / whole else (at - 1) / (up / whole - 1)
        )
    warmup = max(2, own.get("warmup", 1000))
    if last < 0:
        return 0.0
    linear = own.get("kind", "log") == "linear"
    rising = last / warmup if linear else log(last + 1) / log(warmup)
    total, low = own.get("total", 0), own.get("low", 0.0)
    if name == "WarmupCosineLR":
        start, end = own.get("start", 0.0), own.get("end", 0.0001)
        if last < warmup:
            return own["lr"] * (start + (1 - start) * rising)
        share = (last - warmup + 1) / max(1, total - warmup)
        return own["lr"] * max(0, end + (1 - end) * (1 + cos(pi * share)) / 2)
    factor = rising if last < warmup else 1.0
    if name == "WarmupDecayLR" and last >= warmup:
        factor = max(0.0, (total - last) / max(1, total - warmup))
    return low + (own["high"] - low) * factor


def megatron(t, lr, decay, style="linear", warmup=0, low=0.0, init=0.0, batch=1, **more):
    """``megatron.core.optimizer_param_scheduler.OptimizerParamScheduler.get_lr``, in samples."""
    n = _taken(t, batch, more)
    if warmup > 0 and n <= warmup:
        return init + (lr - init) * n / warmup
    if style == "constant":
        return lr
    if n > decay:
        return low
    if style == "inverse-square-root":
        return max(low, lr * sqrt(max(warmup, 1)) / sqrt(max(n, 1)))
    share = (n - warmup) / (decay - warmup)
    if style == "linear":
        factor = 1 - share
    elif style == "cosine":
        factor = 0.5 * (cos(pi * share) + 1)
    else:
        factor = _anneal(n, decay, more["wsd"], more.get("anneal", "exponential"))
    return low + factor * (lr - low)


def _taken(t, batch, more):
    """The samples of the first t steps, whose batch size may grow with the samples taken."""
    if "ramp" not in more and "stairs" not in more:
        return t * batch
    taken = 0
    for _ in range(t):
        if "ramp" in more:
            first, increment, over = more["ramp"]
            each = over / ((batch - first) // increment)
            taken += batch if taken > over else first + int(taken / each) * increment
        else:
            taken += max(size for begin, size in more["stairs"] if taken >= begin)
    return taken


def _anneal(n, decay, length, style):
    begin = decay - length
    if n <= begin:
        return 1.0
    share = (n - begin) / length
    return {
        "linear": 1 - share,
        "cosine": 0.5 * (cos(pi * share) + 1),
        "exponential": 2 * 0.5**share - 1,
        "minus_sqrt": 1 - sqrt(share),
    }[style]


def timm(t, name, lr, epochs, warmup=5, start=1e-5, low=0.0, prefix=False, unit=1, **more):
    """``timm.scheduler.create_scheduler_v2`` with the arguments of ``train.py``; t counts epochs,
    or updates of which an epoch has ``unit``.
    """
    epochs, warmup = epochs * unit, warmup * unit
    after = t - warmup if prefix else t
    if name == "none":
        return lr
    if t < warmup:
        target = lr
        if name == "tanh" and not prefix:
            target = timm(warmup, name, lr, epochs, 0, start, low, **more)
        return start + t * (target - start) / warmup
    rate, power = more.get("decay_rate", 0.1), more.get("k", 1.0)
    if name == "constant":
        return lr
    if name == "step":
        return lr * rate ** (after // (more.get("decay_epochs", 90) * unit))
    if name == "multistep":
        marks = [mark * unit for mark in more.get("milestones", [90, 180, 270])]
        return lr * rate ** bisect_right(marks, after + 1)
    cycle, at = divmod(after, epochs)
    if cycle >= more.get("limit", 1):
        return low
    high = lr * more.get("cycle_decay", 0.5) ** cycle
    share = at / epochs
    if name == "cosine":
        return low + 0.5 * (high - low) * (1 + cos(pi * at**power / epochs**power))
    if name == "poly":
        return low + (high - low) * (1 - at**power / epochs**power) ** rate
    return low + 0.5 * (high - low) * (1 - tanh(-7.0 * (1 - share) + 3.0 * share))


def detectron2(
    t, lr=0.001, name="WarmupMultiStepLR", steps=40_000, warmup=1000, factor=0.001, **own
):
    """``detectron2.solver.build_lr_scheduler``: fvcore's curves of the share of the run."""

    def curve(at):
        if name == "WarmupMultiStepLR":
            marks = [mark for mark in own.get("marks", [30_000]) if mark <= steps]
            return own.get("gamma", 0.1) ** bisect_right([mark / steps for mark in marks], at)
        if name == "WarmupCosineLR":
            end = own.get("end", 0.0) / lr
            return end + (1 - end) * 0.5 * (1 + cos(pi * at))
        decays = own.get("decays", 3)
        return own.get("gamma", 0.1) ** floor(at * (decays + 1) + 1e-9)

    share, length = t / steps, min(1.0, warmup / steps)
    rescaled = own.get("rescaled", False)
    if share < length:
        start = curve(0.0) * factor
        end = curve(0.0) if rescaled else curve(length)
        return lr * (start if own.get("constant") else start + (end - start) * share / length)
    return lr * curve((share - length) / (1 - length) if rescaled else share)


def poly(t, lr, steps, warmup=1000, factor=0.001, power=0.9, ending=0.0, constant=False):
    """DeepLab's ``WarmupPolyLR`` for Detectron2."""
    warm = 1.0
    if t < warmup:
        warm = factor if constant else factor * (1 - t / warmup) + t / warmup
    left = (1 - t / steps) ** power
    return lr * ending if warm == 1.0 and left < ending else lr * warm * left


def maskrcnn_benchmark(
    t, lr=0.001, marks=(30_000,), gamma=0.1, factor=1 / 3, warmup=500, constant=False
):
    """``maskrcnn_benchmark.solver.WarmupMultiStepLR``."""
    warm = 1.0
    if t < warmup:
        warm = factor if constant else factor * (1 - t / warmup) + t / warmup
    return lr * warm * gamma ** bisect_right(marks, t)


def keras(t, name, lr=0.0, steps=0, **own):
    """``keras.optimizers.schedules``, and the ``decay`` of Keras 2's optimizers."""
    if name == "constant":
        return lr / (1 + own.get("decay", 0.0) * t)
    if name == "PiecewiseConstantDecay":
        passed = sum(t > boundary for boundary in own["boundaries"])
        return own["values"][passed]
    share = t / steps
    if name == "ExponentialDecay":
        return lr * own["rate"] ** (floor(share) if own.get("staircase") else share)
    if name == "InverseTimeDecay":
        return lr / (1 + own["rate"] * (floor(share) if own.get("staircase") else share))
    if name == "PolynomialDecay":
        end, power = own.get("end", 0.0001), own.get("power", 1.0)
        whole = steps * max(1, -(-t // steps)) if own.get("cycle") else steps
        return (lr - end) * (1 - min(t, whole) / whole) ** power + end
    if name == "CosineDecayRestarts":
        length, high = steps, 1.0
        while t >= length:
            t, length, high = t - length, length * own.get("t_mul", 2.0), high * own.get("m_mul", 1)
        low = own.get("alpha", 0.0)
        return lr * ((1 - low) * 0.5 * high * (1 + cos(pi * t / length)) + low)
    warmup, high = own.get("warmup", 0), own.get("target", lr)
    if t < warmup:
        return lr + (high - lr) * t / warmup
    low = own.get("alpha", 0.0)
    return high * ((1 - low) * 0.5 * (1 + cos(pi * min(1, (t - warmup) / steps))) + low)
