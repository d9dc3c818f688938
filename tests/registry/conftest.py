"""A platform with the shipped divisions and code tables, and institutions to work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.settings import Settings
from registry.api import InstitutionDraft, register_institution, seed
from registry.checks import organisation_check
from registry.divisions.loading import load_shipped

HOSPITAL_DIVISION, TOWN = "411502000000", "411502001000"


def credit_code(serial: int) -> str:
    """A unified social credit code that holds, as a public institution of 浉河区 would have."""
    first8 = f"{serial:08d}"
    head = f"12411502{first8}{organisation_check(first8)}"
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(alphabet.index(char) * weight for char, weight in zip(head, weights, strict=True))
    return head + alphabet[(31 - total % 31) % 31]


def identity_number(serial: int, day: str = "19800101") -> str:
    """An identity number that holds; the area is not in use."""
    head = f"413001{day}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return head + "10X98765432"[sum(int(char) * weight for char, weight in zip(head, weights, strict=True)) % 11]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with the registries only."""
    return Settings(home=tmp_path / "home", demonstration=True, components="registry")


@pytest.fixture
def regional(platform: Platform) -> Platform:
    """The platform with the divisions of Xinyang."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        load_shipped(session)
    return platform


@pytest.fixture
def seeded(platform: Platform) -> Platform:
    """The platform as it is after its first start."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        seed(session)
    return platform


@pytest.fixture
def hospital(regional: Platform) -> Callable[..., int]:
    """``hospital(1, division_code="411503000000")`` registers an institution and returns its id."""

    def make(serial: int = 1, **changes: Any) -> int:
        facts: dict[str, Any] = {
            "name": f"第{serial}人民医院",
            "category": "A100",
            "division_code": HOSPITAL_DIVISION,
            "valid_from": date(2020, 1, 1),
            "code": credit_code(serial),
            **changes,
        }
        with regional.database.unit_of_work(system_scope("test")) as session:
            return register_institution(session, SYSTEM, InstitutionDraft(**facts)).id

    return make


@pytest.fixture
def work(platform: Platform) -> Iterator[Callable[[], None]]:
    """``work()`` delivers every waiting event."""
    worker = Worker(platform)

    def deliver() -> None:
        while worker.step():
            pass

    yield deliver
