"""``fastlr explain``: explain a config or a log in plain words."""

from pathlib import Path
from typing import Any

import click

import fastlr as flr
from fastlr.cli.find_schedule import find_schedule, is_file
from fastlr.cli.options import PATH, examples, json_option, number, steps_option, thing
from fastlr.cli.printing import print_json, print_pairs, print_rows, print_text

__all__ = ["explain"]


@click.command(
    short_help="Explain a config or a log in plain words.",
    epilog=examples(
        "fastlr explain config.yaml --steps 10_000\nfastlr explain trainer_state.json\n"
        "fastlr explain trainer_state.json --law law.toml\nfastlr explain llama3-405b"
    ),
)
@thing()
@steps_option
@click.option("--lr", type=float, help="The base rate, for a config.")
@number("--steps-per-epoch", "Steps per epoch, for a config.")
@click.option("--framework", help="The format of a config.")
@click.option(
    "--law", type=PATH, help="For a log: a .toml file with a loss law, to list what may come next."
)
@json_option
def explain(thing: str, steps: int | None, law: Path | None, as_json: bool, **options: Any) -> None:
    """Explain a config or a log in plain words, and point out what looks wrong.

    THING is a config, a log, the name of a recipe, an expression, or - for standard input. With
    --law, a log is followed by the extensions and cooldowns that are worth making.
    """
    from fastlr.analysis.run_logs import is_log

    if is_log(thing) or is_file(thing):
        found = flr.explain(Path(thing), steps=steps, **options)
    else:
        named = find_schedule(thing, steps)
        found = flr.explain(
            named.schedule, steps=named.steps if steps is None else steps, **options
        )
    advice = None if law is None else _advice(found, law)
    if as_json:
        findings = [each._asdict() for each in found.findings]
        report = {"steps": found.steps, "facts": found.facts, "findings": findings}
        print_json(report if advice is None else {**report, "next": _options(advice)})
        return
    print_pairs(found.facts)
    print_text("", "what looks wrong")
    for each in found.findings or ("nothing",):
        print_text(f"- {each if isinstance(each, str) else each.text}")
    if advice is not None:
        print_text("", f"what next, after step {advice.step:,}")
        names, *rows = advice.table
        print_rows(names, rows, len(rows))


def _advice(found: flr.Explanation, law: Path) -> flr.Advice:
    """What the run of a log may do next, by the law in a file."""
    from fastlr.sweeps.toml_files import law_from, read_toml

    if found.logged is None:
        raise ValueError(f"explain: law must be given for a log only, got {law}")
    judge = law_from(read_toml(law), law.parent)
    return flr.advise(found.schedule, found.logged + 1, law=judge)


def _options(advice: flr.Advice) -> list[dict[str, Any]]:
    """The options of an advice as plain data."""
    return [
        {
            "what": option.what,
            "steps": option.steps,
            "loss": option.loss,
            "planned": option.planned,
            "schedule": option.schedule.to_spec(),
        }
        for option in advice.options
    ]
