"""Inputs for which the torch adapter once gave a wrong value without an error.

``adapters/test_torch.py`` runs each function in its own process. Each case is registered with the
packages it needs, and has the right value beside the reported input.
"""

import copy
import csv
import io
import json
import pickle
import tempfile
import warnings
from pathlib import Path

import numpy as np
from adapter_cases import raises

import fastlr as flr

CASES = {}
LINE = flr.linear(0.5, 1.0, steps=10)


def needs(*packages):
    def registered(case):
        CASES[case.__name__] = packages
        return case

    return registered


def run_case(name):
    """Run one case; warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        globals()[name]()


def weights(count):
    import torch

    return [torch.nn.Parameter(torch.ones(1)) for _ in range(count)]


def adamw(*groups, **options):
    """An AdamW with a group of one parameter for each dict."""
    import torch

    made = [{"params": [w], **group} for w, group in zip(weights(len(groups)), groups, strict=True)]
    return torch.optim.AdamW(made, **options)


def scheduler_of(optimizer, plan, **options):
    """A scheduler whose optimizer has made an update, without which the first step warns."""
    made = flr.adapters.torch.Scheduler(optimizer, plan, **options)
    optimizer.step()
    return made


def set_in(optimizer, key="lr"):
    return [float(group[key]) for group in optimizer.param_groups]


def through_a_file(state):
    """Return what ``torch.load(weights_only=True)`` reads of a saved state."""
    import torch

    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


# -- one schedule for groups that differ -----------------------------------------------------------

DECAYS = flr.bundle(lr=flr.constant(1e-3), weight_decay=flr.linear(0.1, 0.0, steps=10))


@needs("torch")
def a_group_without_weight_decay_keeps_none():
    optimizer = adamw({"weight_decay": 0.1}, {"weight_decay": 0.0})
    scheduler = scheduler_of(optimizer, DECAYS)
    assert set_in(optimizer, "weight_decay") == [0.1, 0.0]
    for t in range(1, 15):
        scheduler.step()
        assert set_in(optimizer, "weight_decay") == [DECAYS(t)["weight_decay"], 0.0]
    # the end of the schedule is 0, which a resumed run must not take for a group without decay
    fresh = adamw({"weight_decay": 0.1}, {"weight_decay": 0.0})
    fresh.load_state_dict(optimizer.state_dict())
    again = scheduler_of(fresh, DECAYS)
    again.jump(0)
    assert set_in(fresh, "weight_decay") == [0.1, 0.0]


@needs("torch")
def a_group_without_weight_decay_keeps_none_beside_named_rates():
    names = flr.stack({"w": flr.constant(1e-3), "b": flr.constant(2e-3)})
    plan = flr.bundle(lr=names, weight_decay=flr.linear(0.1, 0.0, steps=10))
    groups = {"name": "w", "weight_decay": 0.1}, {"name": "b", "weight_decay": 0.0}
    optimizer = adamw(*groups)
    scheduler_of(optimizer, plan)
    assert set_in(optimizer) == [1e-3, 2e-3]
    assert set_in(optimizer, "weight_decay") == [0.1, 0.0]
    named = flr.stack({"w": flr.constant(0.3), "b": flr.constant(0.2)})
    scheduler_of(optimizer, flr.bundle(lr=flr.constant(1e-3), weight_decay=named))
    assert set_in(optimizer) == [1e-3, 1e-3]
    assert set_in(optimizer, "weight_decay") == [0.3, 0.2], "a group that the schedule names"


@needs("torch")
def weight_decay_of_all_groups_is_set_where_all_have_none():
    optimizer = adamw({}, {}, weight_decay=0.0)
    scheduler_of(optimizer, DECAYS)
    assert set_in(optimizer, "weight_decay") == [0.1, 0.1]
    optimizer = adamw({"weight_decay": 0.1}, {"weight_decay": 0.05})
    raises(
        ValueError,
        "groups must have one initial weight_decay where a schedule is for all of them, "
        "got [0.1, 0.05]; to set each, name the groups",
        lambda: scheduler_of(optimizer, DECAYS),
    )
    assert set_in(optimizer, "weight_decay") == [0.1, 0.05]
    assert set_in(optimizer) == [1e-3, 1e-3]
    assert "initial_lr" not in optimizer.param_groups[0], "nothing is half set"


@needs("torch")
def groups_of_different_rates_stay_different():
    optimizer = adamw({"lr": 1e-5}, {"lr": 1e-3})
    raises(
        ValueError,
        "got [1e-05, 0.001]; to multiply each group's own rate pass relative=True; to set each, "
        "name the groups and pass flr.stack({name: schedule})",
        lambda: scheduler_of(optimizer, LINE),
    )
    assert set_in(optimizer) == [1e-5, 1e-3]
    scheduler = scheduler_of(optimizer, LINE, relative=True)
    for t in range(12):
        assert set_in(optimizer) == [1e-5 * LINE(t), 1e-3 * LINE(t)]
        optimizer.step(), scheduler.step()
    raises(
        TypeError,
        "relative must be True or False",
        lambda: scheduler_of(optimizer, LINE, relative=1),
    )


@needs("torch")
def a_resume_knows_whether_rates_are_relative():
    # without relative=True the same plan continued at 0.8 where the run had 0.08
    runs = {}
    for relative in (False, True):
        runs[relative] = scheduler_of(adamw({}, lr=0.1), LINE, relative=relative)
        runs[relative].jump(6)
    assert [run.get_last_lr() for run in runs.values()] == [[LINE(6)], [0.1 * LINE(6)]]
    for saved, now in ((True, False), (False, True)):
        state = runs[saved].state_dict()
        fresh = scheduler_of(adamw({}, lr=0.1), LINE, relative=now)
        before = fresh.get_last_lr()
        raises(
            ValueError,
            f"relative must be {saved}, as in the saved run",
            lambda f=fresh, s=state: f.load_state_dict(s),
        )
        assert (fresh.last_epoch, fresh.get_last_lr()) == (0, before)
        for wins, chosen in (("saved", saved), ("new", now)):
            fresh = scheduler_of(adamw({}, lr=0.1), LINE, relative=now, wins=wins)
            fresh.load_state_dict(state)
            assert fresh.get_last_lr() == runs[chosen].get_last_lr()
            assert ("initial_lr" in fresh.state_dict()["fastlr"]) == chosen
            fresh.optimizer.step(), fresh.step()
            assert fresh.get_last_lr() == [LINE(7) * (0.1 if chosen else 1.0)]
    plain = scheduler_of(adamw({}, lr=0.1), LINE, relative=True)
    plain.load_state_dict(flr.checkpoint(LINE, 6))  # which does not say
    assert plain.get_last_lr() == runs[True].get_last_lr()


@needs("torch")
def relative_rates_resume_in_either_order():
    for wins, plan in ((None, LINE), ("new", LINE.extend(20)), ("saved", LINE.extend(20))):
        for order in ("os", "so"):
            optimizer = adamw({"lr": 1e-5}, {"lr": 1e-3})
            scheduler = scheduler_of(optimizer, LINE, relative=True)
            for _ in range(4):
                optimizer.step(), scheduler.step()
            saved = through_a_file({"o": optimizer.state_dict(), "s": scheduler.state_dict()})
            fresh = adamw({"lr": 1e-5}, {"lr": 1e-3})
            again = flr.adapters.torch.Scheduler(fresh, plan, relative=True, wins=wins)
            for part in order:
                {"o": fresh, "s": again}[part].load_state_dict(saved[part])
            used = LINE if wins == "saved" else plan
            assert set_in(fresh) == [1e-5 * used(4), 1e-3 * used(4)], (wins, order)
            fresh.step(), again.step()
            assert set_in(fresh) == [1e-5 * used(5), 1e-3 * used(5)]
    saved = scheduler.state_dict()
    other = adamw({"lr": 2e-5}, {"lr": 1e-3})
    refused = flr.adapters.torch.Scheduler(other, LINE, relative=True)
    raises(
        ValueError,
        "saved [1e-05, 0.001], got [2e-05, 0.001]",
        lambda: refused.load_state_dict(saved),
    )
    assert (refused.last_epoch, set_in(other)) == (0, [1e-5, 5e-4])
    chosen = flr.adapters.torch.Scheduler(other, LINE, relative=True, wins="saved")
    chosen.load_state_dict(saved)
    assert set_in(other) == [1e-5 * LINE(4), 1e-3 * LINE(4)]


@needs("torch")
def betas_that_differ_are_not_made_alike():
    plan = flr.bundle(lr=LINE, beta1=flr.linear(0.9, 0.8, steps=10))
    optimizer = adamw({"betas": (0.9, 0.99)}, {"betas": (0.8, 0.99)})
    raises(ValueError, "one initial beta1", lambda: scheduler_of(optimizer, plan))
    optimizer = adamw({"betas": (0.9, 0.99)}, {"betas": (0.9, 0.999)})
    scheduler_of(optimizer, plan)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.99), (0.9, 0.999)]


@needs("torch")
def a_scale_of_timm_is_applied():
    optimizer = adamw({"lr_scale": 0.25}, {"lr_scale": 1.0})
    scheduler = scheduler_of(optimizer, LINE)
    scheduler.step()
    assert set_in(optimizer) == [LINE(1) * 0.25, LINE(1)]
    named = flr.stack({"a": LINE, "b": LINE * 0.5})
    optimizer = adamw({"lr_scale": 0.25, "name": "a"}, {"name": "b"})
    raises(
        ValueError, "groups with an lr_scale must have one", lambda: scheduler_of(optimizer, named)
    )


# -- names -----------------------------------------------------------------------------------------

NAMED = flr.stack({"no_decay": flr.constant(1e-5), "decay": flr.constant(1e-3)})


@needs("torch")
def names_that_cannot_be_matched_are_an_error():
    unnamed = adamw({"weight_decay": 0.1}, {"weight_decay": 0.0})
    raises(
        ValueError,
        "a group's name must be one of ['no_decay', 'decay'], got none for group 0; add 'name'",
        lambda: scheduler_of(unnamed, NAMED),
    )
    raises(
        ValueError,
        "got none for group 1",
        lambda: scheduler_of(adamw({"name": "decay"}, {}), NAMED),
    )
    scheduler_of(unnamed, NAMED, by="position")
    assert set_in(unnamed) == [1e-5, 1e-3]
    swapped = adamw({"name": "decay"}, {"name": "no_decay"})
    raises(
        ValueError,
        "got 'position' with lane 'no_decay' for group 0, 'decay'",
        lambda: scheduler_of(swapped, NAMED, by="position"),
    )
    scheduler_of(swapped, NAMED)
    assert set_in(swapped) == [1e-3, 1e-5]
    raises(
        ValueError,
        "by must be one of 'name', 'position'",
        lambda: scheduler_of(unnamed, NAMED, by="x"),
    )


@needs("torch")
def a_sweep_is_not_taken_for_groups():
    sweep = flr.cosine([1e-3, 3e-3], 0.0, steps=10)
    optimizer = adamw({}, {})
    raises(
        ValueError,
        "got a batch of 2 lanes without names; for a lane per group in their order pass "
        "by='position', of a sweep pass one lane, schedule[i]",
        lambda: scheduler_of(optimizer, sweep),
    )
    raises(ValueError, "2 lanes", lambda: scheduler_of(optimizer, flr.stack([LINE, LINE * 0.5])))
    assert set_in(optimizer) == [1e-3, 1e-3]
    scheduler_of(optimizer, sweep, by="position")
    assert set_in(optimizer) == [1e-3, 3e-3]


@needs("torch")
def a_state_without_names_leaves_those_of_the_groups():
    old = adamw({}, {})
    fresh = adamw({"name": "decay"}, {"name": "no_decay"})
    scheduler = scheduler_of(fresh, NAMED)
    fresh.load_state_dict(old.state_dict())
    assert set_in(fresh) == [1e-3, 1e-5]
    scheduler.step()
    assert set_in(fresh) == [1e-3, 1e-5]


# -- groups that are added -------------------------------------------------------------------------


def add(optimizer, **options):
    [parameter] = weights(1)
    optimizer.add_param_group({"params": [parameter], **options})


def applied(optimizer):
    """Return the rates of the next update."""
    seen = []
    handle = optimizer.register_step_post_hook(lambda *_: seen.extend(set_in(optimizer)))
    optimizer.step()
    handle.remove()
    return seen


@needs("torch")
def a_batch_of_equal_lanes_is_still_a_batch():
    names = flr.stack({"a": LINE, "b": LINE})
    for plan in (names, names * 2.0, names.maximum(1e-5)):
        raises(
            ValueError,
            "a group's name must be one of ['a', 'b'], got none for group 0",
            lambda plan=plan: scheduler_of(adamw({}, {}), plan),
        )
    for value in ([0.1], [0.1, 0.1]):
        raises(
            ValueError,
            "without names; for a lane per group in their order pass by='position'",
            lambda value=value: scheduler_of(adamw({}, {}), flr.linear(value, 0.0, steps=9)),
        )
    three = flr.linear([0.1] * 3, 0.0, steps=9)
    raises(
        ValueError,
        "one lane per group, 2 in all, got 3",
        lambda: scheduler_of(adamw({}, {}), three, by="position"),
    )


@needs("torch")
def what_is_no_schedule_is_refused_with_the_call_to_use():
    for wrong, way in (
        (flr.recipe("llama3-405b"), "pass its schedule, .schedule"),
        ("llama3-405b", "flr.recipe(name).schedule"),
        ({"lr_scheduler_type": "linear"}, "flr.from_config(config)"),
        (1e-3, "flr.constant(0.001)"),
        ([1e-3, 2e-3], "flr.sampled(values)"),
        (np.ones(3), "flr.sampled(values)"),
        (lambda t: 1e-3, "flr.sampled(values)"),
    ):
        optimizer = adamw({})
        raises(TypeError, way, lambda o=optimizer, w=wrong: scheduler_of(o, w))
        assert set_in(optimizer) == [1e-3]


@needs("torch")
def a_group_that_is_added_has_its_rate_at_its_first_update():
    optimizer = adamw({})
    scheduler = scheduler_of(optimizer, flr.constant(0.05))
    add(optimizer)
    assert applied(optimizer) == [0.05, 0.05]
    scheduler.step()
    optimizer = adamw({"name": "decay"})
    scheduler = scheduler_of(optimizer, NAMED)
    add(optimizer, name="no_decay")
    assert applied(optimizer) == [1e-3, 1e-5]
    add(optimizer)
    raises(ValueError, "got none for group 2", optimizer.step)
    optimizer = adamw({"weight_decay": 0.1}, {"weight_decay": 0.0})
    scheduler = scheduler_of(optimizer, DECAYS)
    add(optimizer, weight_decay=0.0)
    optimizer.step()
    assert scheduler.get_last_lr() == [1e-3] * 3
    assert set_in(optimizer, "weight_decay") == [0.1, 0.0, 0.0]


@needs("torch")
def a_scheduler_that_was_replaced_does_not_hear_of_a_group():
    optimizer = adamw({"name": "decay"})
    replaced = scheduler_of(optimizer, LINE)
    scheduler = scheduler_of(optimizer, NAMED)
    add(optimizer, name="no_decay", lr=0.3)
    assert applied(optimizer) == [1e-3, 1e-5]
    scheduler.step()
    raises(ValueError, ": ", replaced.step)
    assert set_in(optimizer) == [1e-3, 1e-5]


@needs("torch")
def a_group_that_is_added_with_another_rate_is_an_error():
    optimizer = adamw({})
    scheduler = scheduler_of(optimizer, LINE)
    scheduler.step()
    add(optimizer, lr=1e-4)
    raises(ValueError, "got [0.001, 0.0001]; to multiply each", optimizer.step)
    optimizer = adamw({"lr": 1e-3})
    scheduler = scheduler_of(optimizer, LINE, relative=True)
    optimizer.step(), scheduler.step()
    add(optimizer, lr=1e-4)
    raises(
        ValueError,
        "must have an 'initial_lr', got the rate 0.0001, which may be that of step 1",
        optimizer.step,
    )
    optimizer.param_groups[1]["initial_lr"] = 2e-4
    assert applied(optimizer) == [1e-3 * LINE(1), 2e-4 * LINE(1)]


@needs("torch")
def a_group_that_is_added_does_not_end_the_decay_of_others():
    # with SGD's default of 0 everywhere, 0 cannot mean to keep 0
    for first in ([{}], [{}, {"weight_decay": 0.0}]):
        optimizer = adamw(*first, weight_decay=0.0)
        scheduler = scheduler_of(optimizer, DECAYS)
        assert set_in(optimizer, "weight_decay") == [0.1] * len(first)
        add(optimizer)
        optimizer.step(), scheduler.step()
        assert set_in(optimizer, "weight_decay") == [DECAYS(1)["weight_decay"]] * (len(first) + 1)
        add(optimizer, weight_decay=0.1)
        raises(ValueError, "must have weight_decay 0 where all before it have 0", optimizer.step)
        raises(ValueError, "got 0.1, beside which 0 would mean to keep 0", scheduler.step)


# -- another scheduler -----------------------------------------------------------------------------


@needs("torch")
def another_scheduler_on_the_same_optimizer_is_noticed():
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    for count in (1, 2, 100):
        optimizer = adamw(*[{}] * count)
        scheduler = scheduler_of(optimizer, LINE)
        other = ReduceLROnPlateau(optimizer, factor=0.1, patience=0)
        other.step(1.0)
        scheduler.step()
        other.step(1.0)
        raises(
            ValueError,
            f"step: lr of group 0 must be {LINE(1)!r}, as set for step 1, got {LINE(1) * 0.1!r}: "
            "another scheduler or your code has changed it",
            scheduler.step,
        )
        assert scheduler.last_epoch == 1
        assert set_in(optimizer) == [LINE(1) * 0.1] * count, "nothing is set"


@needs("torch")
def another_scheduler_made_later_is_noticed_before_the_first_update():
    from torch.optim.lr_scheduler import StepLR

    def updated(made_later):
        optimizer = adamw({})
        if not made_later:
            StepLR(optimizer, 5)
        ours = flr.adapters.torch.Scheduler(optimizer, LINE)
        if made_later:
            StepLR(optimizer, 5)
        optimizer.step()
        return ours

    raises(UserWarning, "another scheduler was made on the same", lambda: updated(True))
    assert updated(False).get_last_lr() == [LINE(0)], "one that was made before may be given up"


@needs("torch")
def a_change_of_any_value_is_noticed():
    import torch

    plan = flr.bundle(lr=LINE, weight_decay=LINE, beta1=flr.linear(0.9, 0.8, steps=9))
    for key, wrong in (("lr", 0.3), ("weight_decay", 0.3), ("betas", (0.3, 0.9))):
        for group in (0, 1):
            optimizer = adamw({}, {})
            scheduler = scheduler_of(optimizer, plan)
            optimizer.param_groups[group][key] = wrong
            raises(ValueError, f"of group {group} must be", scheduler.step)
            raises(ValueError, "jump: ", lambda s=scheduler: s.jump(3))
    optimizer = adamw({}, lr=torch.tensor(1.0))
    scheduler = scheduler_of(optimizer, LINE)
    optimizer.param_groups[0]["lr"].mul_(0.5)
    raises(ValueError, "lr of group 0 must be 0.5, as set for step 0, got 0.25", scheduler.step)


@needs("torch")
def a_change_of_one_of_many_groups_is_noticed():
    for plan, options in (
        (LINE, {}),
        (flr.linear(np.linspace(0.1, 0.5, 200), 1.0, steps=10), {"by": "position"}),
    ):
        for changed in range(0, 200, 7):
            optimizer = adamw(*[{}] * 200)
            scheduler = scheduler_of(optimizer, plan, **options)
            scheduler.step()
            optimizer.param_groups[changed]["lr"] *= 0.1
            optimizer.step()
            raises(ValueError, f"lr of group {changed} must be", scheduler.step)


@needs("torch")
def a_state_with_changed_rates_needs_that_of_the_optimizer():
    optimizer = adamw({})
    scheduler = scheduler_of(optimizer, LINE)
    scheduler.step()
    optimizer.param_groups[0]["lr"] = 0.03
    saved = scheduler.state_dict()
    fresh = adamw({})
    again = flr.adapters.torch.Scheduler(fresh, LINE)
    again.load_state_dict(saved)
    raises(ValueError, "the optimizer's state must be loaded too", fresh.step)
    fresh.load_state_dict(optimizer.state_dict())
    assert applied(fresh) == [0.03]
    raises(ValueError, "got 0.03: another scheduler", again.step)


@needs("torch")
def it_hands_over_in_a_sequence_and_resumes_in_either_order():
    from torch.optim.lr_scheduler import ConstantLR, SequentialLR

    def sequence(optimizer, first):
        ours = flr.adapters.torch.Scheduler(optimizer, LINE)
        theirs = ConstantLR(optimizer, 0.5, total_iters=100)
        parts = [ours, theirs] if first else [theirs, ours]
        return SequentialLR(optimizer, parts, milestones=[3])

    def run(optimizer, scheduler, steps):
        rates = []
        for _ in range(steps):
            optimizer.step()
            rates += set_in(optimizer)
            scheduler.step()
        return rates

    for first in (True, False):
        whole = adamw({}, lr=1.0)
        expected = run(whole, sequence(whole, first), 8)
        for k in range(8):
            for order in ("os", "so"):
                optimizer = adamw({}, lr=1.0)
                scheduler = sequence(optimizer, first)
                begun = run(optimizer, scheduler, k)
                saved = {"o": optimizer.state_dict(), "s": scheduler.state_dict()}
                fresh = adamw({}, lr=1.0)
                again = sequence(fresh, first)
                for part in order:
                    {"o": fresh, "s": again}[part].load_state_dict(saved[part])
                assert begun + run(fresh, again, 8 - k) == expected, (first, k, order)


@needs("torch")
def it_warns_like_torch_of_a_step_before_the_update():
    optimizer = adamw({})
    scheduler = flr.adapters.torch.Scheduler(optimizer, LINE)
    raises(UserWarning, "`lr_scheduler.step()` before `optimizer.step()`", scheduler.step)
    optimizer.step()
    scheduler.step(), scheduler.step()
    jumped = flr.adapters.torch.Scheduler(adamw({}), LINE)
    jumped.jump(3)
    resumed = flr.adapters.torch.Scheduler(adamw({}), LINE)
    resumed.load_state_dict(scheduler.state_dict())
    resumed.step()


@needs("torch")
def a_change_of_any_of_many_groups_is_noticed():
    many, changed = 200, (0, 37, 199)
    each = flr.linear(np.geomspace(1e-4, 1e-2, many), 0.0, steps=100)
    for plan, options in ((LINE, {}), (each, {"by": "position"})):
        for i in changed:
            optimizer = adamw(*[{}] * many)
            scheduler = scheduler_of(optimizer, plan, **options)
            scheduler.step()
            optimizer.step()
            before = set_in(optimizer)
            optimizer.param_groups[i]["lr"] = 0.123  # between the update and the step
            raises(
                ValueError,
                f"step: lr of group {i} must be {before[i]!r}, as set for step 1, got 0.123",
                scheduler.step,
            )
            before[i] = 0.123
            assert (set_in(optimizer), scheduler.last_epoch) == (before, 1), "nothing is set"


@needs("torch")
def many_groups_have_the_rates_of_one_step_on_every_backend():
    many, order = 40, (0, 1, 2, 3, 2, 3)
    each = flr.cosine(np.geomspace(1e-4, 1e-2, many), 0.0, steps=5)
    scaled = [{"lr_scale": 0.9**i} for i in range(many)]
    own = [{"lr": 1e-3 * 0.9**i} for i in range(many)]

    def run(plan, groups, options):
        """What is set at each step, with a jump, and a rate that an equal one replaces."""
        optimizer, seen = adamw(*groups), []
        scheduler = scheduler_of(optimizer, plan, **options)
        for i in range(len(order)):
            seen.append(set_in(optimizer))
            if i == 2:
                optimizer.param_groups[1]["lr"] = np.float64(seen[-1][1])
            if i == 3:
                scheduler.jump(1)
            scheduler.step()
        assert all(type(group["lr"]) is float for group in optimizer.param_groups)
        return seen

    def at(step, plan, groups, options):
        return set_in(scheduler_of(adamw(*groups), plan, step=step, **options).optimizer)

    for backend in {"native", "reference"} & {k for k, v in flr.backends().items() if v == "ready"}:
        for case in (
            (LINE, [{}] * many, {}),
            (LINE, scaled, {}),
            (LINE, own, {"relative": True}),
            (each, [{}] * many, {"by": "position"}),
            (each, own, {"by": "position", "relative": True}),
        ):
            with flr.use_backend(backend):
                assert run(*case) == [at(step, *case) for step in order]


@needs("torch")
def groups_that_change_after_the_scheduler_is_built_are_an_error():
    named = flr.stack({"a": flr.linear(0.0, 1.0, steps=10), "b": flr.linear(0.0, 0.1, steps=10)})

    def scaled(groups):
        groups[1]["lr_scale"] = 0.1

    def renamed(groups):
        groups[0]["name"], groups[1]["name"] = "b", "a"

    for change, at in ((scaled, 1), (renamed, 0), (list.reverse, 0), (list.pop, 1)):
        for plan in (LINE, named):
            optimizer = adamw({"name": "a"}, {"name": "b"})
            scheduler = scheduler_of(optimizer, plan)
            change(optimizer.param_groups)
            before = set_in(optimizer)
            said = f"and with their name and lr_scale, got a change at group {at}; change them"

            def both(optimizer=optimizer, scheduler=scheduler):
                optimizer.step(), scheduler.step()

            raises(ValueError, said, both)
            assert (set_in(optimizer), scheduler.last_epoch) == (before, 0)


@needs("torch")
def a_tensor_that_would_round_a_rate_is_refused():
    import torch

    for dtype in (torch.float16, torch.bfloat16, torch.int64):
        optimizer = adamw({})
        optimizer.param_groups[0]["lr"] = torch.tensor(1, dtype=dtype)
        said = (
            f"lr of group 0 must be a number or a tensor of float32 or float64, got one of {dtype}"
        )
        raises(ValueError, said, lambda o=optimizer: scheduler_of(o, LINE))


@needs("torch")
def a_relative_schedule_that_is_a_rate_is_refused():
    optimizer = adamw({}, lr=1e-3)
    rate = flr.warmup_cosine(1e-3, warmup=2, steps=10)
    raises(
        ValueError,
        "got the peak 0.001, which is the rate of a group and would apply twice; divide",
        lambda: scheduler_of(optimizer, rate, relative=True),
    )
    assert set_in(optimizer) == [1e-3]
    factor = scheduler_of(optimizer, rate / 1e-3, relative=True)
    factor.jump(2)
    assert set_in(optimizer) == [1e-3]


# -- momentum --------------------------------------------------------------------------------------


@needs("torch")
def a_momentum_of_1_or_more_is_refused():
    import torch

    for key in ("beta1", "beta2", "momentum"):
        for plan in (flr.constant(1.5), flr.constant(1.0), flr.linear(0.9, 1.0, steps=10)):
            optimizer = adamw({})
            raises(
                ValueError,
                f"{key} must be below 1 at every step, got {plan(10)!r}",
                lambda o=optimizer, k=key, p=plan: scheduler_of(o, flr.bundle(lr=LINE, **{k: p})),
            )
            assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)
    sgd = torch.optim.SGD(weights(1), lr=1.0, momentum=0.9)
    raises(
        ValueError, "momentum must be below 1", lambda: scheduler_of(sgd, flr.bundle(momentum=LINE))
    )
    scheduler_of(sgd, flr.bundle(momentum=LINE.clip(0.0, 0.999)))
    both = flr.bundle(momentum=flr.constant(0.9), beta1=flr.constant(0.9))
    raises(ValueError, "one of momentum and beta1, got both", lambda: scheduler_of(adamw({}), both))


# -- plans that end, and plans that begin late -----------------------------------------------------


def train(optimizer, *schedulers, updates=4):
    """The rate of each update, which has a gradient."""
    import torch

    rates = []
    for _ in range(updates):
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.ones(1)
        optimizer.step()
        rates.append(float(optimizer.param_groups[0]["lr"]))
        for scheduler in schedulers:
            scheduler.step()
    return rates


def messages_of(work):
    """What ``work`` returns, and the messages of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return work(), [str(warning.message) for warning in caught]


@needs("torch")
def an_update_past_the_end_of_a_plan_warns_once():
    decay = flr.warmup_cosine(1.0, warmup=2, steps=4, end=0.25)
    stays = (
        "Scheduler: the schedule must last for the run, got one that ends at step 4 and stays at "
        "0.25, and an update at step 5; build it for the run or extend it, .extend(steps), or to "
        "train on at that rate say so: .then(flr.constant(rate))"
    )
    climbs = flr.presets.torch.CosineAnnealingLR(1.0, T_max=4)
    warm = flr.warmup_constant(1.0, warmup=2)
    for plan, updates, expected in (
        (decay, 5, []),  # whose last update has the end of the curve
        (decay, 6, [stays]),
        (decay, 12, [stays]),
        (flr.bundle(lr=decay, weight_decay=flr.constant(0.1)), 12, [stays]),
        (decay.then(flr.constant(0.25)), 12, []),
        (decay.repeat(), 12, []),
        (decay.extend(12), 12, []),
        (warm, 12, []),
        (flr.bundle(weight_decay=decay), 12, []),
        (flr.milestones(1.0, 0.1, at=[3, 5]), 12, []),
    ):
        optimizer = adamw({})
        scheduler = flr.adapters.torch.Scheduler(optimizer, plan)
        _, said = messages_of(lambda o=optimizer, s=scheduler, n=updates: train(o, s, updates=n))
        assert said == expected, plan
    for count in (2, 20):  # groups whose rates are set in other ways
        optimizer = adamw(*[{"name": f"g{i}"} for i in range(count)])
        lanes = flr.stack({f"g{i}": decay for i in range(count)})
        scheduler = flr.adapters.torch.Scheduler(optimizer, lanes)
        _, [said] = messages_of(lambda o=optimizer, s=scheduler: train(o, s, updates=12))
        assert "got one that ends at step 4 and stays at " in said, said
    optimizer = adamw({})
    scheduler = flr.adapters.torch.Scheduler(optimizer, climbs)
    rates, [said] = messages_of(lambda: train(optimizer, scheduler, updates=8))
    assert rates == climbs.table(8).tolist()
    assert "ends at step 4 and changes past it, and an update at step 5" in said
    assert said.endswith("build it for the run or extend it, .extend(steps)")


@needs("torch")
def a_plan_that_raises_past_its_end_allows_the_last_step_of_the_run():
    decay = flr.warmup_cosine(0.5, warmup=2, steps=4, end=0.25).with_past_end("raise")
    other = flr.linear(0.1, 0.0, steps=4).with_past_end("raise")
    rule = flr.Plateau(factor=0.5, patience=3)
    for groups, plan, options in (
        (1, decay, {}),
        (2, decay, {}),
        (20, decay, {}),
        (2, flr.stack({f"g{i}": decay * (1 - i / 2) for i in range(2)}), {}),
        (20, flr.stack({f"g{i}": decay * (1 - i / 20) for i in range(20)}), {}),
        (1, flr.bundle(lr=decay, weight_decay=other), {}),
        (1, decay, {"plateau": rule}),
    ):
        optimizer = adamw(*[{"name": f"g{i}"} for i in range(groups)])
        scheduler = flr.adapters.torch.Scheduler(optimizer, plan, **options)
        rates, said = messages_of(lambda o=optimizer, s=scheduler: train(o, s, updates=4))
        assert (rates, said) == (decay.table(4).tolist(), []), plan
        assert (scheduler.last_epoch, set_in(optimizer)[0]) == (4, decay(3))
        if options:
            scheduler.update(1.0)  # as a Trainer does after its last update
        saved = through_a_file({"o": optimizer.state_dict(), "s": scheduler.state_dict()})
        over = "ends at step 4 and raises an error past it, and an update at step 4"
        raises(ValueError, over, lambda o=optimizer, s=scheduler: train(o, s, updates=1))
        raises(ValueError, "t must be before the end, step 4", scheduler.step)
        for order in ("os", "so"):  # a run that was over before it is resumed
            fresh = adamw(*[{"name": f"g{i}"} for i in range(groups)])
            again = flr.adapters.torch.Scheduler(fresh, plan, **options)
            for part in order:
                {"o": fresh, "s": again}[part].load_state_dict(saved[part])
            assert (again.last_epoch, set_in(fresh)) == (4, set_in(optimizer)), order
            raises(ValueError, over, lambda o=fresh, s=again: train(o, s, updates=1))
            again.jump(2)
            assert train(fresh, again, updates=2) == decay.table(2, 4).tolist()


@needs("torch")
def a_warning_of_step_points_at_the_loop():
    plan = flr.linear(1.0, 0.0, steps=2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        flr.adapters.torch.Scheduler(adamw({}), plan).step()  # before the first update
        optimizer = adamw({})
        scheduler = flr.adapters.torch.Scheduler(optimizer, plan)
        optimizer.step()
        scheduler.step(0)  # the step of that update
        train(optimizer, scheduler, updates=6)  # past the end
    assert [warning.filename for warning in caught] == [__file__] * 3


@needs("torch")
def a_resume_without_the_state_of_the_scheduler_is_refused():
    import torch

    make, plan = flr.adapters.torch.Scheduler, flr.linear(1.0, 0.0, steps=100)

    def sgd(momentum):
        return torch.optim.SGD(weights(1), lr=0.1, momentum=momentum)

    for build, found in (
        (lambda: adamw({}), "a state of 4 updates and a plan that would begin at step 0"),
        (
            lambda: adamw({}, fused=True),
            "or pass step=, the step of the plan",
        ),
        (lambda: torch.optim.Adagrad(weights(1)), "to begin the plan here, pass step=0"),
        (lambda: sgd(0.9), "a state of one or more updates"),
    ):
        optimizer = build()
        scheduler = make(optimizer, plan)
        assert train(optimizer, scheduler) == [1.0, 0.99, 0.98, 0.97]
        saved = through_a_file({"o": optimizer.state_dict(), "s": scheduler.state_dict()})

        def resumed(order, build=build, saved=saved, **options):
            fresh = build()
            again = make(fresh, plan, **options)
            for part in order:
                {"o": fresh, "s": again}[part].load_state_dict(saved[part])
            return fresh, again

        fresh, again = resumed("o")
        before = [weight.clone() for weight in fresh.param_groups[0]["params"]]
        raises(ValueError, found, lambda o=fresh, s=again: train(o, s, updates=1))
        assert before == fresh.param_groups[0]["params"]
        assert again.last_epoch == 0
        for order, options, begin in (
            ("os", {}, 4),
            ("so", {}, 4),
            ("o", {"step": 4}, 4),
            ("o", {"step": 0}, 0),
            ("", {}, 0),
        ):
            expected = plan.table(begin, begin + 4).tolist()
            assert train(*resumed(order, **options)) == expected, (order, options)
        jumped, late = resumed("o")
        late.jump(4)
        assert train(jumped, late) == plan.table(4, 8).tolist()
        stepped, late = resumed("o")
        messages_of(lambda s=late: [s.step() for _ in range(4)])
        assert train(stepped, late) == plan.table(4, 8).tolist()


@needs("torch")
def a_new_plan_for_an_optimizer_that_has_trained_warns():
    import torch

    make, plan = flr.adapters.torch.Scheduler, flr.linear(1.0, 0.0, steps=100)
    optimizer = adamw({})
    train(optimizer)
    scheduler = make(optimizer, plan)
    rates, [said] = messages_of(lambda: train(optimizer, scheduler))
    assert rates == plan.table(4).tolist()
    assert "got a state of 4 updates and a plan that would begin at step 0" in said
    train(optimizer, make(optimizer, plan, step=0))
    accumulated = torch.optim.Adagrad(weights(1), lr=0.1)  # it has a state before its first update
    assert train(accumulated, make(accumulated, plan)) == plan.table(4).tolist()
    # a plan in epochs, with several updates at step 0, and a state that is loaded between them
    epochs = adamw({})
    scheduler = make(epochs, plan)
    train(epochs, updates=3)
    epochs.load_state_dict(epochs.state_dict())
    assert train(epochs, updates=1) + train(epochs, scheduler, updates=1) == [1.0, 1.0]


@needs("torch")
def a_step_that_is_assigned_is_refused():
    plan = flr.linear(1.0, 0.0, steps=100)
    for count in (1, 2, 20):
        scheduler = flr.adapters.torch.Scheduler(adamw(*[{}] * count), plan)
        scheduler.last_epoch = 4
        raises(
            ValueError,
            "last_epoch must not be assigned, got 4 with the rates of step 0; to set the rates of "
            "a step call jump(step)",
            lambda s=scheduler: train(s.optimizer, s),
        )
        scheduler.jump(4)
        assert train(scheduler.optimizer, scheduler) == plan.table(4, 8).tolist()


@needs("torch")
def the_step_of_the_update_that_was_just_made_warns():
    plan = flr.linear(1.0, 0.0, steps=100)
    optimizer = adamw({})
    scheduler = flr.adapters.torch.Scheduler(optimizer, plan)
    train(optimizer, updates=1)
    _, [said] = messages_of(lambda: scheduler.step(0))
    assert "got 0, that of the update that was just made, so its rate is used twice" in said
    optimizer = adamw({})
    scheduler, rates = flr.adapters.torch.Scheduler(optimizer, plan), []
    for epoch in range(3):  # as torch's schedulers were called before version 1.1
        scheduler.step(epoch)
        rates += train(optimizer, updates=2)
    assert rates == [1.0, 1.0, 0.99, 0.99, 0.98, 0.98]


@needs("torch")
def a_distributed_checkpoint_without_the_scheduler_is_refused():
    import torch
    from torch.distributed.checkpoint import state_dict as parts

    make, plan = flr.adapters.torch.Scheduler, flr.linear(1.0, 0.0, steps=100)

    def built():
        model = torch.nn.Linear(1, 1, bias=False)
        optimizer = torch.optim.AdamW(model.parameters())
        return model, optimizer, make(optimizer, plan)

    def trained(model, optimizer, scheduler):
        rates = []
        for _ in range(4):
            model(torch.ones(1)).sum().backward()
            optimizer.step()
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
        return rates

    model, optimizer, scheduler = built()
    parts.get_optimizer_state_dict(model, optimizer)  # it makes an update at the rate 0
    assert trained(model, optimizer, scheduler) == plan.table(4).tolist()
    saved, state = parts.get_optimizer_state_dict(model, optimizer), scheduler.state_dict()
    for order in ("o", "os", "so"):
        model, optimizer, scheduler = built()
        for part in order:
            if part == "o":
                parts.set_optimizer_state_dict(model, optimizer, saved)
            else:
                scheduler.load_state_dict(state)
        if order == "o":
            built_parts = model, optimizer, scheduler
            raises(ValueError, "would begin at step 0", lambda p=built_parts: trained(*p))
        else:
            assert trained(model, optimizer, scheduler) == plan.table(4, 8).tolist(), order


# -- states ----------------------------------------------------------------------------------------


@needs("torch")
def no_order_of_loading_is_wrong():
    import torch

    longer = LINE.extend(30)
    for rate in (1.0, torch.tensor(1.0, dtype=torch.float64)):
        for order in ("os", "so", "oso", "soo"):
            optimizer = adamw({}, {}, lr=rate)
            scheduler = scheduler_of(optimizer, LINE)
            for _ in range(4):
                optimizer.step(), scheduler.step()
            saved = through_a_file({"o": optimizer.state_dict(), "s": scheduler.state_dict()})
            fresh = adamw({}, {}, lr=rate)
            again = flr.adapters.torch.Scheduler(fresh, longer, wins="new")
            for part in order:
                {"o": fresh, "s": again}[part].load_state_dict(saved[part])
            assert applied(fresh) == [longer(4)] * 2, order
            again.step()
            assert set_in(fresh) == [longer(5)] * 2


@needs("torch")
def the_state_is_one_string():
    rule = flr.Plateau(factor=0.5, patience=0)
    scheduler = scheduler_of(adamw({}), LINE, plateau=rule)
    state = scheduler.state_dict()
    assert through_a_file(state) == state
    assert [(key, type(value)) for key, value in state.items()] == [("fastlr", str)]
    json.loads(state["fastlr"], parse_constant=lambda name: 1 / 0)  # no NaN, no Infinity
    for bad in (
        {"fastlr": "{"},
        {"fastlr": "[]"},
        {"fastlr": '{"run": {}, "more": 1}'},
        {"fastlr": 3},
        {},
    ):
        raises(ValueError, ": ", lambda bad=bad: scheduler.load_state_dict(bad))
    raises(TypeError, "got NoneType None", lambda: scheduler.load_state_dict(None))
    assert scheduler.state_dict() == state
    plain = scheduler_of(adamw({}), LINE)
    plain.load_state_dict(flr.checkpoint(LINE, 7))
    assert (plain.last_epoch, set_in(plain.optimizer)) == (7, [LINE(7)])


@needs("torch")
def a_distributed_checkpoint_resumes_a_changed_plan():
    import torch.distributed.checkpoint as dcp

    longer = flr.warmup_cosine(1.0, warmup=3, steps=30)
    for wins, steps in ((None, None), ("saved", LINE), ("new", longer)):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler = scheduler_of(adamw({}), LINE)
            for _ in range(4):
                scheduler.step()
            dcp.save({"scheduler": scheduler.state_dict()}, checkpoint_id=folder)
            again = scheduler_of(adamw({}), longer, wins=wins)
            state = {"scheduler": again.state_dict()}
            dcp.load(state, checkpoint_id=folder)
            if wins is None:
                raises(
                    ValueError,
                    "unless wins='saved' or wins='new'; the first to differ is step 0: 0.5",
                    lambda a=again, s=state: a.load_state_dict(s["scheduler"]),
                )
            else:
                again.load_state_dict(state["scheduler"])
                assert (again.last_epoch, again.get_last_lr()) == (4, [steps(4)])


@needs("torch")
def the_state_of_another_scheduler_says_what_to_do():
    from torch.optim import lr_scheduler as theirs

    ours = scheduler_of(adamw({}), LINE)
    optimizer = adamw({})
    cosine = theirs.CosineAnnealingLR(optimizer, 10)
    for _ in range(4):
        optimizer.step(), cosine.step()
    for state in (cosine.state_dict(), theirs.LambdaLR(adamw({}), lambda t: 1.0).state_dict()):
        raises(
            ValueError,
            f"pass step={state['last_epoch']} to Scheduler in place of this call; flr.from_config",
            lambda state=state: ours.load_state_dict(state),
        )
    plateau = theirs.ReduceLROnPlateau(adamw({})).state_dict()
    raises(ValueError, "plateau=flr.Plateau(...)", lambda: ours.load_state_dict(plateau))
    assert ours.last_epoch == 0
    begun = scheduler_of(adamw({}), LINE, step=4)
    assert (begun.last_epoch, begun.get_last_lr()) == (4, [LINE(4)])


@needs("transformers", "torch")
def the_state_of_a_scheduler_of_transformers_says_what_to_do():
    import transformers

    optimizer = adamw({})
    theirs = transformers.get_cosine_schedule_with_warmup(optimizer, 2, 10)
    for _ in range(3):
        optimizer.step(), theirs.step()
    ours = scheduler_of(adamw({}), LINE)
    state = theirs.state_dict()
    raises(ValueError, "pass step=3 to Scheduler", lambda: ours.load_state_dict(state))


# -- plateau ---------------------------------------------------------------------------------------

LOSSES = [1.0, 0.9, 0.95, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6]
RULE = flr.Plateau(factor=0.5, patience=1)


@needs("torch")
def a_metric_reduces_the_rate_at_once_and_does_not_advance():
    import torch

    warm = flr.warmup_cosine(0.1, warmup=5, steps=40)
    for plan, options in (
        (warm, {}),
        (flr.bundle(lr=warm, weight_decay=LINE), {}),
        (flr.stack({"a": warm, "b": warm * 0.1}), {}),
        (warm, {"relative": True}),
    ):
        optimizer = adamw({"name": "a"}, {"name": "b"}, lr=2.0)
        scheduler = scheduler_of(optimizer, plan, plateau=RULE, **options)
        rates = plan["lr"] if isinstance(plan, flr.Bundle) else plan
        base = 2.0 if options else 1.0
        state = RULE.init()
        for epoch, loss in enumerate(LOSSES):
            for step in range(3):
                t = 3 * epoch + step
                assert scheduler.last_epoch == t
                expected = RULE.rate(np.broadcast_to(rates(t), 2) * base, state)
                assert set_in(optimizer) == expected.tolist()
                optimizer.step(), scheduler.step()
            scheduler.update(torch.tensor(loss, dtype=torch.float64) if epoch % 2 else loss)
            state = RULE.update(state, loss)
            assert scheduler.plateau_state == state
            expected = RULE.rate(np.broadcast_to(rates(t + 1), 2) * base, state)
            assert set_in(optimizer) == expected.tolist()
        assert float(state.scale) == 0.125


@needs("torch")
def it_reduces_as_torch_does():
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    random = np.random.default_rng(0)
    for _ in range(20):
        losses = random.uniform(0.5, 1.0, 60)
        patience, cooldown = (int(n) for n in random.integers(0, 4, 2))
        theirs = adamw({}, lr=1.0)
        plateau = ReduceLROnPlateau(theirs, factor=0.5, patience=patience, cooldown=cooldown)
        rule = flr.Plateau(factor=0.5, patience=patience, cooldown=cooldown)
        ours = scheduler_of(adamw({}, lr=1.0), flr.constant(1.0), plateau=rule)
        for loss in losses:
            plateau.step(loss), ours.update(loss)
            assert ours.get_last_lr() == set_in(theirs)


@needs("torch")
def a_lowest_rate_is_that_of_torch_or_refused():
    # taken for the lowest factor of the rate 0.1, min_lr=0.01 let the rate fall to 0.001
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    settings, losses = {"factor": 0.5, "patience": 0, "min_lr": 0.02, "eps": 0.006}, [1.0] * 8
    rule = flr.presets.torch.ReduceLROnPlateau(**settings)
    theirs = adamw({}, lr=0.1)
    plateau = ReduceLROnPlateau(theirs, **settings)
    ours = scheduler_of(adamw({}), flr.constant(1.0), plateau=rule, scale=0.1)
    for loss in losses:
        plateau.step(loss), ours.update(loss)
        assert ours.get_last_lr() == set_in(theirs)
    assert set_in(theirs) == [0.025], "smaller changes than eps are not made"
    for limited in (rule, flr.Plateau(floor=0.02)):
        raises(
            ValueError,
            "scale must be given for Plateau, whose floor, 0.02, limits it, got none; to limit the "
            "rate pass a schedule of 1.0, such as flr.constant(1.0), and scale=, the first rate; "
            "to limit a factor of the schedule pass scale=1.0",
            lambda limited=limited: scheduler_of(adamw({}), flr.constant(0.1), plateau=limited),
        )
    factor = scheduler_of(adamw({}), flr.constant(0.1), plateau=rule, scale=1.0)
    for loss in losses:
        factor.update(loss)
    assert factor.get_last_lr() == [0.1 * 0.02]
    floored = flr.Plateau(factor=0.5, patience=0, rate_floor=0.02)
    rate = scheduler_of(adamw({}), flr.constant(0.1), plateau=floored)
    for loss in losses:
        rate.update(loss)
    assert rate.get_last_lr() == [0.02]


@needs("torch")
def a_plateau_resumes_in_the_same_checkpoint():
    warm = flr.warmup_cosine(0.1, warmup=5, steps=40)

    def run(scheduler, epochs):
        rates = []
        for epoch in epochs:
            for _ in range(3):
                scheduler.optimizer.step()
                rates += scheduler.get_last_lr()
                scheduler.step()
            scheduler.update(LOSSES[epoch])
        return rates

    whole = run(scheduler_of(adamw({}), warm, plateau=RULE), range(9))
    for k in range(9):
        for order in ("os", "so"):
            scheduler = scheduler_of(adamw({}), warm, plateau=RULE)
            begun = run(scheduler, range(k))
            saved = {"o": scheduler.optimizer.state_dict(), "s": scheduler.state_dict()}
            saved = through_a_file(saved)
            fresh = adamw({})
            again = flr.adapters.torch.Scheduler(fresh, warm, plateau=RULE)
            for part in order:
                {"o": fresh, "s": again}[part].load_state_dict(saved[part])
            assert begun + run(again, range(k, 9)) == whole, (k, order)
            assert copy.deepcopy(again).plateau_state == again.plateau_state
            twin = pickle.loads(pickle.dumps(again))
            twin.step()
            again.step()
            assert twin.get_last_lr() == again.get_last_lr()


@needs("torch")
def a_saved_rule_of_any_kind_wins():
    one = flr.constant(1.0)
    greedy = flr.GreedyLR(patience=0, factor=0.5, min_lr=1e-4)
    rules = (flr.Plateau(patience=0), greedy, flr.NewBob(), flr.KLAdaptive())
    for saved_rule in rules:
        saved = scheduler_of(adamw({}), one, plateau=saved_rule, scale=0.005)
        saved.update(0.5), saved.update(0.5)
        state = through_a_file(saved.state_dict())
        for passed in (None, *rules):
            options = {} if passed is None else {"plateau": passed, "scale": 0.001}
            again = flr.adapters.torch.Scheduler(adamw({}), one, wins="saved", **options)
            again.load_state_dict(state)
            assert again.plateau == saved_rule
            assert again.get_last_lr() == saved.get_last_lr(), (saved_rule, passed)


@needs("torch")
def a_checkpoint_of_fastlr_with_a_rule_is_loaded_with_its_state():
    rule, plan = flr.Plateau(factor=0.5, patience=0), flr.linear(1.0, 0.0, steps=10)
    state = rule.advance(rule.init(), [1.0, 1.0])
    saved = json.loads(json.dumps(flr.checkpoint(plan, 4, plateau=rule, state=state)))
    scheduler = scheduler_of(adamw({"params": weights(1)}), plan, plateau=rule)
    scheduler.load_state_dict(saved)
    assert scheduler.get_last_lr() == [0.3]
    without = scheduler_of(adamw({"params": weights(1)}), plan)
    raises(ValueError, "plateau must be the saved rule", lambda: without.load_state_dict(saved))
    assert without.get_last_lr() == [1.0]


@needs("torch")
def another_rule_than_the_saved_one_is_an_error():
    reduced = scheduler_of(adamw({}), LINE, plateau=RULE)
    for loss in (1.0, 1.0, 1.0):
        reduced.update(loss)
    saved, slower = reduced.state_dict(), flr.Plateau(factor=0.5, patience=7)
    for rule in (None, slower):
        other = scheduler_of(adamw({}), LINE, plateau=rule)
        raises(
            ValueError, "plateau must be the saved rule", lambda o=other: o.load_state_dict(saved)
        )
        assert (other.last_epoch, other.get_last_lr(), other.plateau) == (0, [0.5], rule)
    chosen = scheduler_of(adamw({}), LINE, plateau=slower, wins="saved")
    chosen.load_state_dict(saved)
    assert (chosen.plateau, chosen.get_last_lr()) == (RULE, [0.25])
    newer = scheduler_of(adamw({}), LINE, plateau=slower, wins="new")
    newer.load_state_dict(saved)
    assert (newer.plateau, newer.get_last_lr()) == (slower, [0.25]), "the reduction stays"
    plain = scheduler_of(adamw({}), LINE)
    raises(
        ValueError,
        "saved None, got {",
        lambda: scheduler_of(adamw({}), LINE, plateau=RULE).load_state_dict(plain.state_dict()),
    )


@needs("torch")
def a_rule_with_limits_of_the_rate_needs_its_first_rate():
    # with the factor 1.0 in place of a rate, KLAdaptive lowered 3e-4 to 3e-6 where it should raise
    rule = flr.KLAdaptive()
    for plan in (flr.constant(3e-4), LINE):
        raises(
            ValueError,
            "scale must be given for KLAdaptive, whose min_lr and max_lr, 1e-05 and 0.01, limit it",
            lambda plan=plan: scheduler_of(adamw({}), plan, plateau=rule),
        )
    raises(
        ValueError,
        "scale must be from min_lr to max_lr of KLAdaptive, 1e-05 to 0.01, got 1.0",
        lambda: scheduler_of(adamw({}), flr.constant(3e-4), plateau=rule, scale=1.0),
    )
    divergences = np.random.default_rng(1).uniform(1e-4, 0.02, 50)
    ours = scheduler_of(adamw({}, {}), flr.constant(1.0), plateau=rule, scale=3e-4)
    expected = rule.replay(divergences, rule.init(scale=3e-4))
    assert expected.max() > 3e-4
    for kl, rate in zip(divergences, expected, strict=True):
        ours.update(kl), ours.step()
        assert set_in(ours.optimizer) == [rate, rate]
    again = flr.adapters.torch.Scheduler(adamw({}, {}), flr.constant(1.0), plateau=rule, scale=1e-3)
    again.load_state_dict(through_a_file(ours.state_dict()))
    assert again.get_last_lr() == ours.get_last_lr(), "the saved rate, not the first"
    raises(ValueError, "without a plateau rule", lambda: scheduler_of(adamw({}), LINE, scale=0.5))
    raises(
        ValueError,
        "Scheduler: scale must be a finite number",
        lambda: scheduler_of(adamw({}), LINE, plateau=RULE, scale=-1.0),
    )


@needs("torch", "transformers")
def a_greedy_rate_is_that_of_transformers():
    from transformers.optimization import GreedyLR

    random = np.random.default_rng(2)
    settings = {"factor": 0.5, "patience": 1, "min_lr": 1e-3, "max_lr": 0.5}
    for _ in range(20):
        theirs = adamw({}, lr=0.01)
        greedy = GreedyLR(theirs, **settings)
        rule = flr.GreedyLR(**settings)
        ours = scheduler_of(adamw({}), flr.constant(1.0), plateau=rule, scale=0.01)
        for metric in random.uniform(0.0, 1.0, 60):
            greedy.step(metric), ours.update(metric)
            assert ours.get_last_lr() == set_in(theirs)


@needs("torch")
def a_rule_of_another_kind_needs_its_first_scale():
    reduced = scheduler_of(adamw({}), flr.constant(0.1), plateau=RULE)
    for loss in (1.0, 1.0, 1.0):
        reduced.update(loss)
    assert reduced.get_last_lr() == [0.05]
    for scale, rate in ((0.5, 0.05), (1.0, 0.1)):
        other = scheduler_of(
            adamw({}), flr.constant(0.1), plateau=flr.NewBob(), wins="new", scale=scale
        )
        other.load_state_dict(reduced.state_dict())
        assert other.get_last_lr() == [rate]
    other = scheduler_of(adamw({}), flr.constant(0.1), plateau=flr.NewBob(), wins="new")
    raises(
        ValueError,
        "pass scale=0.5 to Scheduler to continue from the saved scale, or scale=1.0",
        lambda: other.load_state_dict(reduced.state_dict()),
    )
    assert (other.last_epoch, other.get_last_lr()) == (0, [0.1])


@needs("torch")
def a_loss_that_is_a_whole_number_is_no_step():
    import torch

    scheduler = scheduler_of(adamw({}), LINE)
    for loss in (2.0, torch.tensor(2.0), torch.tensor(2), np.float32(2.0), 0.37, True):
        raises(
            TypeError,
            "to report a metric pass plateau=flr.Plateau(...)",
            lambda loss=loss: scheduler.step(loss),
        )
        assert (scheduler.last_epoch, scheduler.get_last_lr()) == (0, [0.5])
    scheduler.step(2)
    assert scheduler.get_last_lr() == [LINE(2)]


@needs("torch")
def wrong_uses_of_a_rule_are_refused():
    import torch

    plain = scheduler_of(adamw({}), LINE)
    raises(ValueError, "pass plateau=flr.Plateau(...) to Scheduler", lambda: plain.update(1.0))
    for wrong in (0.5, flr.Plateau, "min", LINE):
        raises(
            TypeError,
            "plateau must be a rule such as",
            lambda wrong=wrong: scheduler_of(adamw({}), LINE, plateau=wrong),
        )
    lanes = flr.Plateau(patience=[1, 2])
    raises(
        ValueError, "one rule for all groups", lambda: scheduler_of(adamw({}), LINE, plateau=lanes)
    )
    decay = flr.bundle(weight_decay=LINE)
    raises(ValueError, "must have an lr", lambda: scheduler_of(adamw({}), decay, plateau=RULE))
    ruled = scheduler_of(adamw({}), LINE, plateau=RULE)
    for metric in (7, 0.5, torch.tensor(0.5)):
        raises(
            TypeError,
            "report a metric with update(metric), which does not advance, in Lightning with",
            lambda metric=metric: ruled.step(metric),
        )
    for metric in ("0.5", None, float("nan"), torch.ones(2)):
        raises(
            (TypeError, ValueError), "update: metric", lambda metric=metric: ruled.update(metric)
        )
    ruled.optimizer.param_groups[0]["lr"] = 3.0
    raises(ValueError, "another scheduler or your code", lambda: ruled.update(1.0))
    assert ruled.plateau_state == RULE.init()


# -- groups of a model -----------------------------------------------------------------------------


def _encoder():
    import torch

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            block = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.embed = torch.nn.Embedding(10, 8)
            self.body = torch.nn.TransformerEncoder(block, 3, enable_nested_tensor=False)
            self.head = torch.nn.Linear(8, 2)

    return Encoder()


@needs("torch")
def groups_have_names_and_depths():
    import torch

    model = _encoder()
    parts = flr.adapters.torch.groups(model, decay=0.1)
    assert [(part["name"], part["weight_decay"]) for part in parts] == [
        ("decay", 0.1),
        ("no_decay", 0.0),
    ]
    assert all(p.ndim > 1 for p in parts[0]["params"])
    parts = flr.adapters.torch.groups(
        model, decay=0.1, layer_decay=0.5, no_decay=["*embed*", "head.weight"]
    )
    names = [part["name"] for part in parts]
    assert names[0] == "layer_0_no_decay"
    assert names[-1] == "layer_4_no_decay"
    assert len(names) == 8
    scale = flr.layer_decay({part["name"]: part["depth"] for part in parts}, 0.5)
    assert {part["name"]: part["lr_scale"] for part in parts} == scale
    assert sum(len(part["params"]) for part in parts) == len(list(model.parameters()))
    optimizer = torch.optim.AdamW(parts, lr=1.0)
    scheduler_of(optimizer, LINE)
    assert dict(zip(names, set_in(optimizer), strict=True)) == {
        name: 0.5 * scale[name] for name in names
    }
    named = flr.stack({name: LINE * scale[name] for name in names})
    bare = [{k: v for k, v in part.items() if k != "lr_scale"} for part in parts]
    other = torch.optim.AdamW(bare, lr=1.0)
    scheduler_of(other, named)
    assert set_in(other) == set_in(optimizer)


@needs("torch")
def groups_refuse_what_is_not_clear():
    import torch

    groups, model = flr.adapters.torch.groups, _encoder()
    raises(TypeError, "model must be a torch.nn.Module", lambda: groups(list(model.parameters())))
    raises(ValueError, "decay must be a finite number >= 0", lambda: groups(model, decay=-1))
    raises(ValueError, "layer_decay must be a factor", lambda: groups(model, layer_decay=1.5))
    raises(TypeError, "no_decay must be names", lambda: groups(model, no_decay="bias"))
    raises(
        ValueError,
        "got 'head.wieght'; did you mean 'head.weight'",
        lambda: groups(model, no_decay=["head.wieght"]),
    )
    two = torch.nn.Transformer(8, 2, 2, 2, 16, batch_first=True)
    raises(ValueError, "one list of equal blocks", lambda: groups(two, layer_decay=0.5))
    early = torch.nn.Module()
    early.head = torch.nn.Linear(2, 2)
    early.body = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(2)])
    raises(ValueError, "the layer of 'head.weight'", lambda: groups(early, layer_decay=0.5))
    frozen = torch.nn.Linear(2, 2).requires_grad_(False)
    raises(ValueError, "requires a gradient", lambda: groups(frozen))


@needs("timm", "torchvision", "torch")
def groups_of_timm_are_those_of_timm():
    import timm
    from timm.optim import param_groups_layer_decay

    for name in ("vit_tiny_patch16_224", "convnext_atto", "swin_tiny_patch4_window7_224"):
        model = timm.create_model(name, pretrained=False)
        skipped = getattr(model, "no_weight_decay", set)()
        theirs = param_groups_layer_decay(model, 0.05, skipped, layer_decay=0.75)
        ours = flr.adapters.torch.groups(model, decay=0.05, layer_decay=0.75)
        expected = {id(p): (g["weight_decay"], g["lr_scale"]) for g in theirs for p in g["params"]}
        for group in ours:
            for parameter in group["params"]:
                decay, scale = expected.pop(id(parameter))
                assert group["weight_decay"] == decay
                assert np.isclose(group["lr_scale"], scale, rtol=1e-14, atol=0.0)
        assert not expected


@needs("timm", "torchvision", "torch")
def groups_of_a_timm_backbone_are_those_of_timm_below_the_head():
    import timm
    import torch
    from timm.optim import param_groups_layer_decay

    for name in ("vit_tiny_patch16_224", "convnext_atto", "resnet10t"):
        body = timm.create_model(name, pretrained=False, num_classes=0)
        theirs = param_groups_layer_decay(body, 0.05, layer_decay=0.75)
        top = max(group["lr_scale"] for group in theirs)
        of_timm = {id(p): g["lr_scale"] for g in theirs for p in g["params"]}
        model = torch.nn.Module()
        model.backbone, model.head = body, torch.nn.Linear(body.num_features, 2)
        parts = flr.adapters.torch.groups(model, decay=0.05, layer_decay=0.75)
        ours = {id(p): part["lr_scale"] for part in parts for p in part["params"]}
        assert ours[id(model.head.weight)] == ours[id(model.head.bias)] == 1.0
        for own_name, parameter in body.named_parameters():
            expected = 0.75 * of_timm[id(parameter)] / top
            assert np.isclose(ours[id(parameter)], expected, rtol=1e-14, atol=0.0), own_name
    model.other = timm.create_model("resnet10t", pretrained=False)
    raises(
        ValueError,
        "one timm model where layer_decay is given, got ['backbone', 'other']",
        lambda: flr.adapters.torch.groups(model, layer_decay=0.75),
    )
    assert flr.adapters.torch.groups(model, decay=0.05)[0]["name"] == "decay"


@needs("timm", "torchvision", "torch")
def a_loop_of_timm_jumps_by_updates_or_epochs():
    import timm
    from timm.optim import param_groups_layer_decay
    from timm.scheduler import CosineLRScheduler

    model, epochs, per_epoch = timm.create_model("convnext_atto", pretrained=False), 5, 4
    parts = param_groups_layer_decay(model, 0.05, layer_decay=0.75)

    def optimizer():
        import torch

        return torch.optim.SGD([dict(part) for part in parts], lr=0.1)

    for by_epochs in (True, False):
        length = 1 if by_epochs else per_epoch
        settings = {"t_initial": epochs * length, "warmup_t": length, "warmup_lr_init": 1e-4}
        theirs = CosineLRScheduler(optimizer(), t_in_epochs=by_epochs, **settings)
        plan = flr.presets.timm.CosineLRScheduler(0.1, **settings)
        ours = flr.adapters.torch.Scheduler(optimizer(), plan)
        updates = 0
        for epoch in range(epochs):
            for _ in range(per_epoch):
                assert np.allclose(ours.get_last_lr(), set_in(theirs.optimizer), rtol=1e-14)
                updates += 1
                theirs.step_update(num_updates=updates, metric=1.0)
                if not by_epochs:
                    ours.jump(updates)
            theirs.step(epoch + 1, 1.0)
            if by_epochs:
                ours.jump(epoch + 1)
        assert ours.last_epoch == (epochs if by_epochs else epochs * per_epoch)


@needs("torch")
def groups_of_a_wrapped_model_are_those_of_the_model():
    # names that begin with "module." were decayed, although no_weight_decay() named them
    import torch
    from torch import distributed
    from torch.nn.parallel import DistributedDataParallel

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(5, 4)
            self.blocks = torch.nn.ModuleList([torch.nn.Linear(4, 4) for _ in range(3)])

        def no_weight_decay(self):
            return {"embed.weight"}

        def forward(self, x):
            return self.blocks[2](self.blocks[1](self.blocks[0](self.embed(x))))

    def settings(made, **options):
        parts = flr.adapters.torch.groups(made, decay=0.1, **options)
        return {
            id(p): [part["name"], part["weight_decay"], part.get("lr_scale")]
            for part in parts
            for p in part["params"]
        }

    model, groups = Model(), flr.adapters.torch.groups
    store = distributed.HashStore()
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        parallel = DistributedDataParallel(model)
        compiled = DistributedDataParallel(torch.compile(model))
        for options in ({}, {"layer_decay": 0.5}, {"no_decay": ["blocks.0.weight"]}):
            right = settings(model, **options)
            assert right[id(model.embed.weight)][1] == 0.0
            for made in (parallel, torch.compile(model), compiled, torch.nn.DataParallel(model)):
                assert settings(made, **options) == right
        right = settings(model, layer_decay=0.5)
        assert settings(torch.nn.Sequential(model), layer_decay=0.5) == right, "a part names it"
    finally:
        distributed.destroy_process_group()
    raises(
        ValueError,
        "parameters of their own shape",
        lambda: groups(torch.nn.Sequential(torch.nn.LazyLinear(3)), decay=0.1),
    )


@needs("torch")
def groups_of_flattened_parameters_are_refused():
    # FSDP leaves one axis, as of a bias, so that no parameter was decayed
    import torch
    from torch import distributed
    from torch.distributed.fsdp import FullyShardedDataParallel, ShardingStrategy

    store = distributed.HashStore()
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        for original in (True, False):
            model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
            flat = FullyShardedDataParallel(
                model,
                sharding_strategy=ShardingStrategy.NO_SHARD,
                device_id=torch.device("cpu"),
                use_orig_params=original,
            )
            raises(
                ValueError,
                "got ones that FSDP or DeepSpeed has flattened",
                lambda flat=flat: flr.adapters.torch.groups(flat, decay=0.1),
            )
    finally:
        distributed.destroy_process_group()


@needs("transformers", "torch")
def groups_of_transformers_follow_its_layers():
    import transformers

    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=8, vocab_size=9
    )
    model = transformers.BertForSequenceClassification(config)
    parts = flr.adapters.torch.groups(model, decay=0.01, layer_decay=0.9)
    depth = {id(p): part["depth"] for part in parts for p in part["params"]}
    for name, parameter in model.named_parameters():
        if "encoder.layer." in name:
            assert depth[id(parameter)] == int(name.split(".")[3]) + 1
        else:
            assert depth[id(parameter)] == (0 if "embeddings" in name else 4)


# -- Lightning -------------------------------------------------------------------------------------


def _fit(lightning, epochs, plateau=None, callbacks=(), configured=None, stop=None, **options):
    """Train a model with two named groups; return its rates per update, and its trainer."""
    import torch

    Report = flr.adapters.lightning.Report  # noqa: N806

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.body, self.head = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
            self.rates = []

        def training_step(self, batch, i):
            self.rates.append([group["lr"] for group in self.optimizers().param_groups])
            return self.head(self.body(batch[0])).square().sum()

        def validation_step(self, batch, i):
            self.log("val_loss", float(LOSSES[self.current_epoch]))

        def configure_optimizers(self):
            groups = [
                {"params": self.body.parameters(), "name": "body", "weight_decay": 0.1},
                {"params": self.head.parameters(), "name": "head", "weight_decay": 0.0},
            ]
            optimizer = torch.optim.AdamW(groups)
            plan = flr.bundle(lr=FIT, weight_decay=flr.linear(0.1, 0.0, steps=30))
            made = flr.adapters.torch.Scheduler(optimizer, plan, plateau=plateau)
            if configured is not None:
                return configured(optimizer, made)
            return [optimizer], flr.adapters.lightning.configs(made)

    data = torch.utils.data.TensorDataset(torch.ones(3, 1))
    loaders = [torch.utils.data.DataLoader(data, batch_size=1) for _ in range(2)]
    model = Model()
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        log_every_n_steps=1,
        **({"logger": False} | options),
        callbacks=[*callbacks, *([] if plateau is None else [Report("val_loss")])],
    )
    trainer.fit(model, *loaders, ckpt_path=stop, weights_only=None if stop is None else True)
    return model, trainer


FIT = flr.stack({"body": flr.warmup_cosine(0.1, 4, 30), "head": flr.cosine(0.2, 0.0, 30)})


def _lightning_cases(lightning):
    """Return the expected rates of 9 epochs with 3 updates each."""
    state, expected = RULE.init(), []
    for epoch, loss in enumerate(LOSSES):
        expected += [RULE.rate(FIT(3 * epoch + i), state).tolist() for i in range(3)]
        state = RULE.update(state, loss)
    return expected


def _with_lightning(package):
    import importlib

    lightning = importlib.import_module(package)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # its own, on workers and the like
        expected = _lightning_cases(lightning)
        model, _ = _fit(lightning, 9, plateau=RULE)
        assert model.rates == expected
        first, trainer = _fit(lightning, 6, plateau=RULE)
        trainer.save_checkpoint(f"{folder}/last.ckpt")
        second, _ = _fit(lightning, 9, plateau=RULE, stop=f"{folder}/last.ckpt")
        assert first.rates + second.rates == expected
        assert 0.5 * FIT(17)[0] > second.rates[0][0] * 0.9, "it was reduced"


@needs("lightning", "torch")
def lightning_reports_the_monitored_metric():
    _with_lightning("lightning.pytorch")


@needs("pytorch_lightning", "torch")
def pytorch_lightning_reports_the_monitored_metric():
    _with_lightning("pytorch_lightning")


@needs("lightning", "torch")
def lightning_logs_by_the_name_of_the_group():
    from lightning import pytorch as lightning
    from lightning.pytorch.loggers import CSVLogger

    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        logger = CSVLogger(folder)
        callback = flr.adapters.lightning.LogRates()
        _fit(lightning, 2, plateau=RULE, callbacks=[callback], logger=logger)
        text = Path(logger.log_dir, "metrics.csv").read_text()
        rows = [row for row in csv.DictReader(text.splitlines()) if row["lr/body"]]
    rows = [{key: float(value) for key, value in row.items() if value} for row in rows]
    assert [row["step"] for row in rows] == list(range(6))
    assert [[row["lr/body"], row["lr/head"]] for row in rows] == FIT.table(6).T.tolist()
    assert {row["weight_decay/head"] for row in rows} == {0.0}
    assert [row["weight_decay/body"] for row in rows] == flr.linear(0.1, 0.0, 30).table(6).tolist()
    assert {row["lr_scale"] for row in rows} == {1.0}


@needs("lightning", "torch")
def lightning_used_wrongly_is_refused():
    from lightning import pytorch as lightning

    configs = flr.adapters.lightning.configs
    plain = scheduler_of(adamw({}), LINE)
    raises(TypeError, "monitor must be the name", lambda: flr.adapters.lightning.Report(3))
    raises(ValueError, "interval must be one of", lambda: configs(plain, interval="batch"))
    raises(TypeError, "scheduler must be a fastlr", lambda: configs(adamw({})))
    raises(ValueError, "every must be", lambda: flr.adapters.lightning.LogRates(0))

    def as_torchs(optimizer, made):
        """As one would a ReduceLROnPlateau."""
        config = {"scheduler": made, "monitor": "val_loss", "reduce_on_plateau": True}
        return {"optimizer": optimizer, "lr_scheduler": config}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raises(
            ValueError,
            "return [optimizer], flr.adapters.lightning.configs(scheduler)",
            lambda: _fit(lightning, 2, plateau=RULE, configured=as_torchs),
        )
        other = flr.adapters.lightning.Report("loss")
        raises(
            ValueError,
            "one callback must report to the rules, got several",
            lambda: _fit(lightning, 2, plateau=RULE, callbacks=[other]),
        )
        raises(
            ValueError,
            "a scheduler must have a plateau rule, got none",
            lambda: _fit(lightning, 2, callbacks=[other]),
        )


@needs("lightning", "torch")
def lightning_adds_a_group_in_mid_run():
    import torch
    from lightning import pytorch as lightning
    from lightning.pytorch.callbacks import BaseFinetuning

    class Unfreeze(BaseFinetuning):
        def freeze_before_training(self, module):
            self.freeze(module.body)

        def finetune_function(self, module, epoch, optimizer):
            if epoch == 1:
                self.unfreeze_and_add_param_group(module.body, optimizer, lr=self.lr)

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.body, self.head = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
            self.rates = []

        def training_step(self, batch, i):
            return self.head(self.body(batch[0])).square().sum()

        def on_before_zero_grad(self, optimizer):
            self.rates.append(set_in(optimizer))

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.head.parameters(), lr=1e-3)
            made = flr.adapters.torch.Scheduler(optimizer, LINE)
            return [optimizer], flr.adapters.lightning.configs(made)

    def fit(rate):
        model, callback = Model(), Unfreeze()
        callback.lr = rate
        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(3, 1)))
        seen = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = lightning.Trainer(
                max_epochs=2,
                accelerator="cpu",
                logger=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                enable_checkpointing=False,
                callbacks=[callback],
            )

            def optimizer_step(epoch, batch, optimizer, closure):
                optimizer.register_step_post_hook(
                    lambda *_: seen.append(set_in(optimizer))
                ) if not seen else None
                optimizer.step(closure)

            model.optimizer_step = optimizer_step
            trainer.fit(model, data)
        return seen

    rates = fit(1e-3)
    assert rates == [[LINE(t)] for t in range(3)] + [[LINE(t)] * 2 for t in range(3, 6)]
    raises(ValueError, "to multiply each group's own rate pass relative=True", lambda: fit(1e-4))


# -- Transformers ----------------------------------------------------------------------------------


def _trainer(folder, schedule, losses=(), steps=9, save=3, optimizers=(None, None), **options):
    """Return a Trainer of a tiny model whose evaluations give these losses."""
    import torch
    from transformers import PretrainedConfig, PreTrainedModel, TrainingArguments

    class Tiny(PreTrainedModel):
        config_class = PretrainedConfig

        def __init__(self, config):
            super().__init__(config)
            self.layer, self.norm = torch.nn.Linear(1, 2), torch.nn.LayerNorm(2)
            self.post_init()

        def forward(self, x, labels=None):
            y = self.norm(self.layer(x)).sum(-1, keepdim=True)
            return {"loss": (y - labels).square().mean(), "logits": y}

    class Mine(flr.adapters.transformers.Trainer):
        def evaluate(self, **kwargs):
            loss = losses[self.state.global_step // 3 - 1]
            metrics = {"eval_quality": loss}
            self.log(metrics)
            return metrics

    ours = {key: options.pop(key) for key in ("plateau", "wins", "relative") if key in options}
    arguments = TrainingArguments(
        folder,
        max_steps=steps,
        per_device_train_batch_size=1,
        logging_steps=1,
        save_steps=save,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        **options,
    )
    data = [{"x": torch.ones(1) * i, "labels": torch.ones(1)} for i in range(10)]
    return Mine(
        Tiny(PretrainedConfig()),
        arguments,
        train_dataset=data,
        eval_dataset=data,
        schedule=schedule,
        optimizers=optimizers,
        **ours,
    )


def _applied(trainer):
    """Return the rates of each update, by group."""
    import transformers

    seen = []

    class Record(transformers.TrainerCallback):
        def on_pre_optimizer_step(self, args, state, control, optimizer=None, **kwargs):
            seen.append(set_in(trainer.optimizer))

    trainer.add_callback(Record())
    return seen


@needs("transformers", "accelerate", "torch")
def transformers_keep_biases_and_norms_without_decay():
    plan = flr.bundle(lr=LINE, weight_decay=flr.linear(0.1, 0.05, steps=9))
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(folder, plan, weight_decay=0.1)
        trainer.train()
        assert set_in(trainer.optimizer, "weight_decay") == [0.05, 0.0]


@needs("transformers", "accelerate", "torch")
def transformers_report_the_metric_for_the_best_model():
    rule = flr.Plateau(factor=0.5, patience=0)
    plan = flr.warmup_cosine(0.1, warmup=2, steps=40)
    losses, options = (
        [1.0, 1.0, 0.5, 0.6],
        {
            "eval_strategy": "steps",
            "eval_steps": 3,
            "metric_for_best_model": "quality",
            "greater_is_better": False,
        },
    )
    scales = np.repeat([1.0, 1.0, 0.5, 0.5], 3)
    expected = [[plan(t) * scales[t]] * 2 for t in range(12)]
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(folder, plan, losses, steps=12, plateau=rule, **options)
        seen = _applied(trainer)
        trainer.train()
        assert seen == expected
        assert float(trainer.lr_scheduler.plateau_state.scale) == 0.25
        for begin in (3, 6, 9):
            again = _trainer(folder, plan, losses, steps=12, plateau=rule, **options)
            seen = _applied(again)
            again.train(resume_from_checkpoint=f"{folder}/checkpoint-{begin}")
            assert seen == expected[begin:]
            assert float(again.lr_scheduler.plateau_state.scale) == 0.25
        missing = options | {"metric_for_best_model": "accuracy"}
        wrong = _trainer(folder, plan, losses, steps=12, plateau=rule, **missing)
        raises(ValueError, "'eval_quality'], got 'accuracy'", wrong.train)
        for change, said in (
            ({"metric_for_best_model": None}, "metric_for_best_model must be given"),
            ({"eval_strategy": "no"}, "eval_strategy must be 'steps' or 'epoch'"),
            ({"greater_is_better": True}, "greater_is_better must agree"),
        ):
            raises(
                ValueError,
                said,
                lambda c=change: _trainer(folder, plan, losses, plateau=rule, **(options | c)),
            )


@needs("transformers", "accelerate", "torch")
def transformers_take_a_published_run_by_name():
    with tempfile.TemporaryDirectory() as folder:
        raises(
            ValueError,
            "schedule 'llama3-405b' must be trained for its 1,200,000 steps, got 9; for the first "
            "9 of its rates pass schedule=flr.recipe('llama3-405b').schedule",
            lambda: _trainer(folder, "llama3-405b"),
        )
        raises(ValueError, "nearest: llama3-405b", lambda: _trainer(folder, "llama-405b"))
        raises(TypeError, "got float 0.1", lambda: _trainer(folder, 0.1))
        whole = _trainer(folder, "llama3-405b", steps=1_200_000)
        whole.create_optimizer()
        made = whole.create_scheduler(1_200_000)
        assert made.schedule == flr.recipe("llama3-405b").schedule
        written = _trainer(folder, "linear(0.5, 1.0, 10)")
        written.train()
        assert written.lr_scheduler.schedule == LINE
        epochs = _trainer(folder, "llama3-405b", steps=-1, num_train_epochs=1)
        raises(ValueError, "got 10;", epochs.train)


@needs("transformers", "accelerate", "torch")
def transformers_do_not_train_on_after_a_decay_has_ended():
    decay = flr.warmup_cosine(0.1, warmup=2, steps=5)
    warm = flr.warmup_constant(0.1, warmup=2)
    with tempfile.TemporaryDirectory() as folder:
        for plan in (decay, flr.bundle(lr=decay, weight_decay=flr.constant(0.1))):
            raises(
                ValueError,
                "schedule must last for the 9 steps of the run, got one that ends at step 5 and "
                "stays at 0.0; build it for the run or extend it, .extend(9), or to train on",
                lambda p=plan: _trainer(folder, p),
            )
        late = _trainer(folder, lambda steps: decay)
        raises(ValueError, "must last for the 9 steps", late.train)
        epochs = _trainer(folder, decay, steps=-1, num_train_epochs=1)
        raises(ValueError, "must last for the 10 steps", epochs.train)
        ends = decay.with_past_end("raise")
        raises(ValueError, "raises an error past it", lambda: _trainer(folder, ends))
        short = decay.extend(8).with_past_end("raise")  # has no rate at the last of 9 steps
        raises(ValueError, "at step 8 and raises an error", lambda: _trainer(folder, short))
        climbs = flr.presets.torch.CosineAnnealingLR(0.1, T_max=5)
        raises(UserWarning, "changes past it", lambda: _trainer(folder, climbs))
        for plan in (
            decay.extend(9),
            decay.extend(8),  # whose last step has the end of the curve
            decay.extend(9).with_past_end("raise"),
            decay.then(flr.constant(0.0)),
            decay.with_past_end("repeat"),
            decay.repeat(),
            warm,
            flr.milestones(0.1, 0.1, at=[3, 5]),
            flr.constant(0.1),
        ):
            trainer = _trainer(folder, plan, save=100)
            seen = _applied(trainer)
            trainer.train()
            assert [rates[0] for rates in seen] == plan.table(9).tolist()


@needs("transformers", "accelerate", "torch")
def transformers_do_not_ignore_a_schedule_beside_another_scheduler():
    from torch.optim.lr_scheduler import StepLR

    optimizer = adamw({})
    with tempfile.TemporaryDirectory() as folder:
        raises(
            ValueError,
            "optimizers must have None in place of a scheduler where schedule= is given, got Step",
            lambda: _trainer(folder, LINE, optimizers=(optimizer, StepLR(optimizer, 3))),
        )
        trainer = _trainer(folder, LINE, optimizers=(optimizer, None))
        trainer.train()
        assert set_in(optimizer) == [LINE(9)]


@needs("transformers", "accelerate", "torch")
def transformers_keep_groups_of_different_rates():
    with tempfile.TemporaryDirectory() as folder:
        optimizer = adamw({"lr": 1e-5}, {"lr": 1e-3})
        trainer = _trainer(folder, LINE, optimizers=(optimizer, None))
        raises(ValueError, "got [1e-05, 0.001]; to multiply", trainer.train)
        optimizer = adamw({"lr": 1e-5}, {"lr": 1e-3})
        trainer = _trainer(folder, LINE, optimizers=(optimizer, None), relative=True)
        trainer.train()
        assert set_in(optimizer) == [1e-5 * LINE(9), 1e-3 * LINE(9)]


@needs("transformers", "accelerate", "torch")
def transformers_resume_a_checkpoint_of_the_model_alone():
    plan = flr.linear(1.0, 0.0, steps=9)
    rule = {
        "plateau": flr.Plateau(factor=0.5, patience=0),
        "eval_strategy": "steps",
        "eval_steps": 3,
        "metric_for_best_model": "quality",
        "greater_is_better": False,
    }
    with tempfile.TemporaryDirectory() as folder:
        _trainer(folder, plan, save_only_model=True).train()
        for begin in (3, 6):
            again = _trainer(folder, plan, save_only_model=True)
            seen = _applied(again)
            again.train(resume_from_checkpoint=f"{folder}/checkpoint-{begin}")
            assert [rates[0] for rates in seen] == plan.table(begin, 9).tolist()
        heard = _trainer(folder, plan, [1.0] * 3, **rule)
        raises(
            ValueError,
            "resume_from_checkpoint must have the state of the plateau rule",
            lambda: heard.train(resume_from_checkpoint=f"{folder}/checkpoint-3"),
        )


@needs("transformers", "accelerate", "torch")
def transformers_begin_a_second_training_at_the_first_step():
    plan = flr.linear(1.0, 0.0, steps=9)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(folder, plan)
        seen = _applied(trainer)
        trainer.train()
        trainer.train()
        assert [rates[0] for rates in seen] == plan.table(9).tolist() * 2
