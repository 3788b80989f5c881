"""The faults of other libraries, measured again with fastlr beside them, as docs/faults.md has them."""

import multiprocessing
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from itertools import groupby

from bench.__main__ import PROJECT, markdown

sys.path.insert(0, str(PROJECT / "tests"))
from faults import accuracy, calls, inputs, resume, stepping

PEERS = ("torch", "transformers", "timm", "fvcore", "pytorch-ignite", "mmengine", "optax", "jax", "keras", "scikit-learn")
SHOWN = 110  # characters of an answer


def each(work, names):
    """The columns of a table, each in a process of its own, by name."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), max_tasks_per_child=1) as executor:
        return dict(zip(names, executor.map(work, names), strict=True))


def figure(number):
    """Of three digits or so."""
    if number != number:
        return "NaN"
    if number < 10_000:
        return f"{number:.1f}" if number < 100 else f"{number:.0f}"
    return f"{number:.1e}".replace("e+0", "e").replace("e+", "e")


def brief(text):
    """What stands in a cell."""
    line = " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


# -- accuracy --------------------------------------------------------------------------------------------------------------


def in_ulps(found):
    """The largest error at each length, and the mean at the longest; a rate beside a zero is counted."""
    if not found:
        return ""
    parts = [one if isinstance(one, str) else figure(one.ulps) for one in found]
    mean = "" if isinstance(found[-1], str) else f" ({figure(found[-1].mean)})"
    return " / ".join(parts) + mean


def relative(found):
    """The largest relative error at each length, and the largest in float32's places at the longest."""
    if not found:
        return ""
    parts = [one if isinstance(one, str) else "NaN" if one.relative != one.relative else f"{one.relative:.0e}" for one in found]
    last = found[-1]
    return " / ".join(parts).replace("e-0", "e-") + ("" if isinstance(last, str) else f" ({figure(last.ulps)})")


def accuracy_table(names, columns, cell):
    rows = [row for row in accuracy.ROWS if any(row in columns[name] for name in names)]
    table = [(row, *(cell(columns[name].get(row, ())) for name in names)) for row in rows]
    return markdown(("schedule", *(name.removeprefix("float32, ") for name in names)), table)


def of_accuracy():
    columns = each(accuracy.column, list(accuracy.COLUMNS))
    double, single = [list(accuracy.DOUBLE), [f"float32, {name}" for name in accuracy.SINGLES]]
    ours = [one.ulps for name in double if name.startswith("fastlr") for row in columns[name].values() for one in row]
    largest = f"The largest error of fastlr in all of them is {max(ours):.2f} ulp."
    return (
        "## Accuracy\n\nThe largest error of a rate, in units of the last place of the exact one, in runs of 10^3, 10^5 and 10^6 "
        "steps, and the mean at 10^6. NaN: a rate that is no number was among them; an error's name: what a run ended with.\n\n"
        + accuracy_table(double, columns, in_ulps)
        + f"\n\n{largest}\n\nIn float32: the largest relative error at each length, and the largest error at 10^6 steps in "
        "places of float32.\n\n" + accuracy_table(single, columns, relative)
    )


# -- bad inputs ------------------------------------------------------------------------------------------------------------


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
    found = each(inputs.column, inputs.PEERS)
    every = [case for cases in found.values() for case in cases]
    rows = [
        counted(
            peer,
            [case.theirs for case in cases],
            refused(case.preset for case in cases),
            refused(case.front for case in cases if case.front),
        )
        for peer, cases in {**found, "all": every}.items()
    ]
    accepted = [
        (f"`{case.scheduler.split('.')[1]}({case.parameter}={case.value})`", room, brief(answer.text), why)
        for case, room, answer, why in inputs.reasons(every)
    ]
    asked = each(calls.column, [*calls.PEERS, *calls.OURS])
    return (
        "## Bad inputs\n\nEvery scheduler with good arguments but one. *clear*: an error that the library raises itself, in "
        "words; *obscure*: one from deeper down; *no number*: NaN, infinity or no number at all as a rate; *accepted*: rates "
        "from it without a word; *no effect*: the rates of the good arguments; *defined*: a flag for a number or a fraction of a "
        "step. What is silently bad is *no number*, *accepted* or *hangs*.\n\n"
        + markdown(("library", *KIND_HEAD, "refused by fastlr's preset", "and at the front door"), rows)
        + "\n\nWhat fastlr accepts, and why that is right:\n\n"
        + markdown(("what is written", "to", "the lowest rates", "why"), accepted)
        + "\n\nCalls: steps, metrics, states, optimizers that are none.\n\n"
        + markdown(("room", *KIND_HEAD), [counted(name, list(answers.values())) for name, answers in asked.items()])
        + "\n\n"
        + "\n\n".join([called(asked), *(listed(peer, cases) for peer, cases in found.items())])
    )


def answer_of(answer):
    return "" if answer is None else f"{answer.kind}: {brief(answer.text)}"


def folded(summary, table):
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def called(asked):
    rows = [(name, f"`{brief(text)}`", answer_of(answer)) for name, answers in asked.items() for text, answer in answers.items()]
    return folded(f"Calls: all {len(rows)}", markdown(("room", "what is written", "what comes of it"), rows))


def beginning(answer):
    """What is alike in a refusal of several values."""
    return "" if answer is None else answer_of(answer._replace(text=answer.text.split(", got ")[0]))


def listed(peer, cases):
    """Every case, those with the same answers in one row."""

    def alike(case):
        return (case.scheduler, case.parameter, case.theirs.kind, beginning(case.preset), beginning(case.front))

    rows = []
    for (scheduler, parameter, kind, preset, front), group in groupby(sorted(cases, key=alike), alike):
        same = list(group)
        values = ", ".join(f"`{brief(case.value)[:24]}`" for case in same)
        rows.append((f"`{scheduler.split('.')[1]}.{parameter}`", values, f"{kind}: {brief(same[0].theirs.text)}", preset, front))
    head = ("parameter", "values", f"{peer}", "fastlr's preset", "front door")
    return folded(f"{peer}: all {len(cases)}", markdown(head, rows))


# -- resume ----------------------------------------------------------------------------------------------------------------


def wrong_of(name, found, order):
    counts = [orders[order] for orders in found.values() if orders.get(order) is not None]
    return f"{sum(counts):,} of {len(counts) * resume.points(name):,}" if counts else "cannot"


def of_resume():
    found = each(resume.column, resume.NAMES)
    orders = [[name, *(wrong_of(name, found[name], order) for order in resume.ORDERS)] for name in resume.LIBRARIES]
    others = [
        (name, str(len(found[name])), wrong_of(name, found[name], "")) for name in resume.NAMES if name not in resume.LIBRARIES
    ]
    single = [
        (name, schedule, *("cannot" if counts[order] is None else str(counts[order]) for order in resume.ORDERS))
        for name in resume.LIBRARIES
        for schedule, counts in found[name].items()
    ]
    outcomes = [
        (name, schedule, brief(words))
        for name, told in each(resume.changed, list(resume.LIBRARIES)).items()
        for schedule, words in told.items()
    ]
    return (
        f"## Resume\n\nSaved before each of {resume.STEPS} steps, and gone on with in a process that has not seen the run: how "
        "many resumes have a rate, from there to the end, that differs by a bit from the run that was not interrupted.\n\n"
        + markdown(("wrong resumes", *resume.ORDERS), orders)
        + "\n\nWhat keeps a count, or a state of its own, and has no order to get wrong:\n\n"
        + markdown(("", "schedules", "wrong resumes"), others)
        + "\n\n"
        + folded(f"Each scheduler, of {resume.STEPS}", markdown(("library", "scheduler", *resume.ORDERS), single))
        + f"\n\nAnother length: saved at step {resume.CHANGED} of {resume.STEPS}, rebuilt for {2 * resume.STEPS} steps, in the "
        "right order.\n\n" + markdown(("library", "scheduler", "what comes of it"), outcomes)
    )


# -- stepping --------------------------------------------------------------------------------------------------------------


def of_stepping():
    found = each(stepping.column, list(stepping.COLUMNS))
    rows = [
        (name, schedule, f"{same:,} of {whole:,}", "" if ulps != ulps else figure(ulps))
        for name, schedules in found.items()
        for schedule, (same, whole, ulps) in schedules.items()
    ]
    return (
        "## Stepping and random access\n\nAt how many steps of a run the two ways of one library agree to the bit, and the "
        "largest difference. fastlr is asked a step at a time, in blocks, and backwards, beside the whole table.\n\n"
        + markdown(("ways", "schedule", "steps that agree", "largest difference, ulps"), rows)
    )


def text():
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in PEERS)
    return "\n\n".join([f"Measured with {versions}.", of_accuracy(), of_inputs(), of_resume(), of_stepping()])
