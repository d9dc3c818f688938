"""A small city on disk, without a platform."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from demonstration.city.institutions import COUNTIES, units
from demonstration.city.people import Town
from demonstration.generating import City, Generated, generate
from health_platform.kernel.progress import Progress

LAST = date(2026, 11, 20)


def city(seed: int = 1, count: int = 400) -> City:
    """A city of two towns in each county."""
    towns = [Town(code, name, f"{code}{100 + place}", f"{name}{place}镇") for code, name in COUNTIES for place in (0, 1)]
    return City(seed, count, LAST, tuple(towns), units(towns))


@pytest.fixture
def generated(tmp_path: Path) -> Callable[..., tuple[Generated, Path, Path]]:
    """``generated(seed=1, count=400)``: what was made, the folder of letters and the folder of truth."""
    runs = iter(range(100))

    def make(seed: int = 1, count: int = 400) -> tuple[Generated, Path, Path]:
        folder = tmp_path / str(next(runs))
        letters, truth = folder / "letters", folder / "truth"
        return generate(city(seed, count), letters, truth, Progress(count, "test", lambda line: None)), letters, truth

    return make
