"""What the pipeline registers with the platform."""

from __future__ import annotations

from datetime import timedelta

from etl import keeping, pipeline, remapping, senders
from etl.catalogue import installing as catalogue
from etl.decoding.decode import Decoders
from etl.documents import loose
from etl.documents import routes as document_routes
from etl.documents.shelves import shelf_of
from etl.documents.store import DocumentStore
from etl.events import CONSUMER, SenderDue
from etl.identity import IdentityResolver, StableIdentities
from etl.mapping import CodesAsSent, CodeTranslator
from etl.models import Batch, Channel, QuarantinedRow, StoredDocument
from etl.pipeline import Pipeline
from etl.quality import component as quality
from etl.quality.reports import installing as quality_reports
from etl.reading import UploadTimes
from etl.routes import blp
from etl.tables import ensure_command
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.kernel.scope import system_scope
from health_platform.records.api import UploadClock
from registry.api import ColumnFollower, DivisionFollowers

SWEEP_EVERY = timedelta(seconds=15)


def install(platform: Platform) -> None:
    """Register the pipeline with the platform."""
    decoders = Decoders()
    documents = DocumentStore(shelf_of(platform.settings.document_store, platform.settings.home), platform.crypto)
    resolver = platform.service(IdentityResolver, StableIdentities())
    translator = platform.service(CodeTranslator, CodesAsSent())
    platform.bind(Decoders, decoders)
    platform.bind(UploadClock, UploadTimes())
    platform.bind(DocumentStore, documents)
    platform.bind(Pipeline, Pipeline(platform, decoders, documents, resolver, translator))
    # A load costs an insert for every dataset in it, however few the rows. What was acknowledged is durable while it rests.
    gather = timedelta(milliseconds=platform.settings.gather_ms)
    platform.consume("batch.landed", CONSUMER, pipeline.on_batch_landed, leased=True, rest=gather)
    platform.consume("etl.sender_due", CONSUMER, pipeline.on_sender_due, leased=True, rest=gather)
    platform.consume("registry.mapping_changed", "etl.remapping", remapping.on_mapping_changed)
    if (followers := platform.services.get(DivisionFollowers.__qualname__)) is not None:
        for follower in FOLLOWERS:
            followers.add(follower)
    platform.blueprint(blp)
    platform.blueprint(document_routes.blp)
    platform.command(ensure_command)
    keeping.install(platform)
    loose.install(platform)
    quality.install(platform)
    quality_reports.install(platform)
    catalogue.install(platform)
    platform.schedule(Job("etl.sweep", SWEEP_EVERY, _sweep, "唤醒等待处理的上传"))
    for capability in CAPABILITIES:
        platform.capability(capability)


def _sweep(platform: Platform) -> None:
    """Wake senders whose uploads wait although nobody works on them: after a crash, or a lost delivery."""
    with platform.database.unit_of_work(system_scope("etl sweep")) as session:
        for institution_id in senders.senders_due(session, older_than=SWEEP_EVERY):
            publish(session, SenderDue(institution_id))


# What a unit sees of its own uploads goes with the unit. Figures of past days and months keep the shape of their time.
FOLLOWERS = (
    ColumnFollower("etl.channel", "接入通道", Channel, title="channel", unit="institution_id"),
    ColumnFollower("etl.batch", "上传批次", Batch, title="message_id", unit="institution_id"),
    ColumnFollower("etl.quarantined", "隔离数据行", QuarantinedRow, unit="institution_id"),
    ColumnFollower("etl.document", "共享文档", StoredDocument, unit="institution_id"),
)

CAPABILITIES = (
    Capability(("A11", "A16", "J07"), "etl", "working"),
    Capability(("A01",), "etl", "working", "landing zone, warehouse rows, encrypted document store"),
    Capability(("A06",), "health_platform/datasets, etl", "working", "storage of all datasets; documents are kept as sent"),
)
