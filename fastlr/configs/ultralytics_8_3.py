"""Read Ultralytics' training arguments as versions before 8.4.103 do: a warmup has at least 100
batches. The caller names this format where the keys do not show the version.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastlr.configs import ultralytics
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "read"]


def matches(config: Mapping[str, object]) -> bool:
    """Never: ``ultralytics`` recognizes these files too."""
    return False


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these arguments."""
    return ultralytics.schedule_of(config, run, old=True)
