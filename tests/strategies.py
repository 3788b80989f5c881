"""Hypothesis strategies for random schedules: every constructor and operation, at any depth."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

import fastlr as flr

LAST = 2**53

levels = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, 3e-4, 1e-7]),
    st.floats(1e-12, 10.0).filter(lambda x: x > 0),
)
positive = levels.filter(lambda x: x > 0)
lengths = st.one_of(
    st.integers(0, 12),
    st.integers(1, 5000),
    st.sampled_from([1_000_000, 2**31 + 1, 2**40 + 3, 10**15 + 37]),
    st.integers(1, LAST // 8),
)
periods = lengths.filter(lambda n: n > 0)
factors = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.floats(0.001, 1.0))
gammas = factors.filter(lambda x: x > 0)
powers = st.one_of(st.sampled_from([0.5, 1.0, 2.0, 3.0]), st.floats(0.1, 8.0))
ratios = st.floats(-18.0, 18.0).map(lambda x: min(max(10.0**x, 1e-18), 1e18))
shapes = st.sampled_from(["linear", "cosine", "1-sqrt", "sqrt", "polynomial"])


@st.composite
def rising(draw: Any, count: int) -> list[int]:
    return sorted(draw(st.sets(st.integers(0, 200_000), min_size=count, max_size=count)))


@st.composite
def tables(draw: Any) -> Any:
    values = draw(st.lists(levels, min_size=1, max_size=6))
    return flr.sampled(values, every=draw(st.integers(1, 1000)), interpolate=draw(st.booleans()))


@st.composite
def piecewise(draw: Any) -> Any:
    count = draw(st.integers(1, 4))
    at = draw(rising(count))
    if draw(st.booleans()):
        return flr.milestones(draw(levels), draw(factors), at=at)
    values = draw(st.lists(levels, min_size=count + 1, max_size=count + 1))
    if draw(st.booleans()):
        return flr.piecewise_linear(values, at=[0, *[step + 1 for step in at]])
    return flr.piecewise_constant(values, at)


@st.composite
def cycles(draw: Any) -> Any:
    low, high = sorted((draw(levels), draw(levels)))
    mode = draw(st.sampled_from(["triangular", "triangular2", "exp_range", "cosine"]))
    gamma = {"gamma": draw(gammas)} if mode == "exp_range" else {}
    down = draw(st.one_of(st.none(), lengths))
    return flr.cyclic(low, high, up=draw(periods), down=down, mode=mode, **gamma)


@st.composite
def restarts(draw: Any) -> Any:
    end, init = sorted((draw(levels), draw(levels)))
    stretch = draw(
        st.one_of(st.sampled_from([1.0, 1.0, 1.5, 2.0, 3.0, 9.0, 10.0]), st.floats(1.125, 12.0))
    )
    return flr.cosine_restarts(
        init, end, period=draw(periods), stretch=stretch, scale=draw(factors)
    )


@st.composite
def one_cycles(draw: Any) -> Any:
    steps, phases = draw(st.integers(10, 10**9)), draw(st.sampled_from([2, 3]))
    return flr.one_cycle(
        draw(levels), steps, shape=draw(st.sampled_from(["cosine", "linear"])), phases=phases
    )


finite_curves = st.one_of(
    st.builds(flr.linear, levels, levels, lengths),
    st.builds(flr.cosine, levels, levels, lengths),
    st.builds(flr.cosine, levels, levels, lengths, exponent=powers, k=powers),
    st.builds(
        flr.polynomial,
        levels,
        levels,
        lengths,
        power=powers,
        origin=st.sampled_from(["end", "start"]),
    ),
    st.builds(flr.exponential, positive, positive, lengths),
    st.builds(flr.rex, levels, levels, lengths, beta=st.floats(0.0, 0.99)),
    st.builds(
        flr.affine_exponential, levels, levels, lengths, ratio=st.one_of(st.just(1.0), ratios)
    ),
    st.builds(flr.logarithmic, levels, levels, lengths),
    st.builds(
        flr.tanh, levels, levels, lengths, lower=st.floats(-6.0, -1.0), upper=st.floats(0.5, 6.0)
    ),
    st.builds(
        flr.wsd,
        levels,
        st.integers(0, 10**6),
        st.integers(0, 10**9),
        lengths,
        levels,
        init=levels,
        shape=shapes,
        power=powers,
    ),
    st.builds(
        lambda p, w, n, e: flr.warmup_cosine(p, w, w + n, end=e), levels, lengths, lengths, levels
    ),
    st.builds(
        lambda p, w, n, i: flr.warmup_linear(p, w, w + n, init=i), levels, lengths, lengths, levels
    ),
    st.builds(flr.warmup_constant, levels, lengths, init=levels),
    one_cycles(),
    tables(),
    piecewise(),
)
endless_curves = st.one_of(
    st.builds(flr.constant, levels),
    st.builds(
        lambda init, rate: flr.exponential_decay(init, rate=rate), levels, st.floats(0.0, 2.0)
    ),
    st.builds(
        lambda i, g, n, s: flr.exponential_decay(i, gamma=g, every=n, staircase=s),
        levels,
        gammas,
        periods,
        st.booleans(),
    ),
    st.builds(flr.step_decay, levels, factors, periods),
    st.builds(flr.inverse_time, levels, st.floats(0.0, 5.0), every=periods, power=powers),
    st.builds(flr.eden, levels, st.floats(-3.0, 15.0).map(lambda x: 10.0**x), powers),
    st.builds(flr.inverse_power, levels, powers, shift=periods),
    st.builds(flr.inverse_sqrt, levels, periods, init=levels),
    st.builds(flr.noam, st.integers(1, 8192), st.integers(1, 10**5), factor=levels),
    cycles(),
    restarts(),
)
curves = st.one_of(finite_curves, endless_curves)


def _fits(schedule: Any, after: int) -> bool:
    """Whether a schedule that begins so many steps later ends by step 2**53."""
    return after + (schedule.steps or 0) <= LAST


def _then(a: Any, b: Any) -> Any:
    if a.steps is not None and _fits(b, after=a.steps):
        return a.then(b)
    return flr.join([a, b], at=[12_345]) if _fits(b, after=12_345) else a


def _repeated(s: Any, times: int | None, scale: float) -> Any:
    if s.steps is None or not 1 <= s.steps <= LAST // 64:
        return s
    return s.repeat(times=times, scale=scale)


def _paced(s: Any, paces: list[int], every: int) -> Any:
    return s.paced(paces, at=[every * (i + 1) for i in range(len(paces) - 1)])


def _stairs(s: Any, every: int) -> Any:
    return s if every * (s.steps or 0) > LAST else s.staircase(every)


def _ended(s: Any, policy: str) -> Any:
    return s if s.steps is None or s.steps < 1 else s.with_past_end(policy)


def _deeper(inner: Any) -> Any:
    return st.one_of(
        st.builds(_then, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, x: a * x, inner, levels),
        st.builds(lambda a, b: a.minimum(b), inner, inner),
        st.builds(lambda a, x: a.maximum(x), inner, levels),
        st.builds(lambda a, x, y: a.clip(min(x, y), max(x, y)), inner, levels, levels),
        st.builds(
            lambda a, n: a.delay(n) if _fits(a, after=n) else a, inner, st.integers(0, 10**6)
        ),
        st.builds(lambda a, n: a.skip(n), inner, st.integers(0, 10**6)),
        st.builds(_stairs, inner, st.one_of(st.integers(1, 200), st.integers(1, 10**6))),
        st.builds(
            _paced,
            inner,
            st.lists(st.integers(1, 10**5), min_size=1, max_size=4),
            st.integers(1, 10**4),
        ),
        st.builds(_repeated, inner, st.one_of(st.none(), st.integers(1, 20)), factors),
    )


policies = st.sampled_from(["hold", "hold", "zero", "repeat"])
scalars = st.builds(_ended, st.recursive(curves, _deeper, max_leaves=5), policies)


@st.composite
def batches(draw: Any) -> Any:
    """Schedules of batch shape (n,): one structure with many numbers, or a stack of different
    ones.
    """
    if draw(st.booleans()):
        return flr.stack(
            draw(st.lists(scalars.filter(lambda s: s.past_end == "hold"), min_size=1, max_size=4))
        )
    count = draw(st.integers(1, 5))
    some = st.lists(levels, min_size=count, max_size=count)
    steps = draw(st.one_of(lengths, st.lists(lengths, min_size=count, max_size=count)))
    base = (
        flr.cosine(draw(some), draw(levels), steps)
        if draw(st.booleans())
        else flr.linear(draw(levels), draw(some), steps)
    )
    return base * draw(st.one_of(levels, some)) if draw(st.booleans()) else base


def interesting_steps(schedule: Any, rng: np.random.Generator, count: int = 20) -> list[int]:
    """Every boundary, its neighbours, and random steps near and far."""
    boundaries = {0, 1, LAST, *schedule.boundaries} if schedule.shape == () else {0, 1, LAST}
    near = {boundary + d for boundary in boundaries for d in (-2, -1, 0, 1, 2)}
    inside = {int(rng.integers(0, boundary + 1)) for boundary in boundaries for _ in range(4)}
    far = {int(2 ** rng.uniform(0, 53)) for _ in range(count)}
    return sorted(t for t in near | inside | far if 0 <= t <= LAST)


# -- time maps that reach the last step, chosen by a random.Random of Hypothesis or a plain one ----


def _number(random: Random, choose: Callable[[], Any]) -> Any:
    """One number for all lanes, or one for each of two."""
    return [choose(), choose()] if random.random() < 0.15 else choose()


def _level(random: Random) -> float:
    return random.choice([0.0, 0.125, 0.3, 0.7, 1.0, random.random()])


def _far(random: Random) -> int:
    """A step: near 0, near the last step, or at some part of the way."""
    near = random.randrange(40)
    return random.choice([near, near, LAST - near, LAST // (1 + near), random.randrange(LAST + 1)])


def _length(random: Random) -> int:
    return random.choice([random.randrange(12), random.randrange(1, 60), _far(random)])


_LEAVES: list[Callable[[Random], Any]] = [
    lambda r: flr.constant(_number(r, lambda: _level(r))),
    lambda r: flr.linear(_number(r, lambda: _level(r)), _level(r), _number(r, lambda: _length(r))),
    lambda r: flr.linear(_level(r), _level(r), r.randrange(1, 12)),
    lambda r: flr.cosine(_level(r), _level(r), _length(r)),
    lambda r: flr.exponential_decay(
        _level(r), gamma=0.5 + 0.5 * r.random(), every=1 + _far(r) // 2, staircase=r.random() < 0.5
    ),
    lambda r: flr.sampled(
        [_level(r) for _ in range(r.randrange(1, 6))],
        every=r.randrange(1, 9),
        interpolate=r.random() < 0.5,
    ),
    lambda r: flr.piecewise_constant(
        [_level(r), _level(r), _level(r)], sorted(r.sample(range(60), 2))
    ),
    lambda r: flr.cyclic(0.125, 0.125 + _level(r), up=r.randrange(1, 9), down=r.randrange(1, 9)),
    lambda r: flr.cosine_restarts(
        _level(r), 0.0, period=r.randrange(1, 9), scale=r.choice([0.5, 0.9])
    ),
    # Rates that shrink towards a level above 0 are left out: kept*A + lost*end may fall by an ulp
    # from one turn to the next.
    lambda r: flr.cosine_restarts(
        _level(r), _level(r), period=r.randrange(1, 9), scale=r.choice([0.0, 1.0])
    ),
]


def _of_time_maps(random: Random, inner: Any) -> Any:
    """Schedules on another time map, repeated or joined."""
    near, far, every = (
        random.randrange(60),
        _number(random, lambda: _far(random)),
        random.choice([1, 2, 3, 7, 1 + _far(random) // 2]),
    )
    paces = [
        random.choice([1, 2, 3, 5, 64, 1 + _far(random) // 2])
        for _ in range(random.randrange(1, 4))
    ]
    at = sorted(random.sample([*range(1, 40), *range(LAST - 40, LAST)], len(paces) - 1))
    return random.choice(
        [
            lambda: inner.skip(far),
            lambda: inner.skip(near),
            lambda: inner.delay(far),
            lambda: inner.delay(near),
            lambda: inner.staircase(every),
            lambda: inner.paced(paces, at),
            lambda: flr.Ramp(tuple(paces), (at)).per_step(inner),
            lambda: inner.repeat(
                random.choice([None, 2, 3, 70]), scale=random.choice([0.0, 0.5, 1.0, 0.9])
            ),
            lambda: inner.with_past_end("repeat"),
            lambda: inner.extend(far),
            lambda: flr.join(
                [inner, random.choice(_LEAVES)(random)], at=[random.choice([far, near])]
            ),
        ]
    )()


def _of_two(random: Random, depth: int) -> Any:
    one, other = in_time_maps(random, depth), in_time_maps(random, depth)
    return random.choice(
        [
            lambda: one * other,
            lambda: one + other,
            lambda: one.minimum(other),
            lambda: one.maximum(other),
            lambda: one.then(other),
            lambda: one.clip(0.2, 0.6),
            lambda: flr.stack([one, other]),
        ]
    )()


def in_time_maps(random: Random, depth: int = 3) -> Any:
    """Short curves in nested time maps, many of which reach step 2**53. Refused ones are
    skipped.
    """
    if depth == 0:
        schedule = random.choice(_LEAVES)(random)
        return schedule if schedule.shape in ((), (2,)) else flr.constant(0.5)
    inner = in_time_maps(random, depth - 1)
    try:
        found = (
            _of_two(random, depth - 1) if random.random() < 0.25 else _of_time_maps(random, inner)
        )
    except (ValueError, TypeError):
        return inner
    return found if found.shape in ((), (2,)) else inner
