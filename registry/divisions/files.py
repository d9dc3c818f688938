"""Health files follow a change of divisions: they take the new code, keep their numbers, and the trail says why."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from health_platform.records.filing.api import migrate_files
from registry.divisions.migrating import ColumnFollower


@dataclass(frozen=True, slots=True)
class FileFollower(ColumnFollower):
    """A follower whose records keep a trail of their own."""

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        migrate_files(session, moves, "行政区划调整")
