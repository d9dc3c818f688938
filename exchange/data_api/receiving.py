"""One request of the data API: land the rows as sent, and tell the sender at once what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from etl.api import Decoders, Operation, Sender, Upload, accept, preview
from exchange.data_api.answers import Answer, accepted, faulty
from health_platform.datasets.api import Dataset, Fault
from health_platform.kernel.ids import new_id

SOURCE = "data_api"


@dataclass(frozen=True)
class Delivery:
    """What a request brings: the dataset, the body, and the caller's own message id if it has one."""

    dataset: Dataset
    content: bytes
    operation: Operation
    message_id: str = ""


def receive(session: Session, decoders: Decoders, sender: Sender, delivery: Delivery) -> Answer:
    """Store a request and judge its rows. Faulty rows are stored too: the pipeline puts them into quarantine.

    A request without a message id gets a new one. The same row sent twice is one row by its key; and content that was
    sent before, sent again after something else, is a change back and not a repeat.
    """
    message_id = delivery.message_id or f"{SOURCE}:{new_id()}"
    upload = Upload(sender, delivery.dataset.name, message_id, delivery.content, "json", delivery.operation, SOURCE)
    accept(session, upload)
    found = preview(decoders, upload)
    first = found.keys[0] if found.keys else ""
    if found.problem:
        return faulty("", (Fault("", "", "", "json", found.problem),))
    if found.faults:
        return faulty(first, tuple(fault for _, faults in found.faults for fault in faults))
    return accepted(first)
