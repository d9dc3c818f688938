"""The pipeline's reader of stored messages."""

from collections.abc import Iterable
from dataclasses import replace

from etl.api import Malformed, WholeList, of_mappings
from etl.api import Rows as DatasetRows
from exchange.hl7v2.definitions.catalogue import kinds
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.framing import Decoder, Frame
from exchange.hl7v2.mapping import RowMap, Rows, to_rows
from exchange.hl7v2.message import Message, read
from health_platform.datasets.api import catalogue


def decode(content: bytes, channel: str) -> Iterable[DatasetRows]:
    """Dataset rows of the messages of an upload, in their order.

    Raises:
        Malformed: the bytes are no messages, or one of a kind that makes no rows.
    """
    together: Rows = {}
    lists: dict[str, list[WholeList]] = {}
    for message in _messages(content):
        kind = kinds().get(message.kind)
        if kind is None or kind.refusal:
            raise Malformed(f"不支持的 HL7 v2 消息类型 {message.kind}")
        found = to_rows(message, kind)
        for name, rows in found.items():
            together.setdefault(name, []).extend(rows)
        if kind.whole is not None and any(message.all(kind.whole.segment)) and len(found["emr_patient_info"]) == 1:
            said = together.setdefault(kind.whole.dataset, [])
            lists.setdefault(kind.whole.dataset, []).append(_whole_list(kind.whole, found, len(said)))
    datasets = catalogue()
    return [replace(of_mappings(datasets[name], rows), lists=tuple(lists.get(name, ()))) for name, rows in together.items()]


def _whole_list(whole: RowMap, found: Rows, after: int) -> WholeList:
    """All rows of a kind that the patient of a message has. Keys the sender did not give begin with the patient's number."""
    patient = str(found["emr_patient_info"][0].get("id", ""))
    keys = frozenset(row[whole.numbered] for row in found.get(whole.dataset, ()) if whole.numbered in row)
    return WholeList(patient.strip(), f"{patient}.", keys, after)


def _messages(content: bytes) -> Iterable[Message]:
    for item in Decoder(len(content)).feed(content):
        if not isinstance(item, Frame):
            raise Malformed("不是有效的 HL7 v2 消息序列")
        try:
            yield read(item.content)
        except Unreadable as error:
            raise Malformed(f"不是有效的 HL7 v2 消息: {error}") from error
