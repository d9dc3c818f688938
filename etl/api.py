"""Public door of the pipeline. Start here.

* ``accept(session, Upload(...)) -> Receipt`` — store an upload durably; answer the sender after the session has committed.
* ``Upload.of_rows(sender, channel, message_id, {dataset: rows}, source)`` — for ways in that have read their format.
* ``platform.service(Decoders).register("hl7v2", decoder)`` — or let the pipeline read it later: a decoder turns the stored
  bytes into ``Rows`` (``of_mappings(dataset, rows)``) and raises ``Malformed`` with a Chinese reason.
* ``IdentityResolver`` and ``CodeTranslator`` — what the person index and the registry of standards bind.
* ``ensure_tables(warehouse)`` creates what the pipeline writes; workers call it before their first load.
* ``preview``, ``batch_of``, ``findings_of`` — what a sender may know of an upload.
* events ``BatchLanded`` and ``RowsLoaded``.
"""

from etl.decoding.decode import Decoders
from etl.decoding.rows import Decoder, Malformed, Rows, of_mappings
from etl.documents.store import DocumentStore
from etl.events import BatchLanded, RowsLoaded, SenderDue
from etl.identity import Identity, IdentityResolver, Place
from etl.mapping import CodeTranslator
from etl.pipeline import Pipeline
from etl.preview import Preview, preview
from etl.reading import batch_of, findings_of, pending
from etl.tables import ensure_tables
from etl.uploads import HARD_LIMIT, Operation, Receipt, Sender, Upload, accept

__all__ = [
    "HARD_LIMIT",
    "BatchLanded",
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
    "Receipt",
    "Rows",
    "RowsLoaded",
    "Sender",
    "SenderDue",
    "Upload",
    "accept",
    "batch_of",
    "ensure_tables",
    "findings_of",
    "of_mappings",
    "pending",
    "preview",
]
