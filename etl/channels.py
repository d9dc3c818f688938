"""Channels for operators: what came when, what waits, what failed, how late it is; pause, resume and replay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, func, select, update
from sqlalchemy.orm import Session

from etl.events import SenderDue
from etl.models import (
    FAILED,
    LANDED,
    LOADED,
    MESSAGE_STANDARDS,
    OPEN,
    REFUSED,
    RUNNING,
    WAITING,
    Batch,
    BatchBody,
    Channel,
    DayFigures,
    QuarantinedRow,
)
from health_platform.datasets.api import catalogue
from health_platform.kernel import clock
from health_platform.kernel.cache import cacheable
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.outbox import publish

register_messages({"channel.unknown": "未找到该数据通道"})

_KEPT: Final = select(BatchBody.batch_id).where(BatchBody.batch_id == Batch.id).exists()
_IN_LIMIT: Final = 500
_TROUBLED: Final = (REFUSED, FAILED)
_UNFINISHED: Final = (LANDED, RUNNING, *_TROUBLED)

# What operators leave open on a screen is asked again and again, so its statements are put together once.
_BY_STATE: Final = (
    select(Batch.state, func.count(), func.min(Batch.received_at)).where(Batch.state.in_(_UNFINISHED)).group_by(Batch.state)
)
_UNSETTLED: Final = select(func.count()).select_from(QuarantinedRow).where(QuarantinedRow.state.in_((OPEN, WAITING)))
_PAUSED: Final = select(func.count()).select_from(Channel).where(Channel.paused.is_(True))
_SUMS: Final = select(func.sum(DayFigures.loaded), func.sum(DayFigures.rejected)).where(DayFigures.day == bindparam("day"))

_SHOWN: Final[BindParameter[Any]] = bindparam("institutions", expanding=True)
_KIND: Final = (Batch.institution_id, Batch.channel, Batch.state)
_BATCHES: Final = (
    select(*_KIND, func.count(), func.min(Batch.received_at))
    .where(Batch.institution_id.in_(_SHOWN), Batch.state.in_(_UNFINISHED))
    .group_by(*_KIND)
)
_OPEN_ROWS: Final = (QuarantinedRow.institution_id.in_(_SHOWN), QuarantinedRow.state.in_((OPEN, WAITING)))
_BY_DATASET: Final = (
    select(QuarantinedRow.institution_id, QuarantinedRow.dataset, func.count())
    .where(*_OPEN_ROWS)
    .group_by(QuarantinedRow.institution_id, QuarantinedRow.dataset)
)
_BY_STANDARD: Final = (
    select(QuarantinedRow.institution_id, Batch.channel, func.count())
    .join(Batch, Batch.id == QuarantinedRow.batch_id)
    .where(*_OPEN_ROWS, Batch.channel.in_(MESSAGE_STANDARDS))
    .group_by(QuarantinedRow.institution_id, Batch.channel)
)
_FIGURES: Final = select(
    DayFigures.institution_id,
    DayFigures.dataset,
    DayFigures.loaded,
    DayFigures.rejected,
    DayFigures.late,
    DayFigures.delay_seconds,
).where(DayFigures.institution_id.in_(_SHOWN), DayFigures.day == bindparam("day"))

Key = tuple[int, str]
"""Institution and channel."""


@dataclass(frozen=True)
class Waiting:
    """Batches not yet loaded, and when the first of them was received."""

    count: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class ChannelFilter:
    """Which channels to list; pages count from 1."""

    institution_id: int | None = None
    channel: str = ""
    troubled: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class ChannelState:
    """A channel with its figures of today.

    Attributes:
        waiting: batches not yet loaded; ``oldest`` is when the first of them was received.
        failed: batches that could not be read or were laid aside.
        quarantined: rows to be looked at.
        loaded, rejected, late: rows of today; None for a message standard, whose rows are counted under their datasets.
        delay_minutes: mean time from event to receipt of the rows loaded today; None when there are none.
    """

    id: int
    institution_id: int
    channel: str
    label: str
    paused: bool
    paused_reason: str
    last_received_at: datetime | None
    last_loaded_at: datetime | None
    waiting: int
    oldest: datetime | None
    failed: int
    quarantined: int
    loaded: int | None
    rejected: int | None
    late: int | None
    delay_minutes: int | None

    @property
    def due(self) -> str:
        """The dataset's deadline, as the field writes it; "" for a message standard."""
        known = catalogue().get(self.channel)
        return known.due.label if known else ""

    @property
    def state(self) -> str:
        """One word for a badge: paused, failing, behind, quiet or good."""
        if self.paused:
            return "paused"
        if self.failed:
            return "failing"
        if self.oldest and clock.now() - self.oldest > timedelta(minutes=30):
            return "behind"
        if self.last_received_at is None or clock.now() - self.last_received_at > timedelta(days=1):
            return "quiet"
        return "good"


@dataclass(frozen=True)
class Summary:
    """The pipeline as a whole, as far as the caller sees it."""

    waiting: int
    oldest: datetime | None
    failed: int
    quarantined: int
    paused: int
    loaded_today: int
    rejected_today: int


def label_of(channel: str) -> str:
    """Chinese name of a dataset or message standard."""
    known = catalogue().get(channel)
    return known.label if known else MESSAGE_STANDARDS.get(channel, channel)


def channels(session: Session, wanted: ChannelFilter) -> tuple[list[ChannelState], int]:
    """One page of channels in scope, and how many there are."""
    query = select(Channel)
    if wanted.institution_id is not None:
        query = query.where(Channel.institution_id == wanted.institution_id)
    if wanted.channel:
        query = query.where(Channel.channel == wanted.channel)
    if wanted.troubled:
        bad = select(Batch.institution_id).where(
            Batch.institution_id == Channel.institution_id,
            Batch.channel == Channel.channel,
            Batch.state.in_(_TROUBLED),
        )
        query = query.where(bad.exists())
    page = query.order_by(Channel.institution_id, Channel.channel).limit(wanted.size)
    rows = session.scalars(page.offset((wanted.page - 1) * wanted.size)).all()
    whole = wanted.page == 1 and len(rows) < wanted.size  # then it holds all there are
    total = len(rows) if whole else session.scalar(query.with_only_columns(func.count(Channel.id))) or 0
    return _states(session, rows), total


@cacheable("etl.summary", "数据接收概况", ())
def summary(session: Session) -> Summary:
    """Backlog and failures over everything in scope."""
    batches = session.execute(_BY_STATE).all()
    waiting = [(count, first) for state, count, first in batches if state not in _TROUBLED]
    failed = sum(count for state, count, _ in batches if state in _TROUBLED)
    loaded, rejected = session.execute(_SUMS, {"day": clock.today()}).one()
    return Summary(
        waiting=sum(count for count, _ in waiting),
        oldest=min((first for _, first in waiting), default=None),
        failed=failed,
        quarantined=session.scalar(_UNSETTLED) or 0,
        paused=session.scalar(_PAUSED) or 0,
        loaded_today=int(loaded or 0),
        rejected_today=int(rejected or 0),
    )


def figures_by_day(session: Session, institution_id: int | None, first: date, last: date) -> Sequence[DayFigures]:
    """Figures per institution, dataset and day, both days included."""
    query = select(DayFigures).where(DayFigures.day >= first, DayFigures.day <= last)
    if institution_id is not None:
        query = query.where(DayFigures.institution_id == institution_id)
    return session.scalars(query.order_by(DayFigures.day, DayFigures.institution_id, DayFigures.dataset)).all()


def pause(session: Session, channel_id: int, reason: str) -> Channel:
    """Stop loading a channel; uploads are still accepted and wait."""
    channel = get_channel(session, channel_id)
    channel.paused, channel.paused_reason = True, reason[:200]
    return channel


def resume(session: Session, channel_id: int) -> Channel:
    """Go on with a paused channel, with what waited first."""
    channel = get_channel(session, channel_id)
    channel.paused, channel.paused_reason = False, None
    publish(session, SenderDue(channel.institution_id))
    return channel


def replay_channel(session: Session, channel_id: int, since: datetime | None = None) -> int:
    """Send batches through again: those that failed, or all received since a time; returns how many.

    Rows keep the version of their upload, so newer uploads still count. Uploads whose bytes are gone stay as they are.
    """
    channel = get_channel(session, channel_id)
    states = (REFUSED, FAILED) if since is None else (REFUSED, FAILED, LOADED)
    chosen = [
        Batch.institution_id == channel.institution_id,
        Batch.channel == channel.channel,
        Batch.state.in_(states),
        _KEPT,
    ]
    if since is not None:
        chosen.append(Batch.received_at >= since)
    done = session.execute(update(Batch).where(*chosen).values(state=LANDED, load_id=None))
    publish(session, SenderDue(channel.institution_id))
    return int(done.rowcount)  # type: ignore[attr-defined]


def replay_datasets(session: Session, institution_id: int, names: Collection[str]) -> int:
    """Send an institution's loaded uploads with rows of these datasets through again; returns how many.

    As :func:`replay_channel`: versions are kept, and only uploads whose bytes are still kept can be mapped again. Uploads
    in a load that runs now may have been mapped the old way already: they go through again when it has ended.
    """
    # First the running ones: whichever load ends while this waits for its rows is found loaded below.
    running = update(Batch).where(Batch.institution_id == institution_id, Batch.state == RUNNING).values(again=True)
    under_way = session.execute(running)
    loaded = select(Batch.id, Batch.figures).where(Batch.institution_id == institution_id, Batch.state == LOADED, _KEPT)
    chosen = [identity for identity, figures in session.execute(loaded) if not frozenset(names).isdisjoint(figures or ())]
    for start in range(0, len(chosen), _IN_LIMIT):
        some = Batch.id.in_(chosen[start : start + _IN_LIMIT])
        session.execute(update(Batch).where(some, Batch.state == LOADED).values(state=LANDED, load_id=None))
    if chosen:
        publish(session, SenderDue(institution_id))
    return len(chosen) + int(under_way.rowcount)  # type: ignore[attr-defined]


def get_channel(session: Session, channel_id: int) -> Channel:
    """A channel in scope.

    Raises:
        NotFound: ``channel.unknown``.
    """
    channel = session.scalar(select(Channel).where(Channel.id == channel_id))
    if channel is None:
        raise NotFound("channel.unknown")
    return channel


def _states(session: Session, rows: Sequence[Channel]) -> list[ChannelState]:
    institutions = sorted({row.institution_id for row in rows})
    waiting, failed = _batches(session, institutions)
    quarantined = _quarantined(session, institutions)
    figures: Iterable[Any] = session.execute(_FIGURES, {"institutions": institutions, "day": clock.today()})
    today = {(each.institution_id, each.dataset): each for each in figures}
    return [_state(row, waiting, failed, quarantined, today) for row in rows]


def _state(
    row: Channel,
    waiting: Mapping[Key, Waiting],
    failed: Mapping[Key, int],
    quarantined: Mapping[Key, int],
    today: Mapping[Key, Any],
) -> ChannelState:
    key = (row.institution_id, row.channel)
    figures = today.get(key)
    nothing = None if row.channel in MESSAGE_STANDARDS else 0
    before = waiting.get(key, Waiting())
    return ChannelState(
        id=row.id,
        institution_id=row.institution_id,
        channel=row.channel,
        label=label_of(row.channel),
        paused=row.paused,
        paused_reason=row.paused_reason or "",
        last_received_at=row.last_received_at,
        last_loaded_at=row.last_loaded_at,
        waiting=before.count,
        oldest=before.oldest,
        failed=failed.get(key, 0),
        quarantined=quarantined.get(key, 0),
        loaded=figures.loaded if figures else nothing,
        rejected=figures.rejected if figures else nothing,
        late=figures.late if figures else nothing,
        delay_minutes=figures.delay_seconds // figures.loaded // 60 if figures and figures.loaded else None,
    )


def _batches(session: Session, institutions: Sequence[int]) -> tuple[Mapping[Key, Waiting], Mapping[Key, int]]:
    """What waits, and how many are in trouble, by institution and channel."""
    waiting: dict[Key, Waiting] = {}
    failed: dict[Key, int] = {}
    for institution, channel, state, count, first in session.execute(_BATCHES, {"institutions": institutions}):
        key = (institution, channel)
        if state in _TROUBLED:
            failed[key] = failed.get(key, 0) + count
        else:
            known = waiting.get(key, Waiting(0, first))
            waiting[key] = Waiting(known.count + count, min(known.oldest or first, first))
    return waiting, failed


def _quarantined(session: Session, institutions: Sequence[int]) -> Mapping[Key, int]:
    asked = {"institutions": institutions}
    # The latter also holds what is no row of a dataset.
    rows = [*session.execute(_BY_DATASET, asked), *session.execute(_BY_STANDARD, asked)]
    return {(institution, channel): count for institution, channel, count in rows}
