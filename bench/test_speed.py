"""The cases of ``bench.speed`` with pytest-benchmark's statistics: ``python -m pytest bench``."""

import numpy as np
import pytest

from bench.cases import LANE_CASES, STEPS, T_LANES, TABLES, check


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
@pytest.mark.parametrize("by", ["fastlr", "numpy", "fill"])
def test_table(benchmark, case, by):
    benchmark.group, out = case.name, np.empty(STEPS)
    check(case.schedule.table(STEPS, out=out), case.formula())
    benchmark(
        {
            "fastlr": lambda: case.schedule.table(STEPS, out=out),
            "numpy": case.formula,
            "fill": lambda: out.fill(0.5),
        }[by]
    )


@pytest.mark.parametrize("case", LANE_CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("by", ["fastlr", "numpy"])
def test_lanes(benchmark, case, by):
    schedule = case.schedule()
    benchmark.group, out = f"lanes, {case.name}", np.empty(schedule.shape)
    check(schedule(T_LANES, out=out), case.formula(T_LANES))
    benchmark(
        {"fastlr": lambda: schedule(T_LANES, out=out), "numpy": lambda: case.formula(T_LANES)}[by]
    )
