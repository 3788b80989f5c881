"""Rates in an optimizer's loop.

Groups are compared with torch and NumPy, plateau rules and adaptive rules with NumPy and with a
Python loop over the same rule. All rates are found equal before they are timed.
"""

from collections.abc import Callable
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import END, INIT, LANES, LENGTH, T_LANES, check, mixed, mixed_formula
from bench.report import Row, figure, target
from bench.timing import Work, time_in_turns
from tests import plain_adaptive, plain_plateaus

HISTORIES = 64  # of an adaptive rule that are replayed
STEPS = 64  # per loop: a call is timed inside a loop, as an optimizer makes it
HISTORY = 1_000  # updates of a plateau rule
HEAD: Row = ("operation", "fastlr, C", "compared with", "times as fast", "target")


def compare(
    operation: str,
    other: str,
    works: list[Work],
    count: int,
    most: float,
    unit: str = "ns",
    rounds: int = 9,
) -> Row:
    """A row of two works, fastlr's first; the times are per each of ``count`` things."""
    scale = {"ns": 1e9, "us": 1e6, "ms": 1e3}[unit] / count
    times = time_in_turns(works, rounds)
    ours, theirs = (scale * median(side) for side in zip(*times, strict=True))
    ratio = median(theirs / ours for ours, theirs in times)
    limit = target(f"at most {most:g} {unit}", {"C": ours <= most}) if most else ""
    return (
        operation,
        figure(ours, unit),
        f"{other}: {figure(theirs, unit)}",
        f"{ratio:,.1f}",
        limit,
    )


def loop(work: Callable[[int], object]) -> Work:
    """Call ``work`` at each of ``STEPS`` steps."""

    def run() -> None:
        for t in range(STEPS):
            work(t)

    return run


def stepped_by_torch(count: int) -> Work:
    """A LambdaLR of ``count`` groups, each with a cosine of its own."""
    import torch

    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": float(INIT[i])} for i in range(count)
    ]
    optimizer = torch.optim.SGD(groups)
    curves = [
        lambda t, end=float(END[i] / INIT[i]), n=float(LENGTH[i]): (
            end + (1 - end) * 0.5 * (1 + np.cos(np.pi * min(t / n, 1)))
        )
        for i in range(count)
    ]
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, curves)
    optimizer.step()
    ours = flr.cosine(INIT[:count], END[:count], LENGTH[:count])
    scheduler.step()
    check(np.atleast_1d(ours(1)), np.array([group["lr"] for group in optimizer.param_groups]))
    return loop(lambda t: scheduler.step())


def by_hand(count: int) -> Work:
    """The formula as a NumPy optimizer would write it in its loop."""
    init, end, length = INIT[:count], END[:count], LENGTH[:count]
    return loop(
        lambda t: end + (init - end) * 0.5 * (1 + np.cos(np.pi * np.minimum(t / length, 1.0)))
    )


def groups_row(count: int, other: str, theirs: Callable[[int], Work], most: float = 0.0) -> Row:
    """All groups at one step, into the optimizer's own array."""
    ours, out = flr.cosine(INIT[:count], END[:count], LENGTH[:count]), np.empty(count)
    one = ours[0]
    work = loop(lambda t: ours(t, out=out)) if count > 1 else loop(one)
    return compare(
        f"{count:,} group{'s' * (count > 1)}, per step of a loop",
        other,
        [work, theirs(count)],
        STEPS,
        most,
        "us",
    )


def named(count: int) -> flr.Schedule:
    """Named groups of three curves."""
    curves = (flr.cosine, flr.linear, flr.exponential)
    return flr.stack(
        {f"layer.{i}": curves[i % 3](INIT[i], 1e-6, int(LENGTH[i])) for i in range(count)}
    )


def named_row() -> Row:
    groups, out = named(1_000), np.empty(1_000)
    into, by_name = loop(lambda t: groups(t, out=out)), loop(groups.row)
    check(np.array([*groups.row(T_LANES).values()]), groups(T_LANES))
    times = time_in_turns([into, by_name], 9)
    ours, rows = (1e6 * median(side) / STEPS for side in zip(*times, strict=True))
    limit = target("at most 10 and 150 us", {"C": ours <= 10 and rows <= 150})
    return (
        "1,000 named groups of three curves",
        figure(ours, "us"),
        f"row(t), a dict: {figure(rows, 'us')}",
        "",
        limit,
    )


def mixed_row() -> Row:
    groups, out = mixed(), np.empty((5, LANES // 5))
    check(groups(T_LANES), mixed_formula(T_LANES))
    works = [lambda: groups(T_LANES, out=out), lambda: mixed_formula(T_LANES)]
    return compare("10^6 groups of five curves, per group", "NumPy", works, LANES, 3.0)


def losses(lanes: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.exp(-np.arange(HISTORY)[:, None] / 300) + 0.05 * rng.standard_normal((HISTORY, lanes))


def plateau_rows() -> list[Row]:
    """An update of 10^6 lanes, which makes a new state or writes into the caller's."""
    rule = flr.Plateau(factor=0.5, patience=5, cooldown=2)
    state, own = rule.init(np.ones(LANES)), rule.init(np.ones(LANES))
    metrics = losses(1)[:, 0][np.random.default_rng(1).integers(0, HISTORY, LANES)]

    def by_numpy() -> None:
        with flr.use_backend("reference"):
            rule.update(state, metrics)

    return [
        compare(
            "plateau, 10^6 lanes, a new state, per lane",
            "NumPy",
            [lambda: rule.update(state, metrics), by_numpy],
            LANES,
            8.0,
        ),
        compare(
            "plateau, 10^6 lanes, into a state, per lane",
            "NumPy",
            [lambda: rule.update(own, metrics, out=own), by_numpy],
            LANES,
            4.0,
        ),
    ]


def replay_row(convention: str) -> Row:
    """The replay of 64 histories, against a Python loop over the same rule."""
    lanes = 64
    rule = flr.Plateau(
        convention=convention, factor=0.5, patience=5, cooldown=2, floor=1e-6, nan="bad"
    )
    metrics = losses(lanes)
    runs = metrics.T.tolist()

    def by_loop() -> list[list[float]]:
        machines = [plain_plateaus.plain_plateau(rule) for _ in runs]
        return [machine.replay(run) for machine, run in zip(machines, runs, strict=True)]

    if np.array(by_loop()).T.tobytes() != rule.replay(metrics).tobytes():
        raise AssertionError(f"the Python loop of {convention} has other bits")
    works = [lambda: rule.replay(metrics), by_loop]
    row = compare(
        f"plateau replay, {convention}, per update",
        "a Python loop",
        works,
        metrics.size,
        0.0,
        rounds=3,
    )
    return (*row[:-1], target("at least 100x", {"C": float(row[3].replace(",", "")) >= 100}))


# the plain functions of adaptive rules, and the most that an update may take, in ns per lane
ADAPTIVE = {
    flr.KLAdaptive: (plain_adaptive.kl_adaptive, 15.0),
    flr.NewBob: (plain_adaptive.new_bob, 15.0),
    flr.GreedyLR: (plain_adaptive.greedy_lr, 30.0),
}


def adaptive_update_rows(kind: type) -> list[Row]:
    """Updates of one lane and of 10^6 lanes."""
    rule, name = kind(nan="bad"), kind.__name__
    metrics = 0.01 * losses(HISTORIES)
    alone, many = rule.init(scale=0.1), rule.init(np.full(LANES, 0.1))
    row = metrics.ravel()[np.random.default_rng(1).integers(0, metrics.size, LANES)]

    def by_numpy(state: object, metric: object) -> Work:
        def run() -> None:
            with flr.use_backend("reference"):
                rule.update(state, metric)

        return run

    return [
        compare(
            f"{name}, one lane, per update",
            "NumPy",
            [loop(lambda t: rule.update(alone, 0.5)), loop(lambda t: by_numpy(alone, 0.5)())],
            STEPS,
            5.0,
            "us",
        ),
        compare(
            f"{name}, 10^6 lanes, a new state, per lane",
            "NumPy",
            [lambda: rule.update(many, row), by_numpy(many, row)],
            LANES,
            ADAPTIVE[kind][1],
        ),
    ]


def adaptive_replay_row(kind: type) -> Row:
    """The replay of many histories."""
    rule, name, (plain, _) = kind(nan="bad"), kind.__name__, ADAPTIVE[kind]
    metrics, begin = 0.01 * losses(HISTORIES), rule.init(np.full(HISTORIES, 0.1))
    parameters = {
        key: value.item() if isinstance(value, np.ndarray) else value
        for key, value in rule.parameters.items()
        if key not in ("nan", "precision")
    }

    def by_loop() -> list[list[float]]:
        return [list(plain(0.1, run, **parameters)) for run in metrics.T.tolist()]

    if np.array(by_loop()).T.tobytes() != rule.replay(metrics, begin).tobytes():
        raise AssertionError(f"the Python loop of {name} has other bits")
    replays: list[Work] = [lambda: rule.replay(metrics, begin), by_loop]
    replay = compare(
        f"{name} replay, per update", "a Python loop", replays, metrics.size, 0.0, rounds=3
    )
    ratio = float(replay[3].replace(",", ""))
    return (*replay[:-1], target("at least 50x", {"C": ratio >= 50}))


def adaptive_rows(kind: type) -> list[Row]:
    """What an adaptive rule takes."""
    return [*adaptive_update_rows(kind), adaptive_replay_row(kind)]


def share_row() -> Row:
    """The share of the rates in an AdamW step in NumPy: 10^6 parameters in 1,000 groups."""
    groups, count = named(1_000), 1_000_000
    rates, m, v, weights = np.empty(1_000), np.zeros(count), np.zeros(count), np.ones(count)
    gradient = np.random.default_rng(2).standard_normal(count)

    def step(t: int) -> None:
        m[:] = 0.9 * m + 0.1 * gradient
        v[:] = 0.999 * v + 0.001 * gradient * gradient
        change = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        weights[:] -= np.repeat(rates, count // 1_000) * (change + 0.01 * weights)

    times = time_in_turns([loop(lambda t: groups(t, out=rates)), lambda: step(10)], 9)
    share = median(ours / STEPS / whole for ours, whole in times)
    words = target("under 1 %", {"C": share < 0.01})
    return (
        "rates of 1,000 groups, share of an AdamW step of 10^6 parameters",
        f"{100 * share:.3f} %",
        "",
        "",
        words,
    )


def rows() -> list[Row]:
    flr.set_backend("native")
    return [
        groups_row(1, "torch", stepped_by_torch),
        groups_row(1, "NumPy", by_hand),
        groups_row(1_000, "torch", stepped_by_torch),
        groups_row(1_000, "NumPy", by_hand),
        groups_row(LANES, "NumPy", by_hand),
        named_row(),
        mixed_row(),
        *plateau_rows(),
        *map(replay_row, ("torch", "optax", "keras")),
        *(row for kind in ADAPTIVE for row in adaptive_rows(kind)),
        share_row(),
    ]
