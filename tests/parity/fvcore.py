"""fvcore: its own schedulers, evaluated at ``where = t/max_iter``."""

from fastlr.presets import fvcore as ours

from . import Case, one_of, rate, real, whole


def theirs(name, **own):
    from fvcore.common import param_scheduler

    return getattr(param_scheduler, name)(**own)


def run(scheduler, max_iter, steps):
    return [scheduler(t / max_iter) for t in range(steps)]


def of_library(name):
    def table(settings, steps):
        own = {key: value for key, value in settings.items() if key != "max_iter"}
        return run(theirs(name, **own), settings["max_iter"], steps)

    return table


def iterations(rng):
    return one_of(rng, 1, whole(rng, 1, 40), whole(rng, 20, 60))


def constants(rng):
    return {"value": rate(rng)}


def ends(rng):
    return {
        "start_value": one_of(rng, 0.0, 1.0, rate(rng)),
        "end_value": one_of(rng, 0.0, rate(rng)),
    }


def powers(rng):
    return {"base_value": rate(rng), "power": one_of(rng, 1.0, 2.0, real(rng, 0.2, 4.0))}


def decays(rng):
    return {"start_value": rate(rng), "decay": one_of(rng, 1.0, real(rng, 0.01, 3.0))}


def levels(rng):
    return {
        "num_updates": whole(rng, 1, 90),
        "values": [rate(rng) for _ in range(whole(rng, 1, 6))],
    }


def gammas(rng):
    return {
        "base_value": rate(rng),
        "num_decays": whole(rng, 1, 5),
        "gamma": real(rng, 0.1, 1.5),
        "num_updates": whole(rng, 1, 90),
    }


def milestones(rng):
    """All of the ways to tell them."""
    count = whole(rng, 1, 5)
    marks = sorted({whole(rng, 1, 39) for _ in range(count)})
    values = [rate(rng) for _ in range(len(marks) + 1)]
    even = {"values": values, "num_updates": len(values) * whole(rng, 1, 12)}
    return one_of(
        rng,
        {"values": values, "num_updates": 40 + len(values), "milestones": marks},
        {"values": values, "milestones": [*marks, 40 + whole(rng, 0, 9)]},
        even,
    )


def draw(own):
    return lambda rng: {**own(rng), "max_iter": iterations(rng)}


class Curves(list):
    """Presets of so many steps, and what they are in fvcore."""

    def __init__(self, named):
        super().__init__(
            [
                lambda steps, name=name, own=own: getattr(ours, name)(**own, max_iter=steps)
                for name, own in named
            ]
        )
        self.named = named

    def __repr__(self):
        return repr(self.named)


def children(rng, count):
    drawn = {
        "ConstantParamScheduler": constants,
        "CosineParamScheduler": ends,
        "LinearParamScheduler": ends,
        "PolynomialDecayParamScheduler": powers,
        "ExponentialParamScheduler": decays,
        "StepParamScheduler": levels,
        "StepWithFixedGammaParamScheduler": gammas,
        "MultiStepParamScheduler": milestones,
    }
    return [(name := one_of(rng, *drawn), drawn[name](rng)) for _ in range(count)]


def shares(rng, count):
    """Lengths, in hundredths or any, which are 1 together."""
    parts = [whole(rng, 0, 100 // count) / 100 for _ in range(count - 1)]
    parts = parts if rng.random() < 0.5 else [real(rng, 0.0, 1.0 / count) for _ in range(count - 1)]
    return [*parts, round(1.0 - sum(parts), 4)]


def composite(rng):
    count = whole(rng, 1, 4)
    return {
        "schedulers": Curves(children(rng, count)),
        "lengths": shares(rng, count),
        "interval_scaling": [one_of(rng, "rescaled", "fixed") for _ in range(count)],
        "max_iter": iterations(rng),
    }


def run_composite(settings, steps):
    scheduler = theirs(
        "CompositeParamScheduler",
        schedulers=[theirs(name, **own) for name, own in settings["schedulers"].named],
        lengths=list(settings["lengths"]),  # which it changes
        interval_scaling=settings["interval_scaling"],
    )
    return run(scheduler, settings["max_iter"], steps)


def to_the_end(own):
    return own["max_iter"]


CASES = [
    Case(
        ours.ConstantParamScheduler,
        draw(lambda rng: {"value": rate(rng)}),
        of_library("ConstantParamScheduler"),
        to_the_end,
        "fvcore",
    ),
    Case(
        ours.LinearParamScheduler,
        draw(ends),
        of_library("LinearParamScheduler"),
        lambda own: own["max_iter"] + 1,
        "fvcore",
    ),
    Case(
        ours.CosineParamScheduler,
        draw(ends),
        of_library("CosineParamScheduler"),
        lambda own: 3 * own["max_iter"] + 2,
        "fvcore",
    ),
    Case(
        ours.ExponentialParamScheduler,
        draw(decays),
        of_library("ExponentialParamScheduler"),
        lambda own: 3 * own["max_iter"] + 2,
        "fvcore",
    ),
    Case(
        ours.PolynomialDecayParamScheduler,
        draw(powers),
        of_library("PolynomialDecayParamScheduler"),
        lambda own: own["max_iter"] + 1,
        "fvcore",
    ),
    Case(
        ours.StepParamScheduler,
        draw(levels),
        of_library("StepParamScheduler"),
        to_the_end,
        "fvcore",
    ),
    Case(
        ours.StepWithFixedGammaParamScheduler,
        draw(gammas),
        of_library("StepWithFixedGammaParamScheduler"),
        to_the_end,
        "fvcore",
    ),
    Case(
        ours.MultiStepParamScheduler,
        draw(milestones),
        of_library("MultiStepParamScheduler"),
        lambda own: own["max_iter"] + 1,
        "fvcore",
    ),
    Case(ours.CompositeParamScheduler, composite, run_composite, to_the_end, "fvcore"),
]
