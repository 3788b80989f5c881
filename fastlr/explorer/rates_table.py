"""The table of rates below the chart, and the remarks about the picture, as HTML."""

from collections.abc import Iterable, Sequence
from html import escape

from fastlr.explorer.chart_data import Curve, rate_at
from fastlr.explorer.view import View
from fastlr.published_runs import recipe

__all__ = ["about_run", "notes_html", "rates_html"]


def rates_html(curves: Sequence[Curve], facts: Sequence[dict[str, str]], view: View) -> str:
    """The rates of every curve at the place where they are read, and the facts of each."""
    heads = ["curve", "" if view.at is None else _place(view), "peak", "last shown", "steps"]
    cells = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join(map(_line, curves, facts, [view] * len(curves)))
    return f'<div class="explorer-table"><table><tr>{cells}</tr>{lines}</table></div>'


def _place(view: View) -> str:
    at = view.at or 0.0
    if view.unit == "share":
        return f"at {at:.6g} % of the run"
    return f"at {'step' if view.unit == 'steps' else view.unit.rstrip('s')} {at:,.15g}"


def _line(curve: Curve, curve_facts: dict[str, str], view: View) -> str:
    """A curve's row of the table."""
    step, rate = ("", "") if view.at is None else rate_at(curve, view)
    title = f' title="step {step:,}"' if view.at is not None else ""
    dash = {"dashed": "6 3", "dotted": "2 3", "dotdash": "2 3 6 3", "dashdot": "6 3 2 3"}
    svg = (
        f'<svg class="explorer-line" width="26" height="8"><path d="M0 4H26" '
        f'stroke="{curve.color}" '
        f'stroke-opacity="{curve.alpha:.2f}" stroke-width="{curve.width}" '
        f'stroke-dasharray="{dash.get(curve.dash, "none")}"/></svg>'
    )
    cells = "".join(f"<td>{escape(curve_facts[key])}</td>" for key in ("peak", "last", "steps"))
    return (
        f'<tr><td class="explorer-name">{svg}{escape(curve.label)}</td>'
        f'<td class="explorer-rate"{title}>{escape(rate)}</td>{cells}</tr>'
    )


def notes_html(remarks: Iterable[str]) -> str:
    """Remarks, one below the other."""
    return "".join(f'<div class="explorer-note">{escape(remark)}</div>' for remark in remarks)


def about_run(name: str) -> str:
    """The title and the source of a published run, and what it assumes."""
    run = recipe(name)
    counted = "" if run.unit == "steps" else f"Counted in {run.unit}, shown in optimizer steps."
    source = f"{run.source.rstrip('.')}."
    return " ".join(filter(None, [f"{name}: {run.title}.", source, counted, run.assumption]))
