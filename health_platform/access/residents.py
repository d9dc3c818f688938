"""What access needs to know of residents. The person index offers it (``platform.bind(ResidentDirectory, ...)``)."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from health_platform.kernel.platform import Platform


class ResidentDirectory(Protocol):
    """Tells whose residents are whose."""

    def rules_over(self, session: Session, person_id: int) -> bool:
        """Whether a person of this id lives within the jurisdiction the session was opened with."""


class NoResidents:
    """Before a person index is installed nobody can say where a person lives, so nobody rules over one."""

    def rules_over(self, session: Session, person_id: int) -> bool:
        return False


def residents_of(platform: Platform) -> ResidentDirectory:
    found: ResidentDirectory = platform.service(ResidentDirectory, NoResidents())
    return found
