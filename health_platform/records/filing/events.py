"""What file management tells the rest of the platform, and what it listens to."""

from __future__ import annotations

from dataclasses import dataclass

from health_platform.kernel.outbox import event


@event("person.died")
@dataclass(frozen=True)
class PersonDied:
    """A person died on a local day (ISO). Published by the death registration of an application, or by an uploaded death report.

    ``source`` says who told: shown as the reason in the file's trail.
    """

    person_id: int
    died_on: str
    source: str


@event("records.file_changed")
@dataclass(frozen=True)
class FileChanged:
    """A health file was opened, moved, archived, sealed or reopened; ``action`` as in the trail."""

    file_id: int
    person_id: int
    action: str
