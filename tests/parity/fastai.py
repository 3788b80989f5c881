"""fastai: its annealers at exact positions, from their formulas, one number at a time."""

import math
from fractions import Fraction
from functools import partial

from fastlr.presets import fastai as ours

from . import Case, figures, one_of, rate, rates, real, whole


def no(start, end, pos):
    return start


def line(start, end, pos):
    return start + pos * (end - start)


def wave(start, end, pos):
    return start + (1 + math.cos(math.pi * (1 - pos))) * (end - start) / 2


def ratio(start, end, pos):
    return start * (end / start) ** pos


ANNEALERS = {"SchedNo": no, "SchedLin": line, "SchedCos": wave, "SchedExp": ratio}


def position(t, steps):
    return Fraction(min(t, steps), steps)


def annealer(name):
    anneal = ANNEALERS[name]

    def draw(rng):
        return {"start": rate(rng), "end": rate(rng), "steps": whole(rng, 1, 40)}

    def formula(t, start, end, steps):
        return anneal(start, end, float(position(t, steps)))

    return Case(
        getattr(ours, name), draw, figures(formula), lambda own: own["steps"] + 3, count=200
    )


def poly(t, start, end, power, steps):
    return start + (end - start) * float(position(t, steps)) ** power


def combine(pcts, scheds, pos):
    """The last whose share has begun at a position, which is exact."""
    starts = [Fraction(0)]
    for pct in pcts:
        starts.append(starts[-1] + Fraction(repr(pct)))
    i = max(i for i in range(len(scheds)) if pos >= starts[i])
    return scheds[i](float((pos - starts[i]) / (starts[i + 1] - starts[i])))


def shares(rng):
    """Shares of sum 1, in floating point too."""
    return one_of(
        rng,
        [1.0],
        [0.25, 0.75],
        [0.3, 0.7],
        [0.1, 0.4, 0.5],
        [0.125, 0.0, 0.375, 0.5],
        [0.0, 1.0],
        [0.5, 0.5, 0.0],
    )


def combined(rng):
    pcts = shares(rng)
    parts = [(one_of(rng, *ANNEALERS), rate(rng), rate(rng)) for _ in pcts]
    return {"pcts": pcts, "scheds": Parts(parts), "steps": whole(rng, 3, 50)}


class Parts(list):
    """Presets of so many steps, and what they are in fastai."""

    def __init__(self, parts):
        super().__init__(partial(getattr(ours, name), start, end) for name, start, end in parts)
        self.theirs = [partial(ANNEALERS[name], start, end) for name, start, end in parts]


def run_combined(t, pcts, scheds, steps):
    return combine(pcts, scheds.theirs, position(t, steps))


def waves(pct, start, middle, end, pos):
    pct = Fraction(repr(pct))
    if pos >= pct and pct < 1:
        return wave(middle, end, float((pos - pct) / (1 - pct)))
    return wave(start, middle, float(pos / pct))


def one_cycle(t, n_epoch, lr, n_iter, div, div_final, pct_start, moms, of):
    pos = position(t, n_epoch * n_iter)
    return waves(pct_start, *((lr / div, lr, lr / div_final) if of == "lr" else moms), pos)


def flat_cos(t, n_epoch, lr, n_iter, div_final, pct_start):
    return waves(pct_start, lr, lr, lr / div_final, position(t, n_epoch * n_iter))


def sgdr(t, n_cycles, cycle_len, lr, n_iter, cycle_mult):
    start = 0
    for i in range(n_cycles):
        length = cycle_len * cycle_mult**i * n_iter
        if t < start + length:
            return wave(lr, 0, (t - start) / length)
        start += length
    return 0.0


def tuned(t, epochs, n_iter, lr, freeze_epochs, lr_mult, pct_start, div, div_final):
    frozen = freeze_epochs * n_iter
    if t < frozen:
        return waves(0.99, lr / 25, lr, lr / div_final, position(t, frozen))
    return waves(
        pct_start, lr / 2 / div, lr / 2, lr / 2 / div_final, position(t - frozen, epochs * n_iter)
    )


def tuned_groups(settings, steps):
    """The groups that a slice of rates stands for."""
    own, last = dict(settings), settings["base_lr"]
    groups = own.pop("groups")
    del own["base_lr"]
    if groups == 1:
        return [tuned(t, lr=last, **own) for t in range(steps)]
    frozen = own["freeze_epochs"] * own["n_iter"]
    even = [last / own["lr_mult"] * own["lr_mult"] ** (i / (groups - 1)) for i in range(groups)]
    held = [last / 10] * (groups - 1) + [last]
    return [
        [tuned(t, lr=held[i] if t < frozen else even[i], **own) for t in range(steps)]
        for i in range(groups)
    ]


def under(name, case):
    """A case whose ``lr`` is called otherwise."""

    def renamed(settings, steps):
        return case.rates(
            {("lr" if key == name else key): value for key, value in settings.items()}, steps
        )

    return case._replace(rates=renamed)


def fit(rng):
    return {"n_epoch": whole(rng, 1, 5), "n_iter": whole(rng, 1, 10)}


def share(rng):
    return one_of(rng, 0.25, 0.3, 0.75, round(real(rng, 0.05, 0.95), 3))


CASES = [
    *map(annealer, ANNEALERS),
    Case(
        ours.SchedPoly,
        lambda rng: {
            "start": rate(rng),
            "end": rate(rng),
            "power": real(rng, 0.2, 5.0),
            "steps": whole(rng, 1, 40),
        },
        figures(poly),
        lambda own: own["steps"] + 3,
        count=200,
    ),
    Case(ours.combine_scheds, combined, figures(run_combined), lambda own: own["steps"], count=200),
    Case(
        ours.combined_cos,
        lambda rng: {
            "pct": share(rng),
            "start": rate(rng),
            "middle": rate(rng),
            "end": rate(rng),
            "steps": whole(rng, 1, 40),
        },
        figures(
            lambda t, pct, start, middle, end, steps: waves(
                pct, start, middle, end, position(t, steps)
            )
        ),
        lambda own: own["steps"] + 3,
        count=200,
    ),
    under(
        "lr_max",
        Case(
            ours.fit_one_cycle,
            lambda rng: {
                **fit(rng),
                "lr_max": rates(rng)
                if (of := one_of(rng, "lr", "momentum")) == "lr"
                else rate(rng),
                "div": real(rng, 2, 30),
                "div_final": real(rng, 10, 1e5),
                "pct_start": share(rng),
                "moms": [0.95, real(rng, 0.5, 0.95), 0.9],
                "of": of,
            },
            figures(one_cycle),
            lambda own: own["n_epoch"] * own["n_iter"] + 3,
            count=200,
        ),
    ),
    Case(
        ours.fit_flat_cos,
        lambda rng: {
            **fit(rng),
            "lr": rates(rng),
            "div_final": real(rng, 10, 1e5),
            "pct_start": share(rng),
        },
        figures(flat_cos),
        lambda own: own["n_epoch"] * own["n_iter"] + 3,
        count=200,
    ),
    under(
        "lr_max",
        Case(
            ours.fit_sgdr,
            lambda rng: {
                "n_cycles": whole(rng, 1, 3),
                "cycle_len": whole(rng, 1, 3),
                "lr_max": rates(rng),
                "n_iter": whole(rng, 1, 4),
                "cycle_mult": whole(rng, 2, 3),
            },
            figures(sgdr),
            lambda own: 60,
            count=200,
        ),
    ),
    Case(
        ours.fine_tune,
        lambda rng: {
            "epochs": whole(rng, 1, 4),
            "n_iter": whole(rng, 1, 8),
            "base_lr": rate(rng),
            "freeze_epochs": whole(rng, 1, 2),
            "lr_mult": real(rng, 2, 100),
            "pct_start": share(rng),
            "div": real(rng, 2, 30),
            "div_final": real(rng, 10, 1e5),
            "groups": whole(rng, 1, 4),
        },
        tuned_groups,
        lambda own: (own["epochs"] + own["freeze_epochs"]) * own["n_iter"] + 3,
        count=200,
    ),
    Case(
        ours.LRFinder,
        lambda rng: {
            "start_lr": rate(rng) / 100,
            "end_lr": real(rng, 1, 10),
            "num_it": whole(rng, 1, 40),
        },
        figures(
            lambda t, start_lr, end_lr, num_it: ratio(
                start_lr, end_lr, float(position(t, max(num_it, 6)))
            )
        ),
        lambda own: 45,
        count=200,
    ),
]
