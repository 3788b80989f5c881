"""Test the curves that plots draw, and the files that they write."""

import itertools
import sys
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D

import fastlr as flr
from fastlr.arguments.atomic_files import replacing
from fastlr.drawing.curves import points
from fastlr.drawing.plots import empty, plot, save
from fastlr.schedule.schedule import Schedule

WSD = flr.wsd(2.2e-4, warmup=2_000, stable=157_000, cooldown=68_000, end=2.2e-5)
DROPS = flr.milestones(0.1, 0.1, at=[30, 60])


def curves(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_label() != "_boundaries"]


def marks(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_label() == "_boundaries"]


def labels(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


# -- which steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [1, 2, 90, 4_000])
def test_short_runs_are_drawn_step_by_step(stop: int) -> None:
    assert points(DROPS, stop).tolist() == list(range(stop))


@pytest.mark.parametrize("stop", [4_001, 200_000, 300_000, 10**9])
def test_boundaries_and_their_neighbours_are_drawn(stop: int) -> None:
    """Both sides of each boundary, both ends, in order, and no more than a picture needs."""
    boundaries = [boundary for boundary in WSD.boundaries if boundary < stop]
    steps = points(WSD, stop)

    assert {
        0,
        stop - 1,
        *(
            boundary + beside
            for boundary in boundaries
            for beside in (-1, 0, 1)
            if boundary + beside < stop
        ),
    } <= set(steps.tolist())
    assert (np.diff(steps) > 0).all()
    assert steps.size <= 6_020
    assert np.diff(steps).max() <= 2.1 * stop / 1_000


def test_drops_that_are_no_boundaries_are_drawn() -> None:
    """A staircase that goes on for ever has no boundaries: its drops are found by their rates,
    to the step.
    """
    steps = set(points(flr.step_decay(0.1, 0.9, every=7_919), 200_000).tolist())

    assert {t + beside for t in range(7_919, 200_000, 7_919) for beside in (-1, 0)} <= steps


def test_fast_cycles_are_drawn_from_bottom_to_top() -> None:
    """A cycle that equal strides would meet at one height fills its band in every part of the
    picture.
    """
    schedule = flr.cyclic(0.1, 0.5, up=50)
    for part in np.array_split(schedule(points(schedule, 10**7)), 50):
        assert part.min() < 0.11
        assert part.max() > 0.49


# -- what is drawn ---------------------------------------------------------------------------------


def test_curve_is_the_schedule() -> None:
    """The rates at the steps, the last one held to the end of the run."""
    axes = plot(WSD, ax=empty())
    [curve] = curves(axes)
    steps, rates = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())

    assert steps[-1] == WSD.steps == 227_000
    assert rates[:-1].tobytes() == WSD(steps[:-1].astype(np.int64)).tobytes()
    assert rates[-1] == rates[-2]
    assert axes.get_xlim() == (0.0, 227_000.0)
    assert axes.get_ylim()[0] == 0.0
    assert axes.get_ylim()[1] > 2.2e-4


def test_drops_are_vertical() -> None:
    """In a short run each rate is held for its step; in a long one a drop is one step wide."""
    short = curves(plot(DROPS, steps=90, ax=empty()))[0]
    long = curves(plot(flr.milestones(0.1, 0.1, at=[123_456]), steps=200_000, ax=empty()))[0]
    at = int(np.flatnonzero(np.diff(np.asarray(long.get_ydata())))[0])

    assert short.get_drawstyle() == "steps-post"
    assert np.asarray(long.get_xdata())[at : at + 2].tolist() == [123_455, 123_456]


def test_boundaries_are_marked() -> None:
    """A dot on the curve at each boundary inside the run, in the curve's colour."""
    axes = plot(WSD, ax=empty())
    [dots] = marks(axes)

    assert np.asarray(dots.get_xdata()).tolist() == [2_000, 159_000]
    assert np.asarray(dots.get_ydata()).tolist() == [2.2e-4, 2.2e-4]
    assert dots.get_color() == curves(axes)[0].get_color()


@pytest.mark.parametrize(("boundaries", "marked"), [(40, 1), (41, 0)])
def test_too_many_boundaries_are_not_marked(boundaries: int, marked: int) -> None:
    schedule = flr.milestones(0.1, 0.9, at=list(range(10, 10 * boundaries + 1, 10)))

    assert len(marks(plot(schedule, steps=1_000, ax=empty()))) == marked
    assert marks(plot(schedule, steps=1_000, boundaries=False, ax=empty())) == []


def test_legend_only_of_several_curves() -> None:
    """One curve has its label as the title; several have labels that tell them apart, or what they
    are.
    """
    one, plain = plot({"wsd": WSD}, ax=empty()), plot(WSD, ax=empty())
    several = plot({"wsd": WSD}, DROPS, ax=empty())

    assert (labels(one), one.get_title(loc="left")) == ([], "wsd")
    assert (labels(plain), plain.get_title(loc="left")) == ([], "")
    assert (labels(several), several.get_title(loc="left")) == (["wsd", repr(DROPS)], "")


@pytest.mark.parametrize("count", [2, 10])
def test_legend_is_above_the_curves(count: int) -> None:
    """However many curves, their names stand inside the figure and hide no data, which keeps a
    third of the height.
    """
    axes = plot(flr.warmup_cosine([i / 1_000 for i in range(1, count + 1)], 10, 100), ax=empty())
    axes.figure.draw_without_rendering()
    legend = axes.get_legend()
    assert legend is not None
    names, curve, figure = legend.get_window_extent(), axes.get_window_extent(), axes.figure.bbox

    assert labels(axes) == [f"peak={i}e-3" for i in range(1, 10)][:count] + ["peak=0.01"] * (
        count > 9
    )
    assert names.y0 >= curve.y1
    assert 0 <= names.x0 < names.x1 <= figure.x1
    assert names.y1 <= figure.y1
    assert curve.height > figure.height / 3


def test_many_lanes_have_a_colour_bar() -> None:
    """It is labelled by the parameter that differs, and there is no limit."""
    axes = plot(flr.linear(np.linspace(0.1, 0.3, 1_000), 0.0, steps=100), ax=empty())
    _, bar = axes.figure.axes

    assert (len(curves(axes)), labels(axes), bar.get_ylabel()) == (1_000, [], "init")
    assert bar.get_ylim() == (0.1, 0.3)
    assert len({tuple(line.get_color()) for line in curves(axes)}) > 200


def test_more_lanes_than_are_drawn() -> None:
    axes = plot(flr.constant(np.linspace(0.1, 0.3, 3_000)), steps=10, ax=empty())

    assert len(curves(axes)) == 1_000
    assert axes.get_title(loc="left") == "1,000 of 3,000 lanes"


def test_many_groups_are_named_at_the_colour_bar() -> None:
    layers = flr.stack({f"layer{i}": flr.linear(0.5**i, 0.0, steps=9) for i in range(24)})
    axes = plot(layers, ax=empty())
    names = [text.get_text() for text in axes.figure.axes[1].get_yticklabels()]

    assert (names[0], names[-1]) == ("layer0", "layer23")


def test_colour_bar_of_a_chosen_parameter() -> None:
    family = flr.linear([[0.1], [0.2]], 0.0, steps=np.arange(100, 120))
    axes = plot(family, color="steps", ax=empty())

    assert axes.figure.axes[1].get_ylabel() == "steps"
    with pytest.raises(
        ValueError, match=r"color must be a parameter that differs, .*; did you mean"
    ):
        plot(family, color="step", ax=empty())


def test_curves_differ_in_colour_and_line_style() -> None:
    axes = plot(flr.constant([0.1 * i for i in range(1, 11)]), steps=9, ax=empty())
    styles = [(line.get_color(), str(line._dash_pattern)) for line in curves(axes)]

    assert len(set(styles)) == 10
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in itertools.pairwise(styles))


@pytest.mark.parametrize(
    ("schedules", "names"),
    [
        ([flr.stack({"body": WSD, "head": WSD * 2.0})], ["body", "head"]),
        (
            [flr.presets.torch.StepLR([0.1, 0.2], step_size=30)],
            ["lr=0.1", "lr=0.2"],
        ),
        ([flr.recipe("bert-base"), flr.recipe("llama3-405b")], ["bert-base", "llama3-405b"]),
        ([WSD, DROPS], ["wsd", "milestones"]),
        ([DROPS, flr.milestones(0.1, 0.5, at=[30, 60])], ["factor=0.1", "factor=0.5"]),
        (
            [flr.linear([[0.1, 0.2], [0.3, 0.4]], 0.5, 10).then(DROPS)],
            ["init=0.1", "init=0.2", "init=0.3", "init=0.4"],
        ),
        (
            [WSD, DROPS, flr.milestones(0.1, 0.5, at=[30, 60])],
            ["wsd", "milestones factor=0.1", "milestones factor=0.5"],
        ),
    ],
)
def test_labels_say_what_differs(schedules: list[Schedule], names: list[str]) -> None:
    assert labels(plot(*schedules, steps=1_000, ax=empty())) == names


# -- units, notes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "label", "end", "ticks"),
    [
        ({}, "step", 227_000, {"50k", "200k"}),
        ({"tokens_per_step": 4e6}, "tokens", 908e9, {"200B", "800B"}),
        ({"steps_per_epoch": 1_000}, "epoch", 227, {"50", "200"}),
        ({"share": True}, "share of the run", 1.0, {"20%", "100%"}),
    ],
)
def test_units(options: dict[str, Any], label: str, end: float, ticks: set[str]) -> None:
    axes = plot(WSD, ax=empty(), **options)
    axes.figure.draw_without_rendering()

    assert axes.get_xlabel() == label
    assert axes.get_ylabel() == "learning rate"
    assert axes.get_xlim()[1] == pytest.approx(end)
    assert ticks <= {tick.get_text() for tick in axes.get_xticklabels()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": True, "steps_per_epoch": 9}, "share must be left out where steps_per_epoch is"),
        ({"tokens_per_step": 0}, "tokens_per_step must be a number above 0, got 0"),
        ({"steps_per_epoch": True}, "steps_per_epoch must be a number above 0, got True"),
        ({"steps_per_epoch": float("nan")}, "steps_per_epoch must be a number above 0, got nan"),
    ],
)
def test_refused_units(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^plot: {message}"):
        plot(WSD, ax=empty(), **options)


def test_runs_of_different_lengths_compare_by_their_share() -> None:
    axes = plot(flr.linear(1.0, 0.0, steps=[100, 300]), share=True, ax=empty())

    assert [line.get_xdata()[-1] for line in curves(axes)] == [1.0, 1.0]


def test_peak_and_end_are_written_beside_the_curve() -> None:
    """The end of a cosine to 0 is 0, not the 1e-11 of the last step."""
    wsd, cosine = plot(WSD, ax=empty()), plot(flr.cosine(0.1, 0.0, steps=10**5), ax=empty())

    assert [text.get_text() for text in wsd.texts] == ["2.2e-4 at 2k", "2.2e-5"]
    assert [text.get_text() for text in cosine.texts] == ["0.1", "0"]
    assert not plot(flr.constant([0.1, 0.2, 0.3, 0.4]), steps=9, ax=empty()).texts


def test_a_short_warmup_has_an_inset() -> None:
    """It shows three times the warmup, where no curve runs."""
    axes = plot(flr.warmup_cosine(1e-3, 100, 10_000), ax=empty())
    [inset] = axes.child_axes

    assert inset.get_xlim() == (0.0, 300.0)
    [line] = inset.lines
    assert line.get_ydata().max() == 1e-3
    axes.figure.canvas.draw()
    drawn, frame = line.get_window_extent(), inset.get_window_extent()
    assert frame.x0 <= drawn.x0 < drawn.x1 <= frame.x1 + 1
    assert frame.y0 - 1 <= drawn.y0 < drawn.y1 <= frame.y1 + 1
    for schedule in (
        flr.warmup_cosine(1e-3, 300, 10_000),
        flr.cosine(1e-3, 0.0, 10_000),
        flr.cyclic(0.1, 0.2, up=100).with_past_end("hold"),
    ):
        assert not plot(schedule, steps=10_000, ax=empty()).child_axes


def test_logarithmic_axis_keeps_to_rates_that_last() -> None:
    """One cycle ends 10,000 times below its start, in its last steps only."""
    axes = plot(flr.one_cycle(1e-3, 10_000), log=True, ax=empty())

    assert 1e-7 < axes.get_ylim()[0] < 1e-5


def test_logarithmic_ticks_are_written_one_way() -> None:
    """Ticks between powers of 10 look as those at powers of 10: 2e-4, not a product."""
    axes = plot(flr.linear(6e-4, 6e-5, steps=100), log=True, ax=empty())
    axes.figure.draw_without_rendering()
    ticks = [*axes.get_yticklabels(), *axes.get_yticklabels(minor=True)]
    texts = {tick.get_text() for tick in ticks}

    assert {"1e-4", "2e-4", "6e-4"} <= texts
    assert not [text for text in texts if "$" in text]


def test_given_axes_are_drawn_on_and_kept() -> None:
    """On someone's own axes a second call adds to the first, and the legend stays inside."""
    axes = Figure().add_subplot()

    assert plot({"short": flr.linear(0.1, 0.0, steps=50)}, ax=axes) is axes
    assert plot({"long": flr.linear(0.4, 0.0, steps=80)}, ax=axes) is axes
    assert labels(axes) == ["short", "long"]
    assert axes.get_xlim() == (0.0, 80.0)
    assert axes.get_ylim()[1] >= 0.4


def test_schedule_draws_itself_with_pyplot() -> None:
    """``s.plot()`` makes a figure that a notebook shows."""
    pyplot.switch_backend("agg")
    axes = WSD.plot(steps=1_000)

    assert pyplot.gcf() is axes.figure
    assert curves(axes)[0].get_xdata()[-1] == 1_000
    pyplot.close(axes.figure)


def test_each_lane_is_a_curve() -> None:
    batch = flr.linear([[0.1, 0.2], [0.3, 0.4]], 0.0, steps=10)
    axes = plot({"sweep": batch}, ax=empty())

    assert [line.get_label() for line in curves(axes)] == [
        "sweep init=0.1",
        "sweep init=0.2",
        "sweep init=0.3",
        "sweep init=0.4",
    ]
    assert [line.get_ydata()[0] for line in curves(axes)] == [0.1, 0.2, 0.3, 0.4]


def test_each_is_drawn_to_its_end_and_the_endless_with_the_longest() -> None:
    axes = plot(
        flr.constant(0.1),
        flr.linear(1.0, 0.0, steps=[10, 30]),
        flr.cosine(1.0, 0.0, steps=20),
        ax=empty(),
    )

    assert axes.get_xlim() == (0.0, 30.0)
    assert [line.get_xdata()[-1] for line in curves(axes)] == [30, 10, 30, 20]


def test_steps_for_each() -> None:
    axes = plot(DROPS, flr.linear([1.0, 2.0], 0.0, steps=30), steps=[7, None], ax=empty())

    assert [line.get_xdata()[-1] for line in curves(axes)] == [7, 30, 30]
    with pytest.raises(
        ValueError,
        match=r"plot: steps must be one number, or one for each of 2 schedules, got \[7\]",
    ):
        plot(DROPS, DROPS, steps=[7], ax=empty())


def test_schedule_that_raises_is_drawn_to_its_end() -> None:
    axes = plot(
        flr.linear(1.0, 0.5, steps=10).with_past_end("raise"),
        flr.linear(1.0, 0.5, steps=30),
        ax=empty(),
    )

    assert [line.get_xdata()[-1] for line in curves(axes)] == [10, 30]


def test_logarithmic_rates() -> None:
    """Rates of 0 are left out, not drawn as some small number."""
    axes = plot(
        flr.exponential(1e-7, 1.0, steps=100), flr.warmup_linear(1.0, 10, 100), log=True, ax=empty()
    )
    axes.figure.draw_without_rendering()

    assert axes.get_yscale() == "log"
    assert 1e-9 < axes.get_ylim()[0] < 1e-7


@pytest.mark.parametrize(
    ("schedule", "steps", "x", "y"),
    [
        (
            flr.recipe("llama3-405b").schedule,
            None,
            ["0", "200k", "400k", "1M"],
            ["0", "1e-5", "8e-5"],
        ),
        (
            flr.linear(1.5e-4, 0.0, steps=10),
            None,
            ["0", "2", "10"],
            ["0", "2e-5", "1e-4", "1.2e-4"],
        ),
        (flr.constant(0.5), 3_000, ["0", "1k", "3k"], ["0", "0.1", "0.5"]),
        (flr.constant(0.0), 1, ["0", "1"], ["0", "0.01"]),
        (flr.constant(2e6), 2**53, ["0", "2P"], ["0", "2e6"]),
    ],
)
def test_ticks_can_be_read(
    schedule: Schedule, steps: int | None, x: list[str], y: list[str]
) -> None:
    """Steps in thousands and millions, never a fraction of a step; rates in few characters,
    never below 0.
    """
    axes = plot(schedule, steps=steps, ax=empty())
    axes.figure.draw_without_rendering()
    steps_shown = [tick.get_text() for tick in axes.get_xticklabels()]
    rates_shown = [tick.get_text() for tick in axes.get_yticklabels()]

    assert set(x) <= set(steps_shown)
    assert set(y) <= set(rates_shown)
    assert not [text for text in steps_shown + rates_shown if text[0] in "-\N{MINUS SIGN}"]


@pytest.mark.parametrize(
    ("schedules", "options", "error", "message"),
    [
        ([], {}, ValueError, "schedules must have at least one curve, got none"),
        ([{}], {}, ValueError, "schedules must have at least one curve, got none"),
        ([3.0], {}, TypeError, "schedules must be Schedules, got float 3.0"),
        ([{"a": "b"}], {}, TypeError, "schedules must be Schedules, got str 'b'"),
        (
            [flr.constant(0.1)],
            {},
            ValueError,
            r"steps must be given if no schedule ends after step 0 \(on the command line, --steps",
        ),
        ([DROPS], {"steps": 0}, ValueError, "steps must be from 1 to 2\\*\\*53, got 0"),
        (
            [DROPS],
            {"steps": 2**53 + 1},
            ValueError,
            f"steps must be from 1 to 2\\*\\*53, got {2**53 + 1}",
        ),
        ([DROPS], {"steps": 1.5}, TypeError, "steps must be an integer, got float 1.5"),
        ([DROPS], {"steps": True}, TypeError, "steps must be an integer, got bool True"),
    ],
)
def test_refusals(
    schedules: list[Schedule], options: dict[str, int], error: type[Exception], message: str
) -> None:
    """Every refusal comes before anything is drawn."""
    axes = empty()

    with pytest.raises(error, match=f"^plot: {message}"):
        plot(*schedules, **options, ax=axes)
    assert not axes.lines


def test_an_object_other_than_axes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^plot: ax must be Matplotlib axes, got int$"):
        plot(WSD, ax=3)


@pytest.mark.parametrize("pyplot", [False, True])
def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch, pyplot: bool) -> None:
    """The error says what to install."""
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(ImportError, match=r"^plot needs Matplotlib: pip install 'fastlr\[plot\]'$"):
        empty(pyplot)


# -- files -----------------------------------------------------------------------------------------


def test_png_and_svg(tmp_path: Path) -> None:
    axes = plot({"wsd": WSD}, ax=empty())
    save(axes, tmp_path / "wsd.png")
    save(axes, str(tmp_path / "wsd.svg"))

    assert imread(tmp_path / "wsd.png").shape[:2] == (720, 1440)
    assert (
        ElementTree.parse(tmp_path / "wsd.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wsd.png", "wsd.svg"]


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_same_picture_same_file(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        save(plot({"wsd": WSD}, DROPS, ax=empty()), tmp_path / f"{name}.{suffix}")

    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.PNG.txt", ".png"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^save: path must end in .png, .svg or .pdf, got '.*{name}'$"
    ):
        save(plot(WSD, ax=empty()), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^save: path must be in an existing folder, got '.*a\.png'$"
    ):
        save(plot(WSD, ax=empty()), tmp_path / "nowhere" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_failed_picture_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Matplotlib failing half-way through its file costs nothing."""
    (tmp_path / "a.png").write_text("old")

    def fail(self: Figure, file: BinaryIO, **options: object) -> None:
        file.write(b"half")
        raise RuntimeError("half-way")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(RuntimeError, match="half-way"):
        save(plot(WSD, ax=empty()), tmp_path / "a.png")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.png", "old")]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), SystemExit(1)]
)
@pytest.mark.parametrize("existed", [False, True])
def test_replacing_is_all_or_nothing(tmp_path: Path, error: BaseException, existed: bool) -> None:
    """Whatever ends the block early, the folder is as it was, and an error of the system names
    the file that was named.
    """
    path = tmp_path / "rates.csv"
    if existed:
        path.write_text("old")

    with pytest.raises(type(error)) as raised, replacing("out", path) as file:  # noqa: PT012
        file.write(b"half")
        assert len(list(tmp_path.iterdir())) == 1 + existed
        raise error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == (
        [("rates.csv", "old")] if existed else []
    )
    if isinstance(error, OSError):
        assert raised.value.filename == str(path)


def test_replacing_takes_the_place_at_the_end(tmp_path: Path) -> None:
    """Until the block is done the old file is there; then the new one, as readable as any other
    new file.
    """
    path, other = tmp_path / "rates.csv", tmp_path / "other"
    path.write_text("old")
    other.touch()

    with replacing("out", path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode == other.stat().st_mode
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()

    with pytest.raises(OSError, match=r"a\.png"):
        save(plot(WSD, ax=empty()), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
