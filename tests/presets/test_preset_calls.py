"""A preset is a constructor: its schedule records the call, has a length, and can be extended."""

import json
import pickle

import numpy as np
import parity
import pytest
from equality import same

import fastlr as flr
from fastlr.schedule.rebuilding import CONSTRUCTORS

CASES = parity.cases()
T = flr.presets.torch

COSINE = {
    "lr_scheduler_type": "cosine",
    "learning_rate": 1e-3,
    "warmup_steps": 10,
    "max_steps": 100,
}


def drawn(name):
    return CASES[name].preset(**CASES[name].draw(np.random.default_rng([1, *name.encode()])))


def calls_in(call):
    """A call and every call in its arguments."""
    yield call
    for value in call.arguments.values():
        for part in value if isinstance(value, tuple) else (value,):
            if hasattr(part, "arguments"):
                yield from calls_in(part)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.exhaustive(one_in=7)
def test_a_schedule_comes_back_equal_from_spec_pickle_and_repr(name):
    schedule = drawn(name)
    if not isinstance(schedule, flr.Schedule):
        return
    spec = json.loads(json.dumps(schedule.to_spec()))
    for again in (flr.from_spec(spec), pickle.loads(pickle.dumps(schedule))):
        assert again == schedule
        assert again.steps is None or np.array_equal(again.steps, schedule.steps)
    if "<" not in repr(schedule):  # an array that is too long to show
        assert flr.parse(repr(schedule)) == schedule
    assert {call.name for call in calls_in(schedule._call)} <= {*CONSTRUCTORS, *CASES}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.exhaustive(one_in=7)
def test_an_extended_preset_is_the_preset_of_the_longer_run(name):
    schedule = drawn(name)
    if not isinstance(schedule, flr.Schedule) or schedule._call.name != name:
        return  # a plateau rule, or a preset with an argument that no spec can hold
    run = schedule._node.run
    total = min(128 if schedule.steps is None else 2 * int(np.max(schedule.steps)), 2**53)
    if run is not None and run.longer is None:
        with pytest.raises(ValueError, match=f"^extend: {name} must have one argument"):
            schedule.extend(total)
    elif run is not None:
        longer = schedule.extend(total)
        assert longer._call.name == name
        assert np.all(longer.steps == total)
        assert set(longer._call.arguments) >= set(schedule._call.arguments)


def test_an_imported_cosine_is_extended():
    schedule = flr.from_config(COSINE)
    preset = flr.presets.transformers.get_cosine_schedule_with_warmup
    assert schedule == preset(1e-3, num_warmup_steps=10, num_training_steps=100)
    assert schedule.steps == 100
    assert schedule(190) > 9e-4  # the framework's wave climbs back
    longer = schedule.extend(200)
    assert longer == preset(1e-3, num_warmup_steps=10, num_training_steps=200)
    assert longer(190) == pytest.approx(6.819e-6, rel=1e-3)
    assert longer.steps == 200


def test_a_preset_says_its_call():
    schedule = T.OneCycleLR(0.1, total_steps=100)
    assert repr(schedule) == "torch.OneCycleLR(max_lr=0.1, total_steps=100)"
    assert schedule.to_spec()["schedule"] == {
        "torch.OneCycleLR": {"max_lr": 0.1, "total_steps": 100}
    }
    assert schedule == T.OneCycleLR(max_lr=0.1, total_steps=100, pct_start=0.3)
    assert schedule != T.OneCycleLR(0.1, total_steps=101)


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (T.OneCycleLR(0.1, total_steps=100), 100),
        (T.OneCycleLR(0.1, epochs=5, steps_per_epoch=20), 100),
        (T.CosineAnnealingLR(0.1, T_max=90), 90),
        (flr.presets.keras.CosineDecay(0.0, 900, warmup_target=0.1, warmup_steps=100), 1_000),
        (flr.presets.optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100), 100),
        (T.CosineAnnealingLR(0.1, T_max=[90, 30]), [90, 30]),
        (T.CosineAnnealingLR(0.1, T_max=90) * 0.5, 90),
        (T.CosineAnnealingLR(0.1, T_max=90).delay(10), 100),
        (T.CosineAnnealingLR(0.1, T_max=90).staircase(10), 900),
        (T.CosineAnnealingLR(0.1, T_max=90).paced([10]), 9),
        (flr.linear(0.0, 0.1, 10).then(T.CosineAnnealingLR(0.1, T_max=90)), 100),
        (T.CosineAnnealingLR(0.1, T_max=90).then(flr.linear(0.1, 0.0, 10)), 100),
        (T.CosineAnnealingLR(0.1, T_max=90).maximum(0.01), 90),
        (flr.stack({"a": T.CosineAnnealingLR(0.1, T_max=90), "b": flr.linear(1, 0, 9)}), [90, 9]),
        (T.StepLR(0.1, step_size=30, gamma=1.0), None),
        (T.CosineAnnealingLR(0.1, T_max=90).repeat(2), 180),
        (T.OneCycleLR(0.1, total_steps=100) * flr.linear(1.0, 0.5, 300), 100),
    ],
)
def test_a_schedule_of_presets_knows_its_run(schedule, steps):
    assert np.array_equal(schedule.steps, steps) if steps is not None else schedule.steps is None


def test_a_part_that_is_a_preset_is_extended_with_the_whole():
    cosine, longer = (T.CosineAnnealingLR(0.1, T_max=n) for n in (90, 190))
    assert same((cosine * 0.5).extend(190).table(250), (longer * 0.5).table(250))
    warm = flr.linear(0.0, 0.1, 10)
    assert same(warm.then(cosine).extend(200).table(250), warm.then(longer).table(250))
    groups = flr.stack({"a": cosine, "b": cosine * 0.1}).extend(190)
    assert same(groups.table(250), flr.stack([longer, longer * 0.1]).table(250))
    assert same(cosine.maximum(0.01).extend(190).table(250), longer.maximum(0.01).table(250))
    both = [T.LinearLR(0.1, total_iters=10), cosine]
    chained = T.SequentialLR(both, milestones=[10])
    assert same(chained.extend(200).table(250), T.SequentialLR([both[0], longer], [10]).table(250))


def test_a_preset_is_extended_in_mid_run_where_its_rate_does_not_jump():
    preset = flr.presets.transformers.get_cosine_schedule_with_warmup
    schedule, longer = preset(1e-3, 10, 100), preset(1e-3, 10, 200)
    assert same(schedule.extend(200, at=10).table(300), longer.table(300))
    with pytest.raises(ValueError, match=r"^extend: at must be a step at which .*continue_from"):
        schedule.extend(200, at=50)
    advised = schedule.continue_from(50, schedule.extend(200), clock="same", match=True)
    assert advised(50) == pytest.approx(schedule(50), rel=1e-15)
    assert advised.steps == 200


def test_a_preset_without_a_length_is_not_extended_in_silence():
    for schedule in (
        flr.presets.fastai.fit_one_cycle(n_epoch=2, lr_max=0.1, n_iter=8),
        T.LambdaLR(0.1, lambda t: 0.5**t, total_steps=10),
        flr.presets.mmengine.CosineAnnealingLR(0.1, T_max=10) * 0.5,
    ):
        with pytest.raises(ValueError, match=r"^extend: \w+\.\w+ must have one argument"):
            schedule.extend(1_000)


def test_a_policy_past_the_end_counts_from_the_end_of_the_run():
    cosine = T.CosineAnnealingLR(0.1, T_max=10)
    table = cosine.table(11)
    assert same(cosine.with_past_end("zero").table(13), [*table[:10], 0.0, 0.0, 0.0])
    assert same(cosine.with_past_end("hold").table(13), [*table, 0.0, 0.0])
    assert same(cosine.with_past_end("repeat").table(13), [*table[:10], *table[:3]])
    with pytest.raises(ValueError, match="before the end, step 10"):
        cosine.with_past_end("raise")(10)
    with pytest.raises(ValueError, match=r"^extend: the last piece must have at least one step"):
        cosine.with_past_end("zero").with_past_end("hold").extend(20)


@pytest.mark.parametrize(
    "build",
    [
        lambda: T.OneCycleLR(0.1, total_steps=21, pct_start=0.37),
        lambda: flr.presets.paddle.OneCycleLR(0.1, total_steps=21, phase_pct=0.37),
        lambda: flr.presets.mmengine.OneCycleLR(0.1, eta_max=1.0, end=21, pct_start=0.37),
        lambda: flr.presets.allennlp.CosineHardRestartsWithWarmupLearningRateScheduler(0.1, 2, 21),
        lambda: flr.presets.flux.Poly(0.3, 3, 21),
    ],
)
def test_a_preset_is_the_same_program_whichever_backend_is_in_use(build):
    program = build().program.tobytes()
    for backend in flr.backends():
        with flr.use_backend(backend):
            assert build().program.tobytes() == program


def test_presets_of_arrays_keep_their_call_and_give_their_lanes():
    schedule = T.StepLR([0.1, 0.2, 0.3], step_size=[3, 4, 5])
    assert schedule[1] == T.StepLR(0.2, step_size=4)
    assert schedule[[2, 0]] == T.StepLR([0.3, 0.1], step_size=[5, 3])
    for i, lane in enumerate(schedule):
        assert same(lane.table(20), schedule.table(20)[i])
    grid = T.OneCycleLR([[0.1], [0.2]], total_steps=[50, 60, 70])
    assert grid.shape == (2, 3)
    assert grid[1, 2] == T.OneCycleLR(0.2, total_steps=70)
    assert same(grid[1, 2].table(60), T.OneCycleLR(0.2, total_steps=70).table(60))
    assert np.array_equal(grid.steps, [[50, 60, 70]] * 2)
    assert T.CosineAnnealingLR(0.1, T_max=[10, 20]).extend([30, 40]) == T.CosineAnnealingLR(
        0.1, T_max=[30, 40]
    )


@pytest.mark.parametrize(
    "text",
    [
        "torch.OneCycleLR(0.1, total_steps=100)",
        "presets.torch.OneCycleLR(0.1, total_steps=100)",
        "flr.presets.torch.OneCycleLR(max_lr=0.1, total_steps=100)",
    ],
)
def test_parse_takes_presets(text):
    assert flr.parse(text) == T.OneCycleLR(0.1, total_steps=100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("torhc.StepLR(0.1, 3)", "'torhc' is not a framework with presets; did you mean 'torch'"),
        ("torch.StepLr(0.1, 3)", "'torch.StepLr' is not a preset of torch; did you mean 'StepLR'"),
        ("torch.preset(0.1)", "'torch.preset' is not a preset of torch"),
        ("_rules.preset(0.1)", "'_rules' is not a framework"),
        ("torch.ReduceLROnPlateau()", "text must consist of schedules"),
        ("os.path.join(1)", "text must consist of schedules"),
    ],
)
def test_parse_names_what_is_no_preset(text, message):
    with pytest.raises(ValueError, match=message):
        flr.parse(text)


def test_what_no_spec_can_hold_leaves_the_tree():
    schedule = T.LambdaLR(0.1, lambda t: 0.5**t, total_steps=3)
    assert schedule._call.name == "sampled"
    assert flr.from_spec(schedule.to_spec()) == schedule


def test_a_preset_in_a_spec_is_checked():
    spec = {"fastlr": 1, "schedule": {"torch.StepLR": {"lr": 0.1, "step_size": -3}}}
    with pytest.raises(ValueError, match=r"^torch.StepLR: step_size must be"):
        flr.from_spec(spec)
