"""Files that belong to no row any more: noted when that may be, removed when it has been so for the configured time.

The same content is stored once however many rows have it, so a file may only go when none does, and not while a load is
about to give it to a row. Therefore a load notes its files before it stores them (:func:`note`), under the lock that
removing one takes: whoever comes second sees what the first has done, and a removed file is written again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from etl.documents.store import DocumentStore
from etl.models import LooseFile, StoredDocument
from health_platform.datasets.api import Document, catalogue
from health_platform.kernel import clock, parameters
from health_platform.kernel.audit import AuditFact, record
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Job, Parameter, Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Warehouse

log = logging.getLogger("etl.documents")

KEEP: Final = Parameter(
    "etl.keep_files_days", "无主图文文件保存天数", 180, int, low=7, high=3650,
    help="图文文件的所有记录撤回或更换后，超过天数即从文件库删除；仍被任何记录引用的文件不删除",
)  # fmt: skip
_AT_ONCE: Final = 200
_PLAIN: Final = {"synchronize_session": False}


def install(platform: Platform) -> None:
    """Declare the parameter and the work."""
    platform.parameter(KEEP)
    platform.schedule(Job("etl.keep_files", timedelta(hours=6), remove_loose, "清理无主的图文文件"))


def note(session: Session, digests: Iterable[str]) -> None:
    """Files are about to be stored, or their rows let go of them: their time begins now."""
    now = clock.now()
    for digest in sorted(set(digests)):  # in one order, so that two loads do not wait for each other
        if not _renewed(session, digest, now):
            with suppress(IntegrityError), session.begin_nested():  # another load may note it at the same moment
                insert_rows(session, LooseFile, [{"id": new_id(), "digest": digest, "since": now}])


def _renewed(session: Session, digest: str, now: datetime) -> bool:
    known = update(LooseFile).where(LooseFile.digest == digest).values(since=now)
    return bool(session.execute(known, execution_options=_PLAIN).rowcount)  # type: ignore[attr-defined]


def settled(session: Session, digests: Iterable[str]) -> None:
    """Files belong to a row of the running transaction, which will note them again when it lets go of them."""
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), _AT_ONCE):
        some = LooseFile.digest.in_(wanted[start : start + _AT_ONCE])
        session.execute(delete(LooseFile).where(some), execution_options=_PLAIN)


def remove_loose(platform: Platform) -> None:
    """Remove every file that has belonged to no row for as long as the parameter says; each in a transaction of its own."""
    with platform.database.unit_of_work(system_scope("loose files")) as session:
        old = LooseFile.since < _before(session, platform)
        session.execute(delete(LooseFile).where(old, _referred(LooseFile.digest)), execution_options=_PLAIN)
    after = 0
    while found := _due(platform, after):
        after = found[-1][0]
        named = _named(platform.warehouse, [digest for _, digest in found])
        for _, digest in found:
            if digest not in named:
                _try_to_remove(platform, digest)


def _due(platform: Platform, after: int) -> list[tuple[int, str]]:
    with platform.database.unit_of_work(system_scope("loose files"), reading=True) as session:
        old = select(LooseFile.id, LooseFile.digest).where(LooseFile.since < _before(session, platform), LooseFile.id > after)
        return [(row.id, row.digest) for row in session.execute(old.order_by(LooseFile.id).limit(_AT_ONCE))]


def _before(session: Session, platform: Platform) -> datetime:
    return clock.now() - timedelta(days=parameters.value(session, platform, KEEP.key))


def _referred(digest: Any) -> ColumnElement[bool]:
    return select(StoredDocument.id).where(StoredDocument.digest == digest).exists()


def _named(warehouse: Warehouse, digests: Sequence[str]) -> set[str]:
    """Those that a row of the warehouse names: a load that never ended leaves rows there of which the database knows nothing."""
    found: set[str] = set()
    for dataset in catalogue().values():
        for field in (each.name for each in dataset.fields if isinstance(each, Document)):
            rows = f"SELECT DISTINCT {field} FROM {warehouse.place.table(dataset.name)} FINAL WHERE {field} IN %(digests)s"  # noqa: S608 - names of the catalogue
            found.update(name for (name,) in warehouse.execute(rows, {"digests": tuple(digests)}))
    return found


def _try_to_remove(platform: Platform, digest: str) -> None:
    """One that cannot be removed keeps none of the others; it is tried again the next time."""
    try:
        with platform.database.unit_of_work(system_scope("loose files")) as session:
            _remove(session, platform, digest)
    except Exception:
        log.exception("a file that belongs to no row could not be removed", extra={"facts": {"digest": digest}})


def _remove(session: Session, platform: Platform, digest: str) -> None:
    still_due = (LooseFile.digest == digest, LooseFile.since < _before(session, platform), ~_referred(digest))
    loose = session.scalar(select(LooseFile).where(*still_due).with_for_update())
    if loose is None:  # a load noted it anew meanwhile
        return
    platform.service(DocumentStore).remove(digest)
    record(session, AuditFact("etl.document.remove", "document", digest, detail={"since": loose.since.isoformat()}))
    session.delete(loose)
