"""Public door of the pipeline. Start here.

* ``accept(session, Upload(...)) -> Receipt`` — store an upload durably; answer the sender after the session has committed.
* ``Upload.of_rows(sender, channel, message_id, {dataset: rows}, source)`` — for ways in that have read their format.
* ``platform.service(Decoders).register("hl7v2", decoder)`` — or let the pipeline read it later: a decoder turns the stored
  bytes into ``Rows`` (``of_mappings(dataset, rows)``, perhaps with a ``WholeList``) and raises ``Malformed`` with a Chinese
  reason.
* ``IdentityResolver`` and ``CodeTranslator`` — what the person index and the registry of standards bind.
* ``ensure_tables(warehouse)`` creates what the pipeline writes; workers call it before their first load.
* ``preview``, ``batch_of``, ``findings_of`` — what a sender may know of an upload.
* events ``BatchLanded`` and ``RowsLoaded``.
"""

from etl.channels import ChannelFilter, ChannelState, Summary, channels, label_of, summary
from etl.decoding.decode import Decoders
from etl.decoding.rows import Decoder, Malformed, Rows, WholeList, of_mappings
from etl.documents.answering import file_answer
from etl.documents.store import DocumentStore
from etl.events import BatchLanded, RowsLoaded, SenderDue
from etl.identity import Identity, IdentityResolver, Place
from etl.mapping import CodeTranslator
from etl.models import MESSAGE_STANDARDS, QuarantinedRow
from etl.pipeline import Pipeline
from etl.preview import Preview, preview
from etl.quarantine import correct, correction, open_row, quarantined_row, values_of
from etl.reading import (
    UNSETTLED,
    BatchFilter,
    QuarantineFilter,
    batch_of,
    batches,
    findings_of,
    pending,
    quarantined,
)
from etl.standings import Span, Standing, standings
from etl.tables import ensure_tables
from etl.uploads import HARD_LIMIT, Operation, Receipt, Sender, Upload, accept

__all__ = [
    "HARD_LIMIT",
    "MESSAGE_STANDARDS",
    "UNSETTLED",
    "BatchFilter",
    "BatchLanded",
    "ChannelFilter",
    "ChannelState",
    "CodeTranslator",
    "Decoder",
    "Decoders",
    "DocumentStore",
    "Identity",
    "IdentityResolver",
    "Malformed",
    "Operation",
    "Pipeline",
    "Place",
    "Preview",
    "QuarantineFilter",
    "QuarantinedRow",
    "Receipt",
    "Rows",
    "RowsLoaded",
    "Sender",
    "SenderDue",
    "Span",
    "Standing",
    "Summary",
    "Upload",
    "WholeList",
    "accept",
    "batch_of",
    "batches",
    "channels",
    "correct",
    "correction",
    "ensure_tables",
    "file_answer",
    "findings_of",
    "label_of",
    "of_mappings",
    "open_row",
    "pending",
    "preview",
    "quarantined",
    "quarantined_row",
    "standings",
    "summary",
    "values_of",
]
