"""What the structure check would say of an upload, before or beside landing it. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.checking import BatchFacts, prepare
from etl.decoding.decode import Decoders
from etl.decoding.rows import Malformed
from etl.places import row_keys
from etl.uploads import Upload
from health_platform.datasets.api import Fault
from health_platform.kernel import clock


@dataclass(frozen=True)
class Preview:
    """The check of an upload.

    Attributes:
        problem: why it cannot be read at all; "" otherwise.
        keys: keys of the rows that hold, in order.
        faults: (position, faults) of the rows that do not.
    """

    count: int = 0
    keys: Sequence[str] = ()
    faults: Sequence[tuple[int, tuple[Fault, ...]]] = field(default_factory=tuple)
    problem: str = ""


def preview(decoders: Decoders, upload: Upload) -> Preview:
    """Decode and check an upload as the pipeline will."""
    facts = BatchFacts(
        0,
        upload.sender.institution_id,
        upload.sender.division_code,
        upload.channel,
        upload.format,
        upload.operation,
        upload.source,
        0,
        clock.now(),
    )
    try:
        prepared = prepare(facts, decoders.decode(upload.format, upload.content, upload.channel))
    except Malformed as error:
        return Preview(problem=str(error))
    keys = [key for part in prepared.parts for key in row_keys([part.columns[name] for name in part.dataset.key])]
    faults = [(row.position, row.faults) for row in prepared.rejected]
    return Preview(prepared.row_count, keys, faults)
