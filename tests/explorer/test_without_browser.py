"""Test the parts of the explorer's page without a browser."""

import re

import pytest
from example_schedules import SCHEDULES
from processes import run

import fastlr as flr
from fastlr.explorer import examples
from fastlr.explorer.chart_data import Source, columns, curves, facts, find, rate_at
from fastlr.explorer.code import is_written, python_code, torch_code
from fastlr.explorer.examples import constructor_choices, example_of, preset_names
from fastlr.explorer.parameters import changed, parameters, positions
from fastlr.explorer.view import Entry, View
from fastlr.schedule import constructor_names

every_schedule = pytest.mark.parametrize("name", SCHEDULES)


@every_schedule
@pytest.mark.exhaustive(one_in=5)
def test_a_parameter_set_to_its_value_changes_nothing(name):
    schedule = SCHEDULES[name]
    for parameter in parameters(schedule):
        if not parameter.is_number:
            assert parameter.value in parameter.options
        again = changed(schedule, parameter, parameter.value)
        assert again == schedule or not is_written(schedule)


@every_schedule
@pytest.mark.exhaustive(one_in=5)
def test_a_slider_has_its_value_among_its_stops(name):
    for parameter in parameters(SCHEDULES[name]):
        if parameter.is_number:
            stops = positions(parameter, scale=0.1)
            assert parameter.value in stops
            assert stops == sorted(set(stops))
            assert min(stops) >= parameter.rule.low
            assert max(stops) <= parameter.rule.high


@every_schedule
@pytest.mark.exhaustive(one_in=5)
def test_the_python_to_copy_builds_the_schedule(name):
    names = {}
    exec(python_code(SCHEDULES[name]), names)
    assert names["schedule"] == SCHEDULES[name]


@every_schedule
@pytest.mark.exhaustive(one_in=5)
def test_the_picture_has_the_rates_of_the_schedule(name):
    view = View()
    for curve in curves([Source("", SCHEDULES[name], None)], view):
        points = columns(curve, view)
        steps = [int(step.replace(",", "")) for step in points["step"]]
        assert list(map(float, points["rate"])) == curve.schedule(steps).tolist()


def test_the_python_of_a_run_names_it():
    names = {}
    exec(python_code(flr.recipe("llama3-405b").schedule, "llama3-405b"), names)
    assert names["schedule"] == flr.recipe("llama3-405b").schedule


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("constant(0.1)", "Scheduler(optimizer, schedule)"),
        ("constant([0.1, 0.2])", 'Scheduler(optimizer, schedule, by="position")'),
        ("stack([constant(0.1)], names=['a'])", "Scheduler(optimizer, schedule)"),
    ],
)
def test_the_torch_code_fits_the_groups(text, line):
    assert line in torch_code(flr.parse(text))


def test_two_axes_are_no_groups():
    with pytest.raises(ValueError, match=r"one rate, or one per parameter group"):
        torch_code(flr.constant([[0.1, 0.2]]))


def test_every_constructor_has_an_example():
    assert sorted(constructor_choices()) == sorted(constructor_names.__all__)
    for name in constructor_choices():
        assert repr(flr.parse(example_of(name))) == example_of(name)


def test_a_constructor_without_an_expression_has_that_of_its_docstring(monkeypatch):
    """As a new one has. ``stack`` shows none that is an expression."""
    shown = constructor_choices()
    monkeypatch.setattr(examples, "CONSTRUCTORS", {})
    assert sorted(constructor_choices()) == sorted(shown)
    assert example_of("cosine") == "cosine(init=1.0, end=0.0, steps=4)"
    assert example_of("rex") == "rex(init=1.0, end=0.0, steps=3)"


def test_nearly_every_preset_has_an_example():
    """Those without have no rates, or take a function, a mapping or another schedule."""
    without = []
    for name in preset_names():
        try:
            flr.parse(example_of(name))
        except ValueError:
            without.append(name)
    assert len(without) < 60
    assert "torch.OneCycleLR" not in without


def test_a_run_in_tokens_counts_steps():
    found = find("deepseek-v3")
    assert (found.run, found.steps) == ("deepseek-v3", 235_240)


@pytest.mark.parametrize(
    ("unit", "per", "at", "step"),
    [
        ("steps", None, 30.0, 30),
        ("share", None, 50.0, 45),
        ("epochs", 10.0, 0.3, 3),
        ("tokens", 4e6, 1.2e7, 3),
    ],
)
def test_rates_are_read_in_the_unit_of_the_axis(unit, per, at, step):
    view = View(unit=unit, per=per, at=at)
    (curve,) = curves([find("cosine(0.1, 0.0, 90)")], view)
    assert rate_at(curve, view) == (step, repr(flr.cosine(0.1, 0.0, 90)(step)))


def test_a_run_has_no_rates_after_its_end():
    view = View(at=105_964.0)
    (curve,) = curves([find("deepseek-67b")], view)
    assert rate_at(curve, view) == (105_964, "ended")
    assert facts(curve)["steps"] == "105,964"


def test_a_large_batch_shows_lanes_spread_over_it():
    drawn = curves([find("linear([" + "0.1, " * 99 + "0.2], 0.0, 10)")], View())
    assert len(drawn) == 12
    assert [drawn[0].label[-3:], drawn[-1].label[-4:]] == ["[0]", "[99]"]


@pytest.mark.parametrize("text", ["", "nope", "/etc/passwd", "llama", "constant(0.1", "1 + 1:"])
def test_other_text_is_no_schedule(text):
    with pytest.raises(ValueError, match=r"^(explore|parse): "):
        find(text)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("?steps=0", "steps must be an integer from 1"),
        ("?at=-1", "at must be a number from 0"),
        ("?per=0", "per must be a number above 0"),
        ("?unit=step", "unknown unit 'step'; did you mean 'steps'"),
        ("?run=bert", "unknown published run 'bert'; did you mean 'bert-base'"),
        ("?curves=a", "unknown key 'curves'; did you mean 'curve'"),
        ("?log=1&log=1", "must hold 'log' once"),
        ("?" + "a" * 70_000, "at most 65,536 characters"),
        ("?curve=" + "a" * 20_000, "at most 10,000 characters"),
    ],
)
def test_an_address_is_checked(address, message):
    with pytest.raises(ValueError, match=f"^explore: .*{message}"):
        View.from_address(address)


def test_an_address_gives_its_view_back():
    view = View(
        (Entry("constant(0.1)", "a & b"), Entry("noam(512, 4000)")),
        ("bert-base", "t5-base"),
        steps=900,
        log=True,
        peaks=True,
        unit="tokens",
        per=4e6,
        at=0.5,
    )
    assert View.from_address("http://127.0.0.1:5007/?" + view.query) == view


def test_without_panel_the_error_says_what_to_install():
    code = """
import json, sys
sys.modules["panel"] = None
import fastlr as flr
try:
    flr.explore("bert-base")
except ImportError as error:
    print(json.dumps(str(error)))
"""
    assert run(code) == "explore needs Panel: pip install 'fastlr[explore]'"


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of names that Panel 2 changes
def test_a_notebook_gets_the_scripts_without_a_network(monkeypatch):
    panel = pytest.importorskip("panel")
    loaded = []
    monkeypatch.setattr(panel, "extension", lambda **options: loaded.append(options))
    flr.explore("cosine(0.1, 0.0, 90)")._repr_mimebundle_()
    assert loaded == [{"inline": True}]


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: flr.explore(steps=0), "explore: steps must be an integer from 1 to 2**53, got 0"),
        (lambda: flr.explore(steps=True), "explore: steps must be an integer from 1 to 2**53"),
        (lambda: flr.explore().serve(port=0), "serve: port must be an integer from 1 to 65535"),
        (lambda: flr.explore().serve(port=70_000), "from 1 to 65535, got 70000"),
    ],
    ids=["no step", "a flag for steps", "port 0", "a port too high"],
)
def test_what_is_no_length_or_port_is_refused(build, rule):
    pytest.importorskip("panel")
    with pytest.raises((ValueError, TypeError), match=re.escape(rule)):
        build()
