"""What the fuzzer found, and a few inputs of every target: each goes through without it (``.ci/fuzz`` looks for more)."""

from pathlib import Path

import pytest
from fuzz.targets import TARGETS

SEEDS = sorted(path for path in (Path(__file__).parent / "fuzz" / "seeds").glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", SEEDS, ids=[f"{path.parent.name}/{path.name}" for path in SEEDS])
def test_a_seed_gives_what_it_must(path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds_and_takes_none(name):
    assert [path for path in SEEDS if path.parent.name == name]
    TARGETS[name](b"")
