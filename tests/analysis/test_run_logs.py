"""Read logs as trainers write them: which columns and rows count, and which schedule they show."""

import json

import numpy as np
import pytest

import fastlr as flr
from fastlr.analysis.run_logs import is_log, read_log
from fastlr.cli.table_files import write_table

PLAN = flr.warmup_cosine(6e-4, 100, 1_000, end=6e-5)
CODE = "linear(init=0.0, end=0.0006, steps=100).then(cosine(init=0.0006, end=6e-05, steps=900))"


def state(rows, **more):
    """The contents of trainer_state.json."""
    return {"log_history": [{"step": t, "learning_rate": rate} for t, rate in rows], **more}


def of_plan(steps):
    return [(int(t), PLAN(int(t))) for t in steps]


def with_skips(stop, every, skips):
    """What is logged if these steps did not advance the schedule."""
    return [(t, PLAN(t - sum(skip <= t for skip in skips))) for t in range(every, stop + 1, every)]


def test_trainer_state_as_a_mapping_and_as_a_file(tmp_path):
    log = state(of_plan(range(10, 1_001, 10)), max_steps=1_000)
    log["log_history"].append({"step": 1_000, "eval_loss": 1.5})
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps(log))
    assert str(flr.identify(log)) == str(flr.identify(path)) == str(flr.identify(str(path))) == CODE
    assert read_log("log", log).length == 1_000
    assert is_log(path)
    assert is_log(log)


def test_the_last_of_each_repeated_step_counts():
    rows = of_plan(range(10, 510, 10))
    abandoned = [(t, rate * 3) for t, rate in rows[40:]]
    log = state([*rows[:40], *abandoned, *of_plan(range(410, 1_001, 10))])
    assert str(flr.identify(log)) == CODE


@pytest.mark.parametrize(
    ("every", "skips", "found"),
    [
        (1, (300, 301, 700), ((300, 1), (301, 1), (700, 1))),
        (10, (300, 301, 700), ((300, 1), (310, 1), (700, 1))),
        (10, (555,), ((560, 1),)),
    ],
)
def test_steps_that_did_not_advance_the_schedule(every, skips, found):
    identified = flr.identify(state(with_skips(1_000, every, skips)))
    assert str(identified) == CODE
    assert identified.skipped == found


def test_a_floor_and_a_short_hold_are_no_skipped_steps():
    for run in (PLAN, flr.wsd(1.0, 100, 5, 500)):
        for more in (3, 10, 30, 300):
            found = flr.identify(run.table(run.steps + more))
            assert found.skipped == ()
            assert (
                np.abs(found.schedule.table(run.steps + more) - run.table(run.steps + more)).max()
                < 1e-6
            )


CSV = {
    "W&B history": (
        "_step,_runtime,train/learning_rate,train/global_step,train/loss",
        lambda t: f"{t // 10},{t},{PLAN(t)!r},{t},0.5",
    ),
    "W&B chart": (
        "Step,run-1 - train/learning_rate,run-1 - train/learning_rate__MIN,"
        "run-1 - train/learning_rate__MAX",
        lambda t: f"{t},{PLAN(t)!r},{PLAN(t)!r},{PLAN(t)!r}",
    ),
    "Lightning": (
        "epoch,lr-AdamW,lr-AdamW-momentum,step,train_loss",
        lambda t: f"{t // 100},{PLAN(t)!r},0.9,{t},\n{t // 100},,,{t},0.5",
    ),
    "semicolons": ("step;lr", lambda t: f"{t};{PLAN(t)!r}"),
    "tabs": ("step\tlr", lambda t: f"{t}\t{PLAN(t)!r}"),
    "TensorBoard": ("Wall time,Step,Value", lambda t: f"1.7e9,{t},{PLAN(t)!r}"),
    "no steps": ("lr", lambda t: f"{PLAN(t)!r}"),
}


@pytest.mark.parametrize("name", CSV)
def test_csv(tmp_path, name):
    names, row = CSV[name]
    path = tmp_path / "metrics.csv"
    path.write_text("\n".join([names, *(row(t) for t in range(0, 1_000, 10))]))
    every = 10 if name == "no steps" else 1
    assert str(flr.identify(path, every)) == CODE


LINES = {
    "Detectron2": lambda t: {"data_time": 0.1, "iteration": t, "lr": PLAN(t), "total_loss": 1.0},
    "LLaMA-Factory": lambda t: {"current_steps": t, "total_steps": 1000, "lr": PLAN(t)},
    "MMEngine": lambda t: {"lr": PLAN(t), "epoch": t // 100, "iter": t % 100, "step": t},
    "fairseq": lambda t: {"epoch": 1, "num_updates": str(t), "lr": str(PLAN(t))},
}


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
@pytest.mark.parametrize("name", LINES)
def test_json_lines(tmp_path, name, suffix):
    path = tmp_path / f"metrics{suffix}"
    rows = [json.dumps(LINES[name](t)) for t in range(0, 1_000, 10)]
    path.write_text("\n".join([*rows, '{"step": 10']))  # the last line may be cut off
    assert is_log(path)
    found = flr.identify(path)
    assert (str(found), found.unit, found.source) == (CODE, "steps", "JSON lines")
    assert found.length == (1_000 if name == "LLaMA-Factory" else None)


def test_json_lines_whose_iterations_begin_anew_in_each_epoch(tmp_path):
    path = tmp_path / "20210101.log.json"
    rows = [{"epoch": t // 100 + 1, "iter": t % 100 + 50, "lr": PLAN(t)} for t in range(0, 900, 50)]
    path.write_text("\n".join(map(json.dumps, [{"env_info": "x"}, *rows])))
    with pytest.raises(ValueError, match=r"whole run, got 50 after 100 in epoch 2, .*steps="):
        flr.identify(path)


@pytest.mark.parametrize("plan", [flr.stack({"embed": PLAN * 0.1, "body": PLAN}), PLAN])
def test_a_table_that_the_command_line_wrote(tmp_path, plan):
    path = tmp_path / "rates.csv"
    write_table(path, plan, range(0, 1_000, 10), np.dtype(np.float64))
    found = flr.identify(path)
    steps = np.arange(0, 1_000, 10)
    assert found.schedule.names == plan.names
    np.testing.assert_allclose(found.schedule(steps), plan(steps), rtol=1e-9, atol=1e-12)
    assert flr.compare_log(path, plan).agrees


def test_runs_of_one_name_side_by_side(tmp_path):
    path = tmp_path / "wandb.csv"
    rows = [f'"{t}","{PLAN(t)!r}","{PLAN(t) / 2!r}"' for t in range(0, 1_000, 10)]
    path.write_text("\n".join(['"train/global_step","a - train/lr","a - train/lr"', *rows]))
    found = flr.identify(path)
    assert list(found.groups) == ["a - train/lr", "a - train/lr-2"]
    assert found.schedule(100).tolist() == [PLAN(100), PLAN(100) / 2]


def test_what_the_log_counts(tmp_path):
    path = tmp_path / "log.csv"
    for names, unit in [
        ("epoch,learning_rate", "epochs"),
        ("Step,lr", "steps"),
        ("Step,lr,lr__MIN", "W&B steps"),
        ("_step,lr,_runtime", "W&B steps"),
        ("train/global_step,lr,_runtime", "steps"),
    ]:
        path.write_text("\n".join([names, *(f"{t},{PLAN(t)!r},0" for t in range(0, 1_000, 10))]))
        assert flr.identify(path).unit == unit
    state = {"max_steps": 1_000, "log_history": [{"step": t, "lr": PLAN(t)} for t in range(9)]}
    found = flr.identify(state)
    assert (found.unit, found.source, found.length) == ("steps", "trainer_state.json", 1_000)


def test_a_row_without_a_rate_counts_where_there_are_no_steps(tmp_path):
    path = tmp_path / "rates.csv"
    rows = [f"{PLAN(t)!r},0.5" if t != 50 else ",0.5" for t in range(0, 1_000, 10)]
    path.write_text("\n".join(["lr,loss", *rows]))
    assert str(flr.identify(path, every=10)) == CODE


def test_a_row_without_a_rate_is_left_out():
    rows = [{"step": t, "learning_rate": PLAN(t)} for t in range(0, 1_000, 10)]
    rows[5]["learning_rate"] = None
    rows.insert(9, {"step": 85, "eval_loss": 1.0})
    assert str(flr.identify({"log_history": rows})) == CODE


def test_groups_of_ultralytics_with_the_rounding_of_the_file(tmp_path):
    plan = flr.linear(0.01, 0.0001, 100)
    rows = [f"{t + 1},   {plan(t):.5g},   {plan(t):.5g},   {plan(t) / 10:.5g}" for t in range(100)]
    path = tmp_path / "results.csv"
    path.write_text("\n".join(["epoch,  lr/pg0,  lr/pg1,  lr/pg2", *rows]))
    found = flr.identify(path)
    assert list(found.groups) == ["lr/pg0", "lr/pg2"]  # pg1 is pg0
    assert found.schedule.names == ("lr/pg0", "lr/pg2")
    assert found.kept == ()
    assert found.schedule["lr/pg0"](50) == pytest.approx(plan(49), rel=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have at least two rows with a learning rate"),
        ("step,loss\n1,2\n2,3", "must have at least two rows with a learning rate"),
        ("step,lr\n1,0.1\n2,x", "must have a step and a rate in each row of 'lr', got '2' and 'x'"),
        ("step,lr\n1.5,0.1\n2,0.1", "must have whole steps, got '1.5' of 'lr'"),
        ("step,lr\n1,0.1\n3,0.1\n2,0.1", "steps must rise strictly, got 2 after 3"),
        ("{", "must be JSON or CSV"),
        ('step,lr\n1,"' + 200_000 * "x", "must be JSON or CSV (field larger than"),
        ('{"a": 1}', "must have a list 'log_history', got None"),
        ("step,lr\n1,nan\n2,0.1", "must be finite numbers >= 0"),
        ("lr,step\n0.1\n0.2,2\n0.3,3", "must have a step and a rate in each row of 'lr', got ''"),
        ("step,lr\n1,0.1\n99999999999999999999,0.1", "must have steps from 0 to 2**53"),
        ("step,lr\n-1,0.1\n2,0.1", "must have steps from 0 to 2**53, got '-1' of 'lr'"),
        ("epoch,iter,lr\n1,5,0.1\n1,9,0.1\n2,5,0.1", "must count its steps through the whole run"),
        ('{"loss": 1, "lr": 0.1}\n{"loss": 1, "lr": 0.2}', "must have a step in each row"),
        ('{"step": 1, "lr": 0.1}\n[1]\n{"step": 2, "lr": 0.1}', "must be JSON or CSV"),
    ],
)
def test_what_is_no_log(tmp_path, text, message):
    path = tmp_path / "log.csv"
    path.write_text(text)
    pattern = message.replace("(", r"\(").replace("**", r"\*\*")
    with pytest.raises(ValueError, match=r"^identify: .*" + pattern):
        flr.identify(path)


def test_a_log_with_steps_takes_no_others(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,lr\n1,0.1\n2,0.1")
    with pytest.raises(ValueError, match="has its own steps, in column 'step'"):
        flr.identify(path, start=5)
    with pytest.raises(ValueError, match="steps must be left out"):
        flr.identify(path, steps=[1, 2])


def test_the_state_that_transformers_writes(tmp_path):
    callback = pytest.importorskip("transformers.trainer_callback")
    rows = [
        {"step": t, "learning_rate": rate, "epoch": t / 10} for t, rate in of_plan(range(1, 999))
    ]
    written = callback.TrainerState(log_history=rows, max_steps=1_000, global_step=998)
    path = tmp_path / "trainer_state.json"
    written.save_to_json(str(path))
    assert str(flr.identify(path)) == CODE


# -- a log beside its schedule ---------------------------------------------------------------------


def test_a_run_that_did_what_its_schedule_says():
    found = flr.compare_log(state(of_plan(range(10, 1_001, 10))), PLAN)
    assert (found.agrees, found.step, found.offset, found.skipped) == (True, None, 0, ())
    assert str(found) == (
        "the run did what its schedule says: 100 logged rates of 'learning_rate' agree, "
        "step 10 to 1,000"
    )


def test_a_log_of_the_rate_before_the_update():
    found = flr.compare_log(state([(t + 1, rate) for t, rate in of_plan(range(999))]), PLAN)
    assert (found.agrees, found.offset) == (True, 1)
    assert "one step behind" in str(found)


def test_the_first_difference_with_both_rates():
    rows = of_plan(range(10, 1_001, 10))
    found = flr.compare_log(state([(t, rate if t < 500 else rate / 2) for t, rate in rows]), PLAN)
    assert (found.agrees, found.step) == (False, 500)
    assert f"at step 500: logged {PLAN(500) / 2!r}, the schedule has {PLAN(500)!r}" in str(found)
    assert "the 49 logged rates before it agree" in str(found)
    with pytest.raises(TypeError, match=r"use \.agrees"):
        bool(found)


def test_skipped_steps_agree_and_are_named():
    found = flr.compare_log(state(with_skips(1_000, 10, (1, 2, 300, 700))), PLAN)
    assert found.agrees
    assert sum(count for _, count in found.skipped) == 4
    assert "4 steps did not advance the schedule" in str(found)


def test_another_horizon_is_no_skipped_step():
    for other in (flr.warmup_cosine(6e-4, 100, 1_010, end=6e-5), PLAN * 1.001, PLAN * 0.999):
        log = state([(t, other(t)) for t in range(1, 1_001)])
        assert not flr.compare_log(log, PLAN).agrees


def test_columns_beside_lanes(tmp_path):
    path = tmp_path / "log.csv"
    rows = [f"{t},{PLAN(t)!r},{PLAN(t) * 0.1!r}" for t in range(0, 1_000, 10)]
    path.write_text("\n".join(["step,lr-a,lr-b", *rows]))
    groups = flr.stack({"lr-a": PLAN, "lr-b": PLAN * 0.1})
    assert flr.compare_log(path, groups).agrees
    found = flr.compare_log(path, PLAN)
    assert (found.agrees, found.column) == (False, "lr-b")
    with pytest.raises(ValueError, match="one lane, or one per different column"):
        flr.compare_log(path, flr.constant([0.1, 0.2, 0.3]))
