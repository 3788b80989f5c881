"""``fastlr explain``: explain a config or a log in plain words."""

from pathlib import Path
from typing import Any

import click

import fastlr as flr
from fastlr.cli.find_schedule import find_schedule, is_file
from fastlr.cli.options import examples, json_option, number, steps_option, thing
from fastlr.cli.printing import print_json, print_pairs, print_text

__all__ = ["explain"]


@click.command(
    short_help="Explain a config or a log in plain words.",
    epilog=examples(
        "fastlr explain config.yaml --steps 10_000\nfastlr explain trainer_state.json\n"
        "fastlr explain llama3-405b"
    ),
)
@thing()
@steps_option
@click.option("--lr", type=float, help="The base rate, for a config.")
@number("--steps-per-epoch", "Steps per epoch, for a config.")
@click.option("--framework", help="The format of a config.")
@json_option
def explain(thing: str, steps: int | None, as_json: bool, **options: Any) -> None:
    """Explain a config or a log in plain words, and point out what looks wrong.

    THING is a config, a log, the name of a recipe, an expression, or - for standard input.
    """
    from fastlr.analysis.run_logs import is_log

    if is_log(thing) or is_file(thing):
        found = flr.explain(Path(thing), steps=steps, **options)
    else:
        named = find_schedule(thing, steps)
        found = flr.explain(
            named.schedule, steps=named.steps if steps is None else steps, **options
        )
    if as_json:
        findings = [each._asdict() for each in found.findings]
        print_json({"steps": found.steps, "facts": found.facts, "findings": findings})
        return
    print_pairs(found.facts)
    print_text("", "what looks wrong")
    for each in found.findings or ("nothing",):
        print_text(f"- {each if isinstance(each, str) else each.text}")
