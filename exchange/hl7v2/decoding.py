"""The pipeline's reader of stored messages."""

from collections.abc import Iterable

from etl.api import Malformed, of_mappings
from etl.api import Rows as DatasetRows
from exchange.hl7v2.definitions.catalogue import kinds
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.framing import Decoder, Frame
from exchange.hl7v2.mapping import Rows, to_rows
from exchange.hl7v2.message import Message, read
from health_platform.datasets.api import catalogue


def decode(content: bytes, channel: str) -> Iterable[DatasetRows]:
    """Dataset rows of the messages of an upload, in their order.

    Raises:
        Malformed: the bytes are no messages, or one of a kind that makes no rows.
    """
    together: Rows = {}
    for message in _messages(content):
        kind = kinds().get(message.kind)
        if kind is None or kind.refusal:
            raise Malformed(f"不支持的 HL7 v2 消息类型 {message.kind}")
        for name, rows in to_rows(message, kind).items():
            together.setdefault(name, []).extend(rows)
    datasets = catalogue()
    return [of_mappings(datasets[name], rows) for name, rows in together.items()]


def _messages(content: bytes) -> Iterable[Message]:
    for item in Decoder(len(content)).feed(content):
        if not isinstance(item, Frame):
            raise Malformed("不是有效的 HL7 v2 消息序列")
        try:
            yield read(item.content)
        except Unreadable as error:
            raise Malformed(f"不是有效的 HL7 v2 消息: {error}") from error
