"""The pipeline: decode → structure check → code mapping → identity → load → publish, for the senders of one load at a time.

Each step can be repeated. What a step computes depends only on the stored bytes and on the registries; the warehouse drops
an insert whose token it knows, and rows carry their upload as version. So a worker may be killed anywhere, and the next one
does the same load again to the same effect. Receipts, quarantine and figures are written once, in the last step: a transaction
for each institution, which is then no longer in the load.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from etl import finishing, metrics, queue, senders
from etl.checking import BatchFacts, Part, Prepared, prepare
from etl.decoding.decode import Decoders
from etl.decoding.rows import Malformed
from etl.documents.loose import note
from etl.documents.store import DocumentStore
from etl.events import BatchLanded, SenderDue
from etl.identity import Identity, IdentityResolver, Place
from etl.loading import Loader
from etl.mapping import CodeTranslator, tables
from etl.models import LANDED, RUNNING, Batch
from etl.places import Places
from etl.shares import Share, shares_of
from etl.shipping import Shipment
from etl.tables import ensure_tables
from etl.uploads import Sender
from health_platform.datasets.api import Dataset, catalogue
from health_platform.kernel import leases
from health_platform.kernel.errors import Unavailable, Upstream
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

log = logging.getLogger("etl.pipeline")
Answer = TypeVar("Answer")

_AT_ONCE = 500
"""Patients whose identities are settled in one transaction: others write between two of them."""

PASSING = (Unavailable, Upstream, OperationalError, ConnectionError, TimeoutError)
"""Failures of the surroundings: the load is tried again and no batch is blamed."""


@dataclass(frozen=True)
class Pipeline:
    """The pipeline of one platform, with what components bound to it."""

    platform: Platform
    decoders: Decoders
    documents: DocumentStore
    resolver: IdentityResolver
    translator: CodeTranslator

    def work_for(self, institution_id: int) -> int:
        """Process everything that waits for one sender; returns how many loads were finished.

        Does nothing when another worker is at it; that worker will look again before it stops. Uploads that are in an
        unfinished load of several institutions are worked on for the one that leads it.
        """
        with self._unit() as session:
            if not senders.take_lease(session, institution_id):
                return 0
            if (leader := queue.leader_of(session, institution_id)) != institution_id:
                senders.hand_over(session, institution_id)
        return self._hold(institution_id) if leader == institution_id else self.work_for(leader)

    def _hold(self, institution_id: int) -> int:
        finished = 0
        try:
            while True:
                finished += self._work_through(institution_id)
                with self._unit() as session:
                    if senders.release_lease(session, institution_id):
                        return finished
        except BaseException:
            with self._unit() as session:
                while not senders.release_lease(session, institution_id):
                    pass
            raise

    def _work_through(self, institution_id: int) -> int:
        finished = 0
        while True:
            with self._unit() as session:
                mine = senders.extend_leases(session, [institution_id])
                load_id = queue.next_load(session, institution_id) if mine else None
                held = queue.institutions_of(session, load_id) if load_id else []
            if load_id is None:
                return finished
            with self._letting_go(set(held) - {institution_id}), leases.kept(self._keeping(held), senders.LEASE / 3):
                self._attempt(load_id)
            finished += 1

    @contextmanager
    def _letting_go(self, others: set[int]) -> Iterator[None]:
        """The leases of the institutions that a load took along end with it."""
        try:
            yield
        finally:
            if others:
                with self._unit() as session:
                    senders.let_go(session, others)

    def _keeping(self, institutions: Sequence[int]) -> Callable[[], None]:
        holder = senders.owner()

        def keep() -> None:
            with self._unit() as session:
                senders.extend_leases(session, institutions, holder)

        return keep

    def _attempt(self, load_id: int) -> None:
        started = time.perf_counter()
        try:
            self.process(load_id)
            metrics.LOADS.labels("loaded").observe(time.perf_counter() - started)
        except PASSING:
            metrics.LOADS.labels("postponed").observe(time.perf_counter() - started)
            self._postpone(load_id)
            raise
        except Exception as error:
            metrics.LOADS.labels("failed").observe(time.perf_counter() - started)
            log.exception("load failed", extra={"facts": {"load": load_id}})
            self._blame(load_id, error)

    def process(self, load_id: int) -> None:
        """Run all steps of a load."""
        with self._unit(reading=True) as session:
            batches = queue.batches_of(session, load_id)
            contents = queue.contents_of(session, self.platform.crypto, [batch.id for batch in batches])
        prepared = [self._prepare(batch, contents.get(batch.id)) for batch in batches]
        _ensure_tables(self.platform)
        for share in self._ship(load_id, shares_of(prepared)):
            with self._unit() as session:
                finishing.finish(session, load_id, share)

    def _prepare(self, batch: BatchFacts, content: bytes | None) -> Prepared:
        if content is None:
            return Prepared(batch, problem="原始内容已过保存期限")
        try:
            return prepare(batch, self.decoders.decode(batch.format, content, batch.channel))
        except Malformed as error:
            return Prepared(batch, problem=str(error))

    def _ship(self, load_id: int, shares: Sequence[Share]) -> list[Share]:
        """Write the rows of a load; returns its shares with what became of their rows."""
        loaders = {share.sender: self._loader(share.sender, parts) for share in shares if (parts := share.parts())}
        names = {name: None for loader in loaders.values() for name in loader.parts}
        shipment = Shipment(self.platform.warehouse, load_id)
        loaded = dict(zip(loaders, shipment.ship(in_order(names), list(loaders.values())), strict=True))
        return [replace(share, loaded=loaded.get(share.sender, ())) for share in shares]

    def _loader(self, sender: Sender, parts: Mapping[str, Sequence[Part]]) -> Loader:
        coded = [(part.dataset, part.columns) for each in parts.values() for part in each]
        known = self._read_first(lambda session: tables(session, self.translator, sender, coded))

        found: dict[str, Place] = {}

        def resolve(identities: Sequence[Identity]) -> Mapping[str, Place]:
            """Places never change, and rows that only mention a patient change nothing in the index: once a load is enough."""
            asked = [one for one in identities if one.register or one.local_id not in found]
            for start in range(0, len(asked), _AT_ONCE):
                found.update(self._resolved(sender, asked[start : start + _AT_ONCE]))
            return found

        def note_files(digests: Sequence[str]) -> None:
            with self._unit() as session:
                note(session, digests)

        warehouse = self.platform.warehouse
        places = Places(warehouse, sender.institution_id)
        return Loader(warehouse, self.documents, note_files, resolve, known, places, parts)

    def _resolved(self, sender: Sender, asked: Sequence[Identity]) -> Mapping[str, Place]:
        return self._read_first(lambda session: self.resolver.resolve(session, sender, asked))

    def _postpone(self, load_id: int) -> None:
        with suppress(OperationalError), self._unit() as session:  # the database itself may be what is away
            queue.postponed(session, load_id)

    def _blame(self, load_id: int, error: Exception) -> None:
        with self._unit() as session:
            queue.failed(session, load_id, error)

    def _read_first(self, work: Callable[[Session], Answer]) -> Answer:
        return self.platform.database.read_first(system_scope("etl pipeline"), work)

    def _unit(self, *, reading: bool = False) -> AbstractContextManager[Session]:
        return self.platform.database.unit_of_work(system_scope("etl pipeline"), reading=reading)


def _ensure_tables(platform: Platform) -> None:
    """Once per process and warehouse: a new edition of the definitions reaches the tables before its first row."""
    place = (str(platform.warehouse.settings.home), platform.warehouse.settings.database)
    if place not in _ENSURED:
        ensure_tables(platform.warehouse)
        _ENSURED.add(place)


_ENSURED: set[tuple[str, str]] = set()


def in_order(names: Collection[str]) -> list[Dataset]:
    """The named datasets: registers of patients first, parents before their details.

    Institutions that share a load sent them in different orders. Whoever is only mentioned in a row becomes known by what the
    row says of him, and a register that was uploaded before that row would come too late to correct it.
    """
    known = catalogue()
    registers = {name for name in names if (patient := known[name].patient) is not None and patient.register}
    parents = {name: {parent.dataset} & set(names) if (parent := known[name].parent) is not None else set() for name in names}
    graph = {name: above if name in registers else above | registers for name, above in parents.items()}
    return [known[name] for name in TopologicalSorter(graph).static_order()]


def on_batch_landed(platform: Platform, event: BatchLanded) -> None:
    """Work for the sender of a new batch, unless the batch went along with an earlier one already."""
    with platform.database.unit_of_work(system_scope("etl pipeline"), reading=True) as session:
        state = session.scalar(select(Batch.state).where(Batch.id == event.batch_id))
    if state in (LANDED, RUNNING):
        platform.service(Pipeline).work_for(event.institution_id)


def on_sender_due(platform: Platform, event: SenderDue) -> None:
    """Work for a sender whose batches wait."""
    platform.service(Pipeline).work_for(event.institution_id)
