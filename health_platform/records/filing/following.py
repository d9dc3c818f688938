"""Files follow what happens to persons: death seals, merges join, undone merges part. All may be told twice."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import load_query
from health_platform.records.filing.events import PersonDied
from health_platform.records.filing.models import FileEntry, HealthFile
from health_platform.records.filing.service import Act, announce_death, file_of, note_act, seal_file
from health_platform.records.ports import PersonIndex
from health_platform.records.rows import local_day
from health_platform.records.tables import ensure_tables

DEATH_DATASET = "emr_death_info"
_DEATHS = load_query(__package__, "deaths.sql")


def follow(platform: Platform) -> None:
    """Listen to deaths, uploaded death reports, merges and their undoing."""
    platform.consume("person.died", "records.files.seal", seal_on_death)
    deaths = partial(_on_rows_loaded, platform)
    wanted = partial(_is_wanted, platform)
    platform.consume("etl.rows_loaded", "records.files.deaths", deaths, from_above=True, wants=wanted)
    platform.consume("person.merged", "records.files.merge", _on_merged, from_above=True)
    platform.consume("person.unmerged", "records.files.unmerge", _on_unmerged, from_above=True)


def seal_on_death(session: Session, event: PersonDied) -> None:
    """Seal the file of a person who died; a person without a file has nothing to seal."""
    with widened(session, "seal a file"):
        file = file_of(session, event.person_id)
        if file is not None:
            seal_file(session, file, date.fromisoformat(event.died_on), Act(event.source))


def _is_wanted(platform: Platform, event: Any) -> bool:
    """Without a person index, as on a hospital's front end, nobody knows whose death it is."""
    return PersonIndex.__qualname__ in platform.services and _is_of_deaths(event)


def _is_of_deaths(event: Any) -> bool:
    return event.dataset == DEATH_DATASET and bool(event.pairs)


def _on_rows_loaded(platform: Platform, session: Session, event: Any) -> None:
    """An uploaded death report is a death announced by the institution that uploaded it."""
    if not _is_of_deaths(event):
        return
    ensure_tables(platform.warehouse)
    index: PersonIndex = platform.service(PersonIndex)
    deaths = platform.warehouse.query(_DEATHS, {"pairs": tuple((shelf, key) for shelf, key in event.pairs)})
    persons = index.persons_of(session, [key for key, _, _ in deaths])
    for key, at, name in deaths:
        if key in persons:
            announce_death(session, persons[key], local_day(at), f"{name or '医疗机构'} 上报的死亡记录")


def _on_merged(session: Session, event: Any) -> None:
    """The file of the person who is gone goes along: as the file, or into the file the kept person already has."""
    with widened(session, "files of merged persons"):
        kept = file_of(session, event.kept)
        for file in _files(session, HealthFile.person_id == event.gone):
            before = {"person_id": str(event.gone), "state": file.state}
            file.person_id = event.kept
            if kept is not None and file.state != "merged":
                file.state, file.merged_into = "merged", kept.id
            note_act(session, file, "merge", Act("居民主索引合并"), before, {"person_id": str(event.kept), "state": file.state})


def _on_unmerged(session: Session, event: Any) -> None:
    """Files opened for the restored person return to it, in the state they had before."""
    with widened(session, "files of parted persons"):
        for file in _files(session, HealthFile.person_id == event.kept, HealthFile.origin_person == event.restored):
            state = _state_before_merge(session, file)
            before = {"person_id": str(event.kept), "state": file.state}
            file.person_id, file.merged_into, file.state = event.restored, None, state
            note_act(
                session, file, "unmerge", Act("撤销居民主索引合并"), before, {"person_id": str(event.restored), "state": state}
            )


def _files(session: Session, *which: Any) -> list[HealthFile]:
    return list(session.scalars(select(HealthFile).where(*which).order_by(HealthFile.id)))


def _state_before_merge(session: Session, file: HealthFile) -> str:
    if file.state != "merged":
        return file.state
    merges = select(FileEntry.before).where(FileEntry.file_id == file.id, FileEntry.action == "merge")
    newest = session.scalars(merges.order_by(FileEntry.at.desc(), FileEntry.id.desc()).limit(1)).first()
    if newest is None:
        raise Invalid("file.state", state=file.state)
    return str(newest["state"])
