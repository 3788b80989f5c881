"""Rates inside an optimizer's loop: groups against torch and NumPy, plateau against a loop over its
automaton, and their share.

Each is found equal before it is timed, and in turn with what it is compared to."""

from collections.abc import Callable
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import END, INIT, LANES, LENGTH, T_LANES, check, mixed, mixed_formula
from bench.speed import Row, Work, bar, taken
from tests import plain_plateaus

STEPS = 64  # of a loop, so that a call is timed as a loop has it
HISTORY = 1_000  # updates of a plateau
HEAD: Row = ("what", "fastlr, C", "beside", "times as fast", "bar")


def figure(number: float, unit: str) -> str:
    return f"{number:,.0f} {unit}" if number >= 100 else f"{number:.2g} {unit}"


def told(
    what: str,
    beside: str,
    works: list[Work],
    count: int,
    most: float,
    unit: str = "ns",
    rounds: int = 9,
) -> Row:
    """Ours is the first of two works; both are given for each of ``count`` things."""
    scale = {"ns": 1e9, "us": 1e6, "ms": 1e3}[unit] / count
    times = taken(works, rounds)
    ours, theirs = (scale * median(side) for side in zip(*times, strict=True))
    ratio = median(theirs / ours for ours, theirs in times)
    limit = bar(f"at most {most:g} {unit}", {"C": ours <= most}) if most else ""
    return (what, figure(ours, unit), f"{beside}: {figure(theirs, unit)}", f"{ratio:,.1f}", limit)


def loop(work: Callable[[int], object]) -> Work:
    def run() -> None:
        for t in range(STEPS):
            work(t)

    return run


def stepped_by_torch(count: int) -> Work:
    """A LambdaLR of so many groups, each with a cosine of its own."""
    import torch

    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": float(INIT[i])} for i in range(count)
    ]
    optimizer = torch.optim.SGD(groups)
    shapes = [
        lambda t, end=float(END[i] / INIT[i]), n=float(LENGTH[i]): (
            end + (1 - end) * 0.5 * (1 + np.cos(np.pi * min(t / n, 1)))
        )
        for i in range(count)
    ]
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, shapes)
    optimizer.step()
    ours = flr.cosine(INIT[:count], END[:count], LENGTH[:count])
    scheduler.step()
    check(np.atleast_1d(ours(1)), np.array([group["lr"] for group in optimizer.param_groups]))
    return loop(lambda t: scheduler.step())


def by_hand(count: int) -> Work:
    """The formula that a NumPy optimizer has in its loop."""
    init, end, length = INIT[:count], END[:count], LENGTH[:count]
    return loop(
        lambda t: end + (init - end) * 0.5 * (1 + np.cos(np.pi * np.minimum(t / length, 1.0)))
    )


def groups_row(count: int, beside: str, theirs: Callable[[int], Work], most: float = 0.0) -> Row:
    """All groups at a step, into the optimizer's own array."""
    ours, out = flr.cosine(INIT[:count], END[:count], LENGTH[:count]), np.empty(count)
    one = ours[0]
    work = loop(lambda t: ours(t, out=out)) if count > 1 else loop(one)
    return told(
        f"{count:,} group{'s' * (count > 1)}, a step of a loop",
        beside,
        [work, theirs(count)],
        STEPS,
        most,
        "us",
    )


def named(count: int) -> flr.Schedule:
    """Groups of three shapes, by name."""
    shapes = (flr.cosine, flr.linear, flr.exponential)
    return flr.stack(
        {f"layer.{i}": shapes[i % 3](INIT[i], 1e-6, int(LENGTH[i])) for i in range(count)}
    )


def named_row() -> Row:
    groups, out = named(1_000), np.empty(1_000)
    into, by_name = loop(lambda t: groups(t, out=out)), loop(groups.row)
    check(np.array([*groups.row(T_LANES).values()]), groups(T_LANES))
    times = taken([into, by_name], 9)
    ours, rows = (1e6 * median(side) / STEPS for side in zip(*times, strict=True))
    limit = bar("at most 10 and 150 us", {"C": ours <= 10 and rows <= 150})
    return (
        "1,000 named groups of three shapes",
        figure(ours, "us"),
        f"row(t), a dict: {figure(rows, 'us')}",
        "",
        limit,
    )


def mixed_row() -> Row:
    groups, out = mixed(), np.empty((5, LANES // 5))
    check(groups(T_LANES), mixed_formula(T_LANES))
    works = [lambda: groups(T_LANES, out=out), lambda: mixed_formula(T_LANES)]
    return told("10^6 groups of five shapes, each", "NumPy", works, LANES, 3.0)


def losses(lanes: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.exp(-np.arange(HISTORY)[:, None] / 300) + 0.05 * rng.standard_normal((HISTORY, lanes))


def plateau_rows() -> list[Row]:
    """An update of a million lanes: a new state, and into one that the caller has."""
    rule = flr.Plateau(factor=0.5, patience=5, cooldown=2)
    state, own = rule.init(np.ones(LANES)), rule.init(np.ones(LANES))
    metrics = losses(1)[:, 0][np.random.default_rng(1).integers(0, HISTORY, LANES)]

    def by_numpy() -> None:
        with flr.use_backend("reference"):
            rule.update(state, metrics)

    return [
        told(
            "plateau, 10^6 lanes: a new state, each",
            "NumPy",
            [lambda: rule.update(state, metrics), by_numpy],
            LANES,
            8.0,
        ),
        told(
            "plateau, 10^6 lanes: into a state",
            "NumPy",
            [lambda: rule.update(own, metrics, out=own), by_numpy],
            LANES,
            4.0,
        ),
    ]


def replay_row(convention: str) -> Row:
    """A history of each of some runs, against a Python loop over the automaton."""
    lanes = 64
    rule = flr.Plateau(
        convention=convention, factor=0.5, patience=5, cooldown=2, floor=1e-6, nan="bad"
    )
    metrics = losses(lanes)
    runs = metrics.T.tolist()

    def by_automaton() -> list[list[float]]:
        machines = [plain_plateaus.plain_plateau(rule) for _ in runs]
        return [machine.replay(run) for machine, run in zip(machines, runs, strict=True)]

    if np.array(by_automaton()).T.tobytes() != rule.replay(metrics).tobytes():
        raise AssertionError(f"the {convention} automaton has other bits")
    works = [lambda: rule.replay(metrics), by_automaton]
    row = told(
        f"plateau replay, {convention}, an update",
        "a Python automaton",
        works,
        metrics.size,
        0.0,
        rounds=3,
    )
    return (*row[:-1], bar("at least 100x", {"C": float(row[3].replace(",", "")) >= 100}))


def share_row() -> Row:
    """What of an AdamW step in NumPy the rates cost, at 10^6 parameters in 1,000 groups."""
    groups, count = named(1_000), 1_000_000
    rates, m, v, weights = np.empty(1_000), np.zeros(count), np.zeros(count), np.ones(count)
    gradient = np.random.default_rng(2).standard_normal(count)

    def step(t: int) -> None:
        m[:] = 0.9 * m + 0.1 * gradient
        v[:] = 0.999 * v + 0.001 * gradient * gradient
        change = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        weights[:] -= np.repeat(rates, count // 1_000) * (change + 0.01 * weights)

    times = taken([loop(lambda t: groups(t, out=rates)), lambda: step(10)], 9)
    share = median(ours / STEPS / whole for ours, whole in times)
    words = bar("under 1 %", {"C": share < 0.01})
    return (
        "rates of 1,000 groups, of an AdamW step of 10^6 parameters",
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
        share_row(),
    ]
