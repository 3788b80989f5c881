"""Test advice for a run: the options are real plans, in order, within the range of the law."""

import numpy as np
import pytest

import fastlr as flr

LAW = flr.loss_laws.MultiPower(
    L0=3.04, A=0.525, alpha=0.508, B=364.0, C=2.07, beta=0.583, gamma=0.641
)
WSD = flr.wsd(3e-4, warmup=2_160, stable=20_000, cooldown=1_840)
COSINE = flr.warmup_cosine(3e-4, 2_160, 24_000, end=3e-5)
PLANS = {
    "wsd": WSD,
    "cosine": COSINE,
    "constant": flr.constant(3e-4),
    "strict": WSD.with_past_end("raise"),
    "preset": flr.presets.torch.OneCycleLR(3e-4, total_steps=24_000),
    "zero past its end": COSINE.with_past_end("zero"),
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("step", [1, 1_000, 12_000, 22_500, 23_990])
@pytest.mark.exhaustive(one_in=7)
def test_each_option_is_a_plan_from_here_on(name, step):
    plan = PLANS[name]
    found = flr.advise(plan, step, law=LAW)
    for option in found.options:
        assert option.steps > step
        assert np.array_equal(option.schedule.table(step), plan.table(step))
        assert option.schedule.max(step, option.steps) <= plan.max(24_000)
        assert option.loss == LAW.final(option.schedule.with_past_end("hold"), option.steps)
    lengths = [option.steps for option in found.options]
    assert lengths == sorted(lengths)
    losses = [option.loss for option in found.options if not option.planned]
    assert losses == sorted(losses, reverse=True)
    assert len(set(losses)) == len(losses)
    ends = plan.steps is not None
    assert [option.schedule is plan for option in found.options].count(True) == ends


def test_the_option_of_a_length_is_the_best_of_many():
    """No cooldown of a finer grid is much better, and the plan of a cosine is worse."""
    found = flr.advise(COSINE, 12_000, law=LAW, lengths=[24_000])
    chosen, plan = sorted(found.options, key=lambda option: option.loss)
    assert (found.plan, chosen.planned) == (plan, False)
    family = [COSINE] + [
        COSINE.continue_from(12_000, flr.constant(COSINE(12_000))).cooldown(24_000 - n, n, shape=s)
        for n in range(600, 12_001, 600)
        for s in ("linear", "1-sqrt")
    ]
    assert chosen.loss <= LAW.final(flr.stack(family), 24_000).min() + 5e-4
    assert plan.loss == LAW.final(COSINE, 24_000) > chosen.loss + 0.02


def test_a_longer_run_may_be_the_extended_plan():
    """An extended wsd holds its rate for longer, and keeps its cooldown."""
    long = flr.wsd(3e-4, warmup=2_160, stable=20_000, cooldown=2_400, shape="exponential", end=1e-9)
    found = flr.advise(long, 12_000, law=LAW, lengths=[30_000])
    assert found.plan is None
    [option] = found.options
    candidates = flr.stack([long.extend(30_000, at=12_000), option.schedule])
    assert option.loss == LAW.final(candidates, 30_000).min()


FITTED = flr.loss_laws.MultiPower(
    **LAW.constants, fitted_on=flr.loss_laws.FittedOn(peaks=(3e-4, 1e-3), steps=(20_000, 24_000))
)


def test_a_law_advises_within_the_runs_that_it_was_fitted_to():
    found = flr.advise(WSD, 18_000, law=FITTED)
    assert len(found.options) > 1
    assert all(19_000 <= option.steps <= 25_200 for option in found.options)
    with pytest.raises(
        ValueError, match=r"^advise: lengths must be from 20000 to 24000.*got 30000"
    ):
        flr.advise(WSD, 18_000, law=FITTED, lengths=[30_000])
    with pytest.raises(ValueError, match=r"^advise: the run must go on to a length from 20000 to "):
        flr.advise(flr.constant(3e-4), 2_000, law=FITTED)
    with pytest.raises(
        ValueError, match=r"^advise: the peak of the run must be from 0.0003 to 0.0"
    ):
        flr.advise(WSD * 4.0, 18_000, law=FITTED)
    free = flr.advise(WSD * 4.0, 18_000, law=FITTED, lengths=[30_000], extrapolate=True)
    assert [option.steps for option in free.options] == [30_000]


def test_peaks_after_the_step_count_too():
    """A run in its warmup has a low rate so far; a plan that rises later leaves the range."""
    lengths = [20_000, 24_000]
    early = flr.advise(WSD, 50, law=FITTED, lengths=lengths)
    assert early.plan is not None
    assert all(option.schedule.max(option.steps) == 3e-4 for option in early.options)
    rise = flr.join([flr.constant(3e-4), flr.linear(3e-3, 0.0, steps=4_000)], at=[20_000])
    found = flr.advise(rise, 12_000, law=FITTED, lengths=lengths)
    assert found.plan is None
    assert [option.schedule.max(option.steps) for option in found.options] == [3e-4] * 2
    assert flr.advise(rise, 12_000, law=FITTED, lengths=lengths, extrapolate=True).plan is not None


def test_it_is_printed_and_shown_as_a_table():
    found = flr.advise(COSINE, 12_000, law=LAW, lengths=[16_000, 24_000])
    head, *rows = str(found).split("\n")
    assert head.split("  ")[0] == "what next"
    assert len(rows) == len(found.options) == 3
    [planned] = [row for row in rows if row.startswith("as planned")]
    assert planned.split() == [
        "as",
        "planned",
        "24,000",
        "12,000",
        "3e-5",
        f"{found.plan.loss:.4f}",
    ]
    html = found._repr_html_()
    assert html.count('stroke-linejoin="round"') == 3
    assert all(option.what.replace("'", "&#x27;") in html for option in found.options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.1, 10), TypeError, "advise: schedule must be a Schedule, got float 0.1"),
        ((flr.constant([1.0, 2.0]), 10), ValueError, "advise: schedule must be .*scalar"),
        ((WSD, 0), ValueError, "advise: step must be an integer from 1 to"),
        ((WSD, 1.5), TypeError, "advise: step must be an integer"),
        (
            (WSD.with_past_end("raise"), 24_001),
            ValueError,
            "advise: step must be before the end of the plan, step 24000, .*got 24001",
        ),
        (
            (WSD, 24_000),
            ValueError,
            "advise: the rate at step 24000 must be above 0, got 0: the run",
        ),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        flr.advise(*arguments, law=LAW)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"law": 3.0}, TypeError, "advise: law must predict losses.*got float 3.0"),
        ({"law": flr.loss_laws.MultiPower}, TypeError, "advise: law must predict losses"),
        ({"law": LAW, "lengths": []}, TypeError, "advise: lengths must be a sequence"),
        ({"law": LAW, "lengths": 30_000}, TypeError, "advise: lengths must be a sequence"),
        ({"law": LAW, "lengths": [9_000]}, ValueError, "advise: lengths must be above step, 12000"),
        ({"law": LAW, "lengths": [1.5]}, TypeError, "advise: lengths must be an integer"),
        ({"law": LAW, "extrapolate": 1}, TypeError, "advise: extrapolate must be True or False"),
    ],
)
def test_options_that_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        flr.advise(WSD, 12_000, **options)
