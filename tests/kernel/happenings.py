"""An event of the tests' own, a consumer that notes it, and what is left of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from health_platform.kernel import claims, outbox
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.support.models import Clinic


@outbox.event("test.happened")
@dataclass(frozen=True)
class Happened:
    number: int


def happen(platform: Platform, *numbers: int) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        for number in numbers:
            publish(session, Happened(number))


def note(session: Session, fact: Happened) -> None:
    session.add(Clinic(name=str(fact.number), division_code="4115"))


def count(platform: Platform, model: Any = Clinic) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def states(platform: Platform) -> dict[str, int]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return claims.backlog(session)
