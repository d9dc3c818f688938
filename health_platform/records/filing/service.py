"""The verbs of file management. Every one leaves an entry in the file's trail, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from health_platform.records.filing.definitions import CORRECTABLE, STATES
from health_platform.records.filing.events import FileChanged, PersonDied
from health_platform.records.filing.models import FileEntry, FileNumber, HealthFile
from health_platform.records.filing.numbers import take_number


@dataclass(frozen=True)
class Act:
    """Who does something to a file and why; nobody in particular when an event of the platform does."""

    reason: str
    actor: Principal | None = None


@dataclass(frozen=True)
class NewFile:
    """A file to open; ``division_code`` is the village the person lives in."""

    person_id: int
    division_code: str
    opened_on: date
    institution_name: str | None = None
    doctor_name: str | None = None
    household_no: str | None = None


def open_file(session: Session, new: NewFile, act: Act) -> HealthFile:
    """Open a person's file under the next number of the village.

    Raises:
        Conflict: the person has a file. Invalid: not a village, or outside the actor's jurisdiction.
    """
    if known := file_of(session, new.person_id):
        raise Conflict("file.opened", number=known.number, file_id=str(known.id))
    _check_reach(act, new.division_code)
    file = HealthFile(
        person_id=new.person_id, origin_person=new.person_id, number=take_number(session, new.division_code), state="open",
        division_code=new.division_code, institution_id=act.actor.institution_id if act.actor else None,
        institution_name=new.institution_name, doctor_name=new.doctor_name, household_no=new.household_no,
        opened_on=new.opened_on, changed_at=clock.now(),
    )  # fmt: skip
    session.add(file)
    session.flush()
    _give_number(session, file)
    note_act(session, file, "open", act, {}, {"number": file.number, "division_code": file.division_code})
    return file


def correct_file(session: Session, file: HealthFile, changes: Mapping[str, Any], act: Act) -> HealthFile:
    """Correct what the file says of itself; the trail keeps what stood there.

    Raises:
        Conflict: the file is not in use. Invalid: nothing changes, or a field that is not the file's own.
    """
    _expect(file, "open")
    changed = {name: value for name, value in changes.items() if getattr(file, name) != value}
    if not changed or changed.keys() - CORRECTABLE.keys():
        raise Invalid("file.nothing")
    before = {name: _plain(getattr(file, name)) for name in changed}
    for name, value in changed.items():
        setattr(file, name, value)
    note_act(session, file, "correct", act, before, {name: _plain(value) for name, value in changed.items()})
    return file


def archive_file(session: Session, file: HealthFile, act: Act) -> HealthFile:
    """Lay a file aside (moved away, lost, refused): it stays readable and is not managed any more."""
    _expect(file, "open")
    return _become(session, file, "archived", "archive", act)


def reopen_file(session: Session, file: HealthFile, act: Act) -> HealthFile:
    """Take an archived file into use again."""
    _expect(file, "archived")
    return _become(session, file, "open", "reopen", act)


def seal_file(session: Session, file: HealthFile, died_on: date, act: Act) -> HealthFile:
    """Close the file of a person who died. Sealing again under the same day changes nothing.

    Raises:
        Conflict: the file was merged into another. Invalid: the day lies ahead.
    """
    if file.state == "sealed" and file.died_on == died_on:
        return file
    _expect(file, "open", "archived", "sealed")
    if died_on > clock.today():
        raise Invalid("file.died", died_on=died_on.isoformat())
    before = {"state": file.state, "died_on": _plain(file.died_on)}
    file.state, file.died_on = "sealed", died_on
    note_act(session, file, "seal", act, before, {"state": "sealed", "died_on": died_on.isoformat()})
    return file


def unseal_file(session: Session, file: HealthFile, act: Act) -> HealthFile:
    """Take a seal away that was put on by mistake."""
    _expect(file, "sealed")
    before = {"state": "sealed", "died_on": _plain(file.died_on)}
    file.state, file.died_on = "open", None
    note_act(session, file, "unseal", act, before, {"state": "open"})
    return file


def move_file(session: Session, file: HealthFile, division_code: str, act: Act) -> HealthFile:
    """The person moved to another village: the file goes along and gets a number there; the old number still finds it.

    Raises:
        Conflict: not in use, or the same village. Invalid: not a village.
    """
    _expect(file, "open", "archived")
    if division_code == file.division_code:
        raise Conflict("file.same_division")
    before = {"number": file.number, "division_code": file.division_code, "state": file.state}
    session.execute(update(FileNumber).where(FileNumber.number == file.number).values(ended_at=clock.now()))
    after = {"number": take_number(session, division_code), "division_code": division_code, "state": "open"}
    note_act(session, file, "leave", act, before, after)  # where the file was: the county it left keeps the trail
    session.flush()
    with widened(session, "a file moves to another county"):
        file.number, file.division_code, file.state = after["number"], division_code, "open"
        note_act(session, file, "arrive", act, before, after)
        session.flush()
        _give_number(session, file)
    return file


def migrate_files(session: Session, moves: Mapping[int, str], reason: str) -> None:
    """Divisions changed on the map: the files carry the new code and keep their numbers."""
    for file in session.scalars(select(HealthFile).where(HealthFile.id.in_(moves))):
        before = {"division_code": file.division_code}
        file.division_code = moves[file.id]
        note_act(session, file, "division", Act(reason), before, {"division_code": file.division_code})


def announce_death(session: Session, person_id: int, died_on: date, source: str) -> int:
    """Tell the platform that a person died (``person.died``); the file is sealed by the event. For death registrations."""
    return publish(session, PersonDied(person_id, died_on.isoformat(), source))


def file_of(session: Session, person_id: int) -> HealthFile | None:
    """The file a person has in the session's scope, if any; of several the one in use."""
    statement = select(HealthFile).where(HealthFile.person_id == person_id, HealthFile.state != "merged")
    found: HealthFile | None = session.scalar(statement.order_by(HealthFile.changed_at.desc()).limit(1))
    return found


def find_file(session: Session, file_id: int) -> HealthFile:
    """
    Raises:
        NotFound: no such file in scope.
    """
    found = session.scalar(select(HealthFile).where(HealthFile.id == file_id))
    if found is None:
        raise NotFound("file.unknown")
    return found


def trail_of(session: Session, file_id: int) -> Sequence[FileEntry]:
    """What was done to a file, newest first."""
    statement = select(FileEntry).where(FileEntry.file_id == file_id).order_by(FileEntry.at.desc(), FileEntry.id.desc())
    return session.scalars(statement).all()


def note_wish(session: Session, file: HealthFile, act: Act, before: Sequence[str], after: Sequence[str]) -> None:
    """Keep in the trail that the person's wish to hide classes was taken down at the counter."""
    note_act(session, file, "hide", act, {"hidden": sorted(before)}, {"hidden": sorted(after)})


def _become(session: Session, file: HealthFile, state: str, action: str, act: Act) -> HealthFile:
    before = {"state": file.state}
    file.state = state
    note_act(session, file, action, act, before, {"state": state})
    return file


def _expect(file: HealthFile, *states: str) -> None:
    if file.state not in states:
        raise Conflict("file.state", state=STATES[file.state])


def _check_reach(act: Act, division_code: str) -> None:
    if act.actor is not None and not act.actor.scope.covers_division(division_code):
        raise Invalid("file.division", division_code=division_code)


def _give_number(session: Session, file: HealthFile) -> None:
    number = FileNumber(
        number=file.number, file_id=file.id, person_id=file.person_id, division_code=file.division_code, given_at=clock.now()
    )
    session.add(number)
    session.flush()


def note_act(
    session: Session, file: HealthFile, action: str, act: Act, before: Mapping[str, Any], after: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the trail of an act that has been done, and tell the platform."""
    file.changed_at = clock.now()
    who = act.actor
    entry = FileEntry(
        file_id=file.id, person_id=file.person_id, division_code=file.division_code, action=action, at=file.changed_at,
        actor_id=who.id if who else None, actor_name=who.name if who else None,
        institution_name=who.institution_name if who else None, reason=act.reason, before=dict(before), after=dict(after),
    )  # fmt: skip
    session.add(entry)
    publish(session, FileChanged(file.id, file.person_id, action))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
