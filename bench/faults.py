"""Write the tables of docs/faults.md: faults of other libraries, with fastlr beside them."""

import multiprocessing
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from itertools import groupby

from bench.report import PROJECT, markdown, wrapped

sys.path.insert(0, str(PROJECT / "tests"))
from faults import accuracy, calls, inputs, resume, stepping

PACKAGES = (
    "torch",
    "transformers",
    "timm",
    "fvcore",
    "pytorch-ignite",
    "mmengine",
    "optax",
    "jax",
    "keras",
    "scikit-learn",
)
SHOWN = 110  # characters of an answer that a cell shows


def each(work, names):
    """The columns of a table by name, each computed in a process of its own."""
    with ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as executor:
        return dict(zip(names, executor.map(work, names), strict=True))


def figure(number):
    """A number with about three digits."""
    if number != number:
        return "NaN"
    if number < 10_000:
        return f"{number:.1f}" if number < 100 else f"{number:.0f}"
    return f"{number:.1e}".replace("e+0", "e").replace("e+", "e")


def brief(text):
    """A text shortened for a cell."""
    line = " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


# -- accuracy --------------------------------------------------------------------------------------


def in_ulps(found):
    """The largest error in ulps at each length, and the mean at the longest."""
    if not found:
        return ""
    parts = [one if isinstance(one, str) else figure(one.ulps) for one in found]
    mean = "" if isinstance(found[-1], str) else f" ({figure(found[-1].mean)})"
    return " / ".join(parts) + mean


def relative(found):
    """The largest relative error at each length, and the largest in float32 ulps at the longest."""
    if not found:
        return ""
    parts = [
        one
        if isinstance(one, str)
        else "NaN"
        if one.relative != one.relative
        else f"{one.relative:.0e}"
        for one in found
    ]
    last = found[-1]
    return " / ".join(parts).replace("e-0", "e-") + (
        "" if isinstance(last, str) else f" ({figure(last.ulps)})"
    )


def accuracy_table(names, columns, cell):
    rows = [row for row in accuracy.ROWS if any(row in columns[name] for name in names)]
    table = [(row, *(cell(columns[name].get(row, ())) for name in names)) for row in rows]
    return markdown(("schedule", *(name.removeprefix("float32, ") for name in names)), table)


def of_accuracy():
    columns = each(accuracy.column, list(accuracy.COLUMNS))
    single = [f"float32, {name}" for name in accuracy.SINGLES]
    return {
        "accuracy": accuracy_table(list(accuracy.DOUBLE), columns, in_ulps),
        "float32": accuracy_table(single, columns, relative),
    }


# -- bad inputs ------------------------------------------------------------------------------------


def share(count, whole):
    return f"{count} ({count / whole:.0%})"


def counted(name, answers, *more):
    kinds = Counter(answer.kind for answer in answers)
    silent = sum(kinds[kind] for kind in inputs.SILENT)
    clear, whole = kinds["clear"], len(answers)
    others = [str(kinds[kind]) for kind in inputs.KINDS[1:]]
    return (name, str(whole), share(clear, whole), *others, f"{silent / whole:.0%}", *more)


def refused(answers):
    answers = list(answers)
    return f"{sum(answer.kind == 'clear' for answer in answers)} of {len(answers)}"


KIND_HEAD = ("cases", *inputs.KINDS, "silently bad")


def of_inputs():
    found = each(inputs.column, inputs.LIBRARIES)
    every = [case for cases in found.values() for case in cases]
    rows = [
        counted(
            library,
            [case.theirs for case in cases],
            refused(case.preset for case in cases),
            refused(case.constructor for case in cases if case.constructor),
        )
        for library, cases in {**found, "all": every}.items()
    ]
    accepted = [
        (
            f"`{case.scheduler.split('.')[1]}({case.parameter}={case.value})`",
            interface,
            brief(answer.text),
            why,
        )
        for case, interface, answer, why in inputs.reasons(every)
    ]
    return {
        "inputs": markdown(
            (
                "library",
                *KIND_HEAD,
                "refused by fastlr's preset",
                "refused by fastlr's constructor",
            ),
            rows,
        ),
        "accepted": markdown(("call", "of", "lowest rates", "why it is right"), accepted),
        "cases": "\n\n".join(listed(library, cases) for library, cases in found.items()),
    }


def of_calls():
    found = each(calls.column, [*calls.LIBRARIES, *calls.OURS])
    rows = [
        (name, f"`{brief(text)}`", answer_of(answer))
        for name, answers in found.items()
        for text, answer in answers.items()
    ]
    every = folded(f"All {len(rows)}", markdown(("interface", "call", "outcome"), rows))
    kinds = markdown(
        ("interface", *KIND_HEAD),
        [counted(name, list(answers.values())) for name, answers in found.items()],
    )
    return {"calls": f"{kinds}\n\n{every}"}


def answer_of(answer):
    return "" if answer is None else f"{answer.kind}: {brief(answer.text)}"


def folded(summary, table):
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def beginning(answer):
    """The part of an error message that is the same for several values."""
    return "" if answer is None else answer_of(answer._replace(text=answer.text.split(", got ")[0]))


def listed(library, cases):
    """Every case; cases with the same answers share a row."""

    def alike(case):
        return (
            case.scheduler,
            case.parameter,
            case.theirs.kind,
            beginning(case.preset),
            beginning(case.constructor),
        )

    rows = []
    for (scheduler, parameter, kind, preset, constructor), group in groupby(
        sorted(cases, key=alike), alike
    ):
        same = list(group)
        values = ", ".join(f"`{brief(case.value)[:24]}`" for case in same)
        rows.append(
            (
                f"`{scheduler.split('.')[1]}.{parameter}`",
                values,
                f"{kind}: {brief(same[0].theirs.text)}",
                preset,
                constructor,
            )
        )
    head = ("parameter", "values", library, "fastlr's preset", "constructor")
    return folded(f"{library}: all {len(cases)}", markdown(head, rows))


# -- resume ----------------------------------------------------------------------------------------


def wrong_of(name, found, order):
    counts = [orders[order] for orders in found.values() if orders.get(order) is not None]
    return f"{sum(counts):,} of {len(counts) * resume.points(name):,}" if counts else "cannot"


def of_resume():
    found = each(resume.column, resume.NAMES)
    orders = [
        [name, *(wrong_of(name, found[name], order) for order in resume.ORDERS)]
        for name in resume.LIBRARIES
    ]
    counts = [
        [name, str(len(found[name])), wrong_of(name, found[name], "")]
        for name in resume.NAMES
        if "" in one_of(found[name])
    ]
    single = [
        (
            name,
            schedule,
            *("cannot" if wrong[order] is None else str(wrong[order]) for order in resume.ORDERS),
        )
        for name in resume.LIBRARIES
        for schedule, wrong in found[name].items()
    ]
    return {
        "resume": markdown(("wrong resumes", *resume.ORDERS), orders)
        + "\n\n"
        + folded(
            f"Each scheduler, of {resume.STEPS}",
            markdown(("library", "scheduler", *resume.ORDERS), single),
        ),
        "counts": markdown(("", "schedules", "wrong resumes"), counts),
    }


def one_of(schedules):
    return next(iter(schedules.values()))


def of_lengths():
    found = each(resume.changed, list(resume.LIBRARIES))
    rows = [
        (name, schedule, brief(words))
        for name, outcomes in found.items()
        for schedule, words in outcomes.items()
    ]
    return {"lengths": markdown(("library", "scheduler", "outcome"), rows)}


# -- stepping --------------------------------------------------------------------------------------


def of_stepping():
    found = each(stepping.column, list(stepping.COLUMNS))
    rows = [
        (name, schedule, f"{same:,} of {whole:,}", "" if ulps != ulps else figure(ulps))
        for name, schedules in found.items()
        for schedule, (same, whole, ulps) in schedules.items()
    ]
    return {
        "stepping": markdown(
            ("compared", "schedule", "steps that agree", "largest difference, ulps"), rows
        )
    }


def of_versions():
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in PACKAGES)
    return {"versions": wrapped(f"Measured with {versions}.")}


def tables():
    """The tables of the page, by mark."""
    parts = (of_versions, of_accuracy, of_inputs, of_calls, of_resume, of_lengths, of_stepping)
    return {mark: table for part in parts for mark, table in part().items()}
