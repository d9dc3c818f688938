"""The last step of a load, in one transaction for each institution in it: receipts, quarantine, figures, and the news for the
rest of the platform."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from etl import figures, metrics, quarantine
from etl.checking import Prepared, Rejected
from etl.documents.loose import note, settled
from etl.events import CONSUMER, PAIRS_PER_EVENT, RowsLoaded, SenderDue
from etl.frames import NO_PLACE
from etl.loading import Loaded
from etl.models import LANDED, LOADED, REFUSED, RUNNING, Batch, Channel, Load, StoredDocument
from etl.queue import in_work
from etl.shares import Share
from health_platform.datasets.api import Document, Fault
from health_platform.kernel import clock
from health_platform.kernel.outbox import publish, settle
from registry.api import Seen, report_unmapped

_IN_LIMIT: Final = 500


def finish(session: Session, load_id: int, share: Share) -> None:
    """Record everything a load did for one institution, and mark the load done with the last of them.

    A transaction for each institution, because nobody else writes on SQLite meanwhile (ADR 99).
    """
    now = clock.now()
    load = session.scalars(select(Load).where(Load.id == load_id).with_for_update()).one()
    # Locked: a request to send them through again comes either before this and is seen, or finds them loaded.
    mine = select(Batch).where(*in_work(load_id), Batch.institution_id == share.sender.institution_id).with_for_update()
    rows = {row.id: row for row in session.scalars(mine)}
    if load.state != RUNNING or not rows:  # a worker that took the load over when our lease ran out was faster
        return
    settle(session, list(rows), CONSUMER)
    _finish_share(session, load_id, share, rows, now)
    session.flush()
    if session.scalar(select(Batch.id).where(*in_work(load_id)).limit(1)) is None:
        load.state, load.finished_at, load.error = LOADED, now, None


def _finish_share(session: Session, load_id: int, share: Share, rows: Mapping[int, Batch], now: datetime) -> None:
    prepared, loaded = share.prepared, share.loaded
    _refuse_unreadable(prepared)
    _report_gaps(session, rows, share)
    _settle_batches(session, rows, prepared, loaded, now)
    quarantine.settle(session, [each.batch.id for each in prepared], figures.rejections(prepared, loaded))
    for each in loaded:
        _forget_documents(session, each)
        _remember_documents(session, each, now)
        _announce(session, load_id, each)
        quarantine.wake_children(session, each)
    for name, newest in _said(prepared, loaded).items():
        quarantine.overtake(session, share.sender.institution_id, name, newest)
    _touch_channels(session, prepared, now)


def _said(prepared: Sequence[Prepared], loaded: Sequence[Loaded]) -> dict[str, dict[str, int]]:
    """The versions of the rows a load speaks of, whether they hold or not: dataset → key → version."""
    said: dict[str, dict[str, int]] = defaultdict(dict)
    for each in loaded:
        said[each.dataset.name].update(zip(each.whole.keys, (batch.version for batch in each.whole.batches), strict=True))
    for row in figures.rejections(prepared, loaded):
        if row.row_key:
            key = row.row_key[: quarantine.KEY_LENGTH]
            said[row.dataset][key] = max(said[row.dataset].get(key, 0), row.batch.version)
    return said


def _refuse_unreadable(prepared: Sequence[Prepared]) -> None:
    """An upload that cannot be read at all stands in quarantine as one row at position -1."""
    for each in prepared:
        if each.problem:
            fault = Fault("", "", "", "format", each.problem)
            each.rejected.append(Rejected(each.batch, each.batch.channel, -1, each.batch.operation, (fault,), ""))


def _report_gaps(session: Session, rows: Mapping[int, Batch], share: Share) -> None:
    """Tell the registry how many rows carry codes without a mapping. A batch that runs again was counted before."""
    fresh = {identity for identity, row in rows.items() if not row.figures}
    gaps = [gap for each in share.loaded for gap in each.missing if gap.batch_id in fresh]
    if not gaps:
        return
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    for gap in gaps:
        tables[gap.table][gap.code] += gap.rows
    named = [Seen(gap.code, gap.rows, gap.name) for gap in gaps if gap.name]
    report_unmapped(session, share.sender, tables, named)


def _settle_batches(
    session: Session, rows: Mapping[int, Batch], prepared: Sequence[Prepared], loaded: Sequence[Loaded], now: datetime
) -> None:
    found = figures.figures(prepared, loaded)
    metrics.count(found)
    days = figures.Days(session)
    for each in prepared:
        row = rows[each.batch.id]
        figures.record(days, row, found[row.id])
        row.row_count = each.row_count
        row.warnings = _warnings(each, loaded)
        row.state = REFUSED if each.problem else LOADED
        row.error = each.problem or None
        row.finished_at = now
    _send_again(session, [row for row in rows.values() if row.again])


def _send_again(session: Session, rows: Sequence[Batch]) -> None:
    """Back to the queue, under another load: rows of equal version that come later replace the ones just written."""
    for row in rows:
        row.state, row.load_id, row.again = LANDED, None, False
    for institution_id in {row.institution_id for row in rows}:
        publish(session, SenderDue(institution_id))


def _warnings(prepared: Prepared, loaded: Sequence[Loaded]) -> dict[str, object] | None:
    found: dict[str, object] = {}
    if prepared.unknown:
        found["unknown_fields"] = dict(prepared.unknown.most_common(50))
    if prepared.shortened:
        found["shortened_numbers"] = dict(prepared.shortened)
    gaps = {
        f"{each.dataset.name}.{name}": dict(counts.most_common(20))
        for each in loaded
        if each.unmapped_rows[prepared.batch.id]
        for name, counts in each.gaps.items()
    }
    if gaps:
        found["unmapped_codes"] = gaps
    return found or None


def _forget_documents(session: Session, loaded: Loaded) -> None:
    """A file that belongs to no record row any more can be read by nobody: its row was withdrawn, or came without it."""
    whole = loaded.whole
    for field in (each.name for each in loaded.dataset.fields if isinstance(each, Document)):
        held = zip(whole.keys, whole.columns[field], whole.deletes, strict=True)
        empty = [key for key, digest, gone in held if gone or not digest]
        for start in range(0, len(empty), _IN_LIMIT):
            of_field = (StoredDocument.dataset == loaded.dataset.name, StoredDocument.field == field)
            of_sender = StoredDocument.institution_id == whole.batches[0].institution_id
            of_rows = StoredDocument.row_key.in_(empty[start : start + _IN_LIMIT])
            note(session, session.scalars(select(StoredDocument.digest).where(of_sender, *of_field, of_rows)))
            session.execute(delete(StoredDocument).where(of_sender, *of_field, of_rows))


def _remember_documents(session: Session, loaded: Loaded, now: datetime) -> None:
    whole = loaded.whole
    for fact in loaded.documents:
        if whole.deletes[fact.row]:
            continue
        batch, place = whole.batches[fact.row], whole.places[fact.row]
        key = {
            "institution_id": batch.institution_id,
            "dataset": loaded.dataset.name,
            "row_key": whole.keys[fact.row],
            "field": fact.field,
        }
        row = session.scalar(select(StoredDocument).filter_by(**key)) or StoredDocument(**key)
        if row.digest and row.digest != fact.digest:
            note(session, [row.digest])
        row.division_code, row.line_code = batch.division_code, loaded.dataset.line
        row.digest, row.size, row.stored_at = fact.digest, fact.size, now
        row.shelf, row.patient_key = place
        row.class_code = loaded.dataset.confidentiality.value
        media_types = whole.columns.get("media_type")
        row.media_type = str(media_types[fact.row])[:100] if media_types else None
        session.add(row)
        session.flush()
    settled(session, [fact.digest for fact in loaded.documents if not whole.deletes[fact.row]])


def _announce(session: Session, load_id: int, loaded: Loaded) -> None:
    whole = loaded.whole
    if loaded.dataset.personal:
        whole = whole.keep([row for row, place in enumerate(whole.places) if place != NO_PLACE])
    if not len(whole):
        return
    pairs = sorted({tuple(place) for place in whole.places}) if loaded.dataset.personal else []
    days = figures.local_days(whole.times)
    batch = whole.batches[0]
    for start in range(0, max(len(pairs), 1), PAIRS_PER_EVENT):
        first = start == 0
        publish(
            session,
            RowsLoaded(
                load_id,
                loaded.dataset.name,
                batch.institution_id,
                batch.division_code,
                loaded.written if first else 0,
                loaded.deleted if first else 0,
                days,
                [list(pair) for pair in pairs[start : start + PAIRS_PER_EVENT]],
            ),
        )


def _touch_channels(session: Session, prepared: Sequence[Prepared], now: datetime) -> None:
    for institution, name in {(each.batch.institution_id, each.batch.channel) for each in prepared}:
        wanted = (Channel.institution_id == institution, Channel.channel == name)
        if (channel := session.scalar(select(Channel).where(*wanted))) is not None:
            channel.last_loaded_at = now
