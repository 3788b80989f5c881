"""Compare a schedule with other sources of rates: where they differ, and by how much."""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

import fastlr as flr
from fastlr.arguments import progress

PLAN = flr.linear(0.0, 1.0, steps=4).then(flr.cosine(1.0, 0.0, steps=16))


def test_a_schedule_and_itself():
    found = flr.compare(PLAN, PLAN)
    assert found
    assert (found.steps, found.step, found.largest, found.ulps) == (21, None, 0.0, 0.0)
    assert str(found).startswith("they agree over 21 steps")


def test_a_function_that_parts_at_a_step():
    found = flr.compare(PLAN, lambda t: PLAN(t) + (t >= 7) * 1e-3, steps=12)
    assert not found
    assert found.step == 7
    assert found.largest == pytest.approx(1e-3)
    assert f"they differ at step 7: {PLAN(7)!r} against {PLAN(7) + 1e-3!r}" in str(found)


def test_an_assertion_fails_exactly_where_they_differ():
    assert flr.compare(PLAN, PLAN)
    assert bool(flr.compare(PLAN, PLAN * 0.5)) is False
    with pytest.raises(AssertionError):
        assert flr.compare(PLAN, PLAN.table(21) + 1e-9)


def test_a_tolerance_is_a_share_of_the_largest_rate():
    log = PLAN.table(20) * (1 + 1e-7)
    assert flr.compare(PLAN, log).step == 1
    assert flr.compare(PLAN, log, tolerance=1e-6).step is None


def test_a_scheduler_whose_step_takes_a_number():
    """timm's schedulers take an epoch, or an update if they count updates."""

    class Epochs:
        def __init__(self, by_epoch):
            self.t_in_epochs = by_epoch
            self.optimizer = SimpleNamespace(param_groups=[{"lr": PLAN(0)}])
            self.epochs = []

        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            pass

        def _set(self, t):
            self.epochs.append(t)
            self.optimizer.param_groups[0]["lr"] = PLAN(t)

        def step(self, epoch):
            assert self.t_in_epochs
            self._set(epoch)

        def step_update(self, updates):
            assert not self.t_in_epochs
            self._set(updates)

    for by_epoch in (True, False):
        scheduler = Epochs(by_epoch)
        assert flr.compare(PLAN, scheduler, steps=9)
        assert scheduler.epochs == list(range(1, 9))
        assert scheduler.optimizer.param_groups == [{"lr": PLAN(0)}]


def test_ulps_are_of_the_larger_rate():
    log = PLAN.table(20)
    log[9] = np.nextafter(np.nextafter(log[9], 1), 1)
    found = flr.compare(PLAN, log, tolerance=0.0)
    assert (found.step, found.ulps, found.ulps_step) == (9, 2.0, 9)


def test_a_group_that_differs_is_named():
    groups = flr.stack({"embed": flr.constant(0.1), "body": flr.linear(0.2, 0.0, 9)})
    other = groups.table(10).copy()
    other[1, 4] = 0.3
    found = flr.compare(groups, other)
    assert (found.step, found.group, found.names) == (4, "body", ("embed", "body"))
    assert str(found).startswith("they differ at step 4 of group 'body': 0.1111")
    assert flr.compare(flr.constant([0.1, 0.2]), groups, 3).group == "body"
    assert flr.compare(groups, groups, 3).group is None
    unnamed = flr.compare(flr.constant([0.1, 0.2]), np.array([[0.1, 0.1], [0.2, 0.3]]))
    assert (unnamed.group, unnamed.names) == (None, None)
    assert "at step 1 of lane 1" in str(unnamed)


def test_lanes_and_groups():
    lanes = flr.linear([0.1, 0.2], 0.0, steps=10)
    assert flr.compare(lanes, lanes.table(10))
    assert flr.compare(flr.constant(0.1), np.full((3, 10), 0.1))
    with pytest.raises(
        ValueError,
        match="other must have as many groups as the schedule has lanes, got \\(2,\\) and \\(3,\\)",
    ):
        flr.compare(lanes, np.full((3, 10), 0.1))


@pytest.mark.parametrize(
    ("other", "steps", "error", "message"),
    [
        (
            None,
            3,
            TypeError,
            "compare: other must be a schedule, a function of the step, rates, or a "
            "scheduler with an optimizer",
        ),
        ([0.1, 0.2], 3, ValueError, "compare: other must have at least 3 rates, got 2"),
        (
            lambda t: float("nan") if t == 2 else 0.1,
            4,
            ValueError,
            "compare: other must give finite rates, got nan at step 2",
        ),
        (lambda t: 0.1, 0, ValueError, "compare: steps must be an integer from 1"),
    ],
)
def test_what_gives_no_rates(other, steps, error, message):
    with pytest.raises(error, match=message):
        flr.compare(PLAN, other, steps)


def test_steps_must_be_given_for_what_never_ends():
    with pytest.raises(
        ValueError, match="compare: steps must be given for schedules without an end"
    ):
        flr.compare(flr.constant(0.1), lambda t: 0.1)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_torch_scheduler_is_put_back_where_it_stood():
    import torch

    optimizer = torch.optim.SGD(
        [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.01}], lr=0.1
    )
    schedulers = torch.optim.lr_scheduler
    theirs = schedulers.SequentialLR(
        optimizer,
        [
            schedulers.LinearLR(optimizer, 0.1, total_iters=5),
            schedulers.CosineAnnealingLR(optimizer, 20),
        ],
        [5],
    )
    before = repr(theirs.state_dict()), [group["lr"] for group in optimizer.param_groups]
    ours = flr.presets.torch
    lr = [0.1, 0.01]
    plan = ours.SequentialLR(
        [ours.LinearLR(lr, 0.1, total_iters=5), ours.CosineAnnealingLR(lr, 20)], [5]
    )
    assert flr.compare(plan, theirs, steps=60)
    assert before == (repr(theirs.state_dict()), [group["lr"] for group in optimizer.param_groups])


def test_a_picture_of_both(tmp_path):
    """The picture has both curves, their difference, and a mark where they first differ."""
    from fastlr.drawing import plots

    found = flr.compare(PLAN, PLAN.delay(2))
    above, below = found.plot()
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["ours", "theirs"]
    assert below.get_ylabel() == "theirs - ours"
    assert below.get_title(loc="left") == f"they differ at step {found.step:,}"
    assert below.lines[0].get_ydata().tolist() == (found.theirs - found.ours).tolist()
    plots.save(above, tmp_path / "both.png")
    assert (tmp_path / "both.png").stat().st_size > 10_000
    assert not flr.compare(PLAN, PLAN).plot()[1].get_title(loc="left")


def test_progress_of_a_function_that_is_called_step_by_step(capfd, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    assert flr.compare(flr.constant(0.1), lambda t: 0.1, steps=50, progress=True)
    assert "50.0/50.0" in capfd.readouterr().err
    assert flr.compare(flr.constant(0.1), lambda t: 0.1, steps=50)
    assert capfd.readouterr().err == ""
