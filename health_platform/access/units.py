"""What access needs to know of institutions. The registry offers it (``platform.bind(UnitDirectory, ...)``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from health_platform.kernel.platform import Platform


@dataclass(frozen=True)
class Unit:
    """An institution as accounts see it."""

    id: int
    name: str
    division_code: str
    line_code: str | None = None
    parent_id: int | None = None


class UnitDirectory(Protocol):
    """Looks institutions up. Both functions see every institution: the caller checks the reach."""

    def unit(self, session: Session, unit_id: int) -> Unit | None:
        """The institution, if it exists and is in service."""

    def below(self, session: Session, unit_id: int) -> tuple[Unit, ...]:
        """The institutions run by this one (the village clinics of a township hospital), at any depth."""


class NoUnits:
    """Before a registry is installed there are no institutions."""

    def unit(self, session: Session, unit_id: int) -> Unit | None:
        return None

    def below(self, session: Session, unit_id: int) -> tuple[Unit, ...]:
        return ()


def directory_of(platform: Platform) -> UnitDirectory:
    found: UnitDirectory = platform.service(UnitDirectory, NoUnits())
    return found


Reach = Callable[[int], frozenset[int]]


def reach_of(session: Session, directory: UnitDirectory) -> Reach:
    """A function that gives a unit's id together with those of all units below it."""

    def reach(unit_id: int) -> frozenset[int]:
        return frozenset({unit_id, *(unit.id for unit in directory.below(session, unit_id))})

    return reach
