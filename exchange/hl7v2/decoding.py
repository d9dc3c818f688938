"""The pipeline's reader of stored messages."""

from collections.abc import Iterable

from etl.api import Malformed, Rows, of_mappings
from exchange.hl7v2.definitions.catalogue import kinds
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.mapping import to_rows
from exchange.hl7v2.message import read
from health_platform.datasets.api import catalogue


def decode(content: bytes, channel: str) -> Iterable[Rows]:
    """Dataset rows of one message.

    Raises:
        Malformed: the bytes are no message, or of a kind that makes no rows.
    """
    try:
        message = read(content)
    except Unreadable as error:
        raise Malformed(f"不是有效的 HL7 v2 消息: {error}") from error
    kind = kinds().get(message.kind)
    if kind is None or kind.refusal:
        raise Malformed(f"不支持的 HL7 v2 消息类型 {message.kind}")
    datasets = catalogue()
    return [of_mappings(datasets[name], rows) for name, rows in to_rows(message, kind).items()]
