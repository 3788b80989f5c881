"""Explain a schedule, a config or a log in plain words, and what looks wrong with it."""

import json

import pytest

import fastlr as flr

PLAN = flr.warmup_cosine(6e-4, 100, 1_000, end=6e-5)


def texts(found):
    return [each.text for each in found.findings]


def test_the_facts_of_a_sound_run():
    found = flr.explain(PLAN)
    assert found.findings == ()
    assert found.facts["length"] == "1,000 steps"
    assert found.facts["peak"] == "0.0006 at step 100"
    assert found.facts["warmup"] == "100 steps, from 0"
    assert found.facts["boundaries"] == "100 (0.0006)"
    assert str(found).endswith("what looks wrong\n- nothing")


@pytest.mark.parametrize("name", flr.recipes())
@pytest.mark.exhaustive(one_in=5)
def test_a_recipe_is_nearest_to_itself(name):
    run = flr.recipe(name)
    found = flr.explain(run.schedule, steps=run.steps).facts["nearest recipe"]
    assert "0.0% of the peak away" in found


@pytest.mark.parametrize(
    ("plan", "steps", "step", "rate", "text"),
    [
        (PLAN, 50, 100, 6e-4, "peak never reached: it is 0.0006 at step 100, but the run of 50 "),
        (
            PLAN,
            1_500,
            1_000,
            6e-5,
            "floor reached early: the rate is 6e-05 from step 1,000 on, 67%",
        ),
        (PLAN, 4_000, 1_000, 6e-5, "horizon counted per process? 4 processes advance it 4 times"),
        (PLAN, 125, 124, PLAN(124), "horizon counted per process? it is 8 times the run"),
        (
            flr.presets.torch.CosineAnnealingLR(0.1, T_max=90),
            120,
            90,
            0.0,
            "climbs back past the end: it falls to 0 at step 90, then rises to 0.0235",
        ),
        (
            flr.join([flr.linear(0.0, 1.0, 10), flr.linear(0.0, 0.5, 90)], [10]),
            100,
            10,
            0.0,
            "rate 0 at step 10, where the warmup or another piece ends: it falls there from 0.9",
        ),
        (
            flr.stack({"body": PLAN, "bias": flr.constant(1e-5)}),
            1_000,
            0,
            1e-5,
            "a group flattened: bias stays at 1e-05 from step 0 to 999, while body goes from 0 to ",
        ),
    ],
)
def test_what_looks_wrong_has_its_step_and_its_figure(plan, steps, step, rate, text):
    found = flr.explain(plan, steps=steps)
    [finding] = [each for each in found.findings if text in each.text]
    assert (finding.step, finding.rate) == (step, rate)


@pytest.mark.parametrize(
    "plan",
    [
        flr.linear(1.0, 0.0, 100),
        flr.step_decay(0.1, 0.1, 30).with_past_end("hold"),
        flr.wsd(1e-3, 100, 800, 100),
        flr.one_cycle(1.0, 500),
        flr.constant(0.1),
        flr.cosine_restarts(0.1, 0.0, 50),
    ],
)
def test_a_plain_run_has_no_findings(plan):
    assert texts(flr.explain(plan, steps=plan.steps or 100)) == []


def test_a_config():
    config = {"lr_scheduler_type": "linear", "learning_rate": 1e-3, "warmup_steps": 10}
    found = flr.explain(config, steps=100)
    assert found.facts["peak"] == "0.001 at step 10"
    assert found.steps == 100


def test_a_config_in_a_run_that_is_longer_than_its_schedule():
    config = {"lr_scheduler_type": "cosine", "learning_rate": 1e-3, "max_steps": 100}
    found = flr.explain(config, steps=250)
    assert found.steps == 250
    [climb] = texts(found)
    assert climb.startswith("climbs back past the end: it falls to 0 at step 100, then rises to 0.")
    assert found.findings[0].step == 100


def test_what_only_a_config_takes():
    log = {"log_history": [{"step": t, "learning_rate": PLAN(t)} for t in range(9)]}
    for thing, kind in ((PLAN, "a schedule"), (log, "a log")):
        with pytest.raises(
            ValueError, match=f"lr must be given for a config only, got 1 for {kind}"
        ):
            flr.explain(thing, lr=1)


def test_what_cannot_be_explained():
    with pytest.raises(ValueError, match=r"explain: steps must be given .*--steps"):
        flr.explain(flr.cyclic(0.1, 0.5, up=20))
    with pytest.raises(ValueError, match="explain: a plateau rule has no rates"):
        flr.explain(
            {"lr_scheduler_type": "reduce_lr_on_plateau", "learning_rate": 0.1, "max_steps": 9}
        )
    with pytest.raises(ValueError, match="explain: log must have at least two rows"):
        flr.explain({"log_history": []})


def test_a_log_of_the_rate_before_each_update():
    rows = [{"step": t + 1, "learning_rate": PLAN(t)} for t in range(1_000)]
    found = flr.explain({"log_history": rows, "max_steps": 1_000})
    assert "step n of the log is update n - 1" in found.facts["offset"]
    assert found.facts["peak"] == "0.0006 at step 100"
    assert found.facts["length"] == "1,000 steps"
    assert texts(found) == []


def test_the_groups_of_a_log(tmp_path):
    path = tmp_path / "results.csv"
    rows = [f"{t},{0.1 - 0.001 * t:.5g},0.0001" for t in range(100)]
    path.write_text("\n".join(["epoch,lr/pg0,lr/pg1", *rows]))
    found = flr.explain(path)
    assert found.facts["unit"] == "a step below is an epoch of the log"
    assert "group lr/pg0" in found.facts
    assert texts(found) == [
        "a group flattened: lr/pg1 stays at 0.0001 from step 0 to 99, while lr/pg0 goes from 0.001 "
        "to 0.1"
    ]


def test_a_long_log(tmp_path):
    plan, steps = flr.warmup_cosine(6e-4, 2_000, 60_000, end=6e-5), 60_000
    rows = [
        {"epoch": t / 1_000, "grad_norm": 1.25, "learning_rate": plan(t), "loss": 2.5, "step": t}
        for t in range(1, steps + 1)
    ]
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": rows, "max_steps": 2 * steps}))
    found = flr.explain(path)
    assert found.facts["peak"] == "0.0006 at step 2,000"
    assert texts(found) == [
        "floor reached early: the rate is 6e-05 from step 60,000 on, 50% of the run of 120,000 "
        "steps; horizon counted per process? 2 processes advance it 2 times as fast"
    ]
