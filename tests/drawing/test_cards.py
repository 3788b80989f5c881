"""Test the displays for notebooks: they parse, have the right facts, and never raise."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import fastlr as flr
from fastlr.drawing.cards import card, sketch, table

SVG = "{http://www.w3.org/2000/svg}"
PLAN = flr.wsd(1.0, warmup=10, stable=70, cooldown=20)
LAW = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
FAMILY = flr.sweep("cosine", init=[1e-3, 3e-3, 1e-2], end=[0.0, 1e-3], steps=1_000)


def parsed(html: str) -> ElementTree.Element:
    """A display as a tree: it is well-formed XML too."""
    return ElementTree.fromstring(f"<body>{html}</body>")


def words(html: str) -> str:
    texts = parsed(html.partition("</style>")[2] or html).itertext()
    return " ".join(" ".join(texts).split())


def images(html: str) -> list[ElementTree.Element]:
    return parsed(html).findall(f".//{SVG}svg")


@pytest.mark.parametrize(
    "schedule",
    [
        flr.constant(0.0),
        flr.constant([[0.1, 0.2], [0.3, 0.4]]),
        flr.linear(1.0, 0.0, steps=0),
        flr.linear(1.0, 0.0, steps=0).with_past_end("raise"),
        flr.linear(1.0, 0.0, steps=1).with_past_end("raise"),
        flr.linear(1.0, 0.0, steps=[0, 7]).with_past_end("raise"),
        flr.cosine(1.0, 0.0, steps=2**53).with_past_end("raise"),
        flr.cyclic(0.1, 0.5, up=2**52),
        flr.join([flr.constant(1.0), flr.constant(2.0)], at=[2**53]),
        flr.milestones(0.1, 0.999, at=list(range(1, 500))),
        flr.constant(1e290),
        flr.stack({"</style><script>&\"'\x01.": PLAN}),
        flr.stack({"a": flr.constant([0.1, 0.2]), "b": flr.constant([0.1, 0.3])}),
        PLAN * PLAN + PLAN,
        flr.presets.torch.CosineAnnealingLR(0.1, T_max=100),
    ],
    ids=lambda schedule: repr(schedule)[:40],
)
def test_any_schedule_has_a_display(schedule: flr.Schedule) -> None:
    """A notebook never gets an error in place of a display, and none is large."""
    html = schedule._repr_html_()

    assert len(html) < 20_000
    assert len(images(html)) <= 1


def test_a_schedule_says_what_it_is() -> None:
    html = flr.wsd(2.2e-4, warmup=2_000, stable=157_000, cooldown=68_000, end=2.2e-5)._repr_html_()
    text = words(html)

    assert text.startswith("wsd 227,000 steps, then the last rate")
    assert "peak 2.2e-4 at step 2,000" in text
    assert "last rate 2.2e-5 at step 226,999" in text
    assert "boundaries 2,000, 159,000, 227,000" in text
    assert {"0", "227k steps", "2.2e-4"} <= {
        label.text for label in images(html)[0].iter(f"{SVG}text")
    }


def test_the_curve_is_the_schedule() -> None:
    """The picture has the rates of the schedule, at their heights."""
    [image] = images(f"<div>{sketch([(flr.linear(1.0, 0.0, steps=4), 'red')])}</div>")
    [path] = [path for path in image.iter(f"{SVG}path") if path.get("stroke") == "red"]
    y = [float(pair.split()[1]) for pair in re.findall(r"[\d.]+ [\d.]+", path.attrib["d"])]

    assert y == pytest.approx([12 + 108 * share for share in (0, 0.25, 0.5, 0.75, 0.75)])


def test_a_large_batch_is_a_bundle_of_lines_with_a_table() -> None:
    """A batch of 1,000 lanes shows what differs, and how many lanes are not in the table."""
    html = flr.linear(np.linspace(0.1, 0.2, 1_000), 0.0, steps=90)._repr_html_()
    [image] = images(html)

    assert words(html).startswith("linear batch of 1,000 lanes")
    assert "init highest rate last rate length" in words(html)
    assert words(html).endswith("and 992 more")
    assert len({path.get("stroke") for path in image.iter(f"{SVG}path")}) > 10


def test_a_stack_has_the_names_of_its_groups() -> None:
    text = words(flr.stack({"body": PLAN, "head": PLAN * 2.0})._repr_html_())

    assert "group highest rate last rate length body 1 0.05 100 head 2 0.1 100" in text


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (FAMILY, ["cosine sweep of 6 schedules", "init 3 1e-3, 3e-3, 0.01", "end 2 0, 1e-3"]),
        (PLAN.program, ["<fastlr program of 1 lane", "linear", "constant"]),
        (flr.Plateau(patience=[2, 4]), ["Plateau 2 lanes", "factor 0.1", "patience 2 4"]),
        (flr.NewBob(), ["NewBob", "annealing_factor 0.5"]),
        (
            flr.one_cycle_bundle(1e-3, 10_000),
            ["bundle lr, momentum", "peak 1e-3 at step 3,000", "peak 0.95 at step 0"],
        ),
        (flr.recipe("bert-base"), ["BERT base bert-base, 1,000,000 steps", "Devlin et al."]),
        (
            flr.horizon(samples=50_000, batch=32, epochs=2),
            ["horizon of 3,126 steps", "= 3,126 steps"],
        ),
        (flr.diff(PLAN, PLAN.extend(200)), ["the plans differ 201 steps", "step 81: 0.95 before"]),
        (flr.diff(PLAN, PLAN), ["the plans agree", "no rate differs"]),
        (flr.compare(PLAN, PLAN * 2.0), ["they differ 101 steps compared", "ours", "theirs"]),
        (
            flr.rank(LAW, FAMILY, 1_000, k=3),
            ["best of 6 schedules", "loss init end", "1 2.41305 0.01 0"],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_result_has_a_display(thing: object, shown: list[str]) -> None:
    text = words(thing._repr_html_())  # type: ignore[attr-defined]

    assert [part for part in shown if part not in text] == []


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (FAMILY, "<Sweep of 6 schedules: cosine; 3 init x 2 end; steps=1000>"),
        (flr.diff(PLAN, PLAN), "<Difference: no rate differs in 101 steps>"),
        (flr.compare(PLAN, PLAN), "<Comparison: they agree over 101 steps"),
        (flr.rank(LAW, FAMILY, 1_000, k=1), "<Ranked: the best 1 of 6 schedules>\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_text_is_short_too(thing: object, text: str) -> None:
    assert repr(thing).startswith(text)
    assert len(repr(thing)) < 200


def test_a_recipe_prints_its_source() -> None:
    assert str(flr.recipe("bert-base")).startswith(
        "bert-base: BERT base\nsource      Devlin et al."
    )


def test_what_is_given_is_escaped() -> None:
    hostile = "</dd><script>alert(1)</script>"
    for html in (card(hostile, hostile, {hostile: hostile}), table([hostile], [[hostile]], 1)):
        assert "<script" not in html
        assert hostile in words(html)


def test_a_run_of_one_step_is_written_in_the_singular() -> None:
    """The label in the middle of the axis differs from that at its start."""
    html = flr.linear(0.1, 0.0, steps=1)._repr_html_()

    assert "1 step, then the last rate" in html
    assert ">1 step</text>" in html
    assert ">0.5</text>" in html
    assert "1 steps" not in html
