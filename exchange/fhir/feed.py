"""The patient feed of IHE PMIR (ITI-93): a message with new, changed and merged patients, carried out as one transaction.

Senders name patients by their own ids, which mean nothing here; a patient is known by its business identifier. So every entry
becomes a conditional update by ``identifier``, whether the sender says it is new or changed: repeating a feed changes nothing.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from exchange.fhir.bundles import Request
from exchange.fhir.checking import Resource, check
from exchange.fhir.links import own_id
from exchange.fhir.outcome import invalid
from exchange.fhir.store import current
from exchange.fhir.transactions import Entry, write
from exchange.hl7v2.events import IdentityMerged
from health_platform.kernel.outbox import publish

PATIENT_FEED: Final = "urn:ihe:iti:pmir:2019:patient-feed"
MAX_ENTRIES: Final = 1_000
_UUID: Final = "urn:uuid:"
_KINDS: Final = ("Patient", "RelatedPerson", "Organization", "Practitioner")
"""Patients, and whom they name as relatives, insurers and their physician."""


@dataclass(frozen=True, slots=True)
class _Merge:
    """A patient's number that is replaced by another: the identifier or the reference of the one that stays."""

    gone: str
    kept: Resource


def take_feed(request: Request, message: Resource) -> Resource:
    """Carry out a feed and return the message that answers it.

    Raises:
        FhirRefused: 400, the bundle is no patient feed, or an entry lacks what names its patient; nothing is done then.
    """
    header, history = _parts(message)
    entries, merges = [], []
    for index, item in enumerate(history):
        entry, merge = _read(item, f"Bundle.entry[1].resource.entry[{index}]")
        entries.append(entry)
        merges += [merge] if merge else []
    write(request.session, request.owner, entries, request.at, request.message_id)
    told = _own_ids(history)
    for merge in merges:
        kept = _kept_number(request.session, merge, told)
        publish(request.session, IdentityMerged(request.owner.code, kept, merge.gone, request.message_id))
    return _answer(header)


def _parts(message: Resource) -> tuple[Resource, Sequence[Any]]:
    """The header of a feed and the entries of the history bundle it points at."""
    if message.get("resourceType") != "Bundle" or message.get("type") != "message":
        raise invalid("a Bundle of type message is expected here", "Bundle.type", "value")
    resources = [one.get("resource") or {} for one in message.get("entry") or () if isinstance(one, dict)]
    header = resources[0] if resources else {}
    if header.get("resourceType") != "MessageHeader" or header.get("eventUri") != PATIENT_FEED:
        raise invalid(f"the first entry must be a MessageHeader with event {PATIENT_FEED}", "Bundle.entry[0]", "value")
    histories = [one for one in resources[1:] if one.get("resourceType") == "Bundle" and one.get("type") == "history"]
    if len(histories) != 1:
        raise invalid("a feed holds exactly one Bundle of type history", "Bundle.entry", "structure")
    entries = histories[0].get("entry") or []
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise invalid(f"a feed may hold {MAX_ENTRIES} entries", "Bundle.entry[1].resource.entry", "too-costly")
    return header, entries


def _read(item: Any, where: str) -> tuple[Entry, _Merge | None]:
    asked = item.get("request") if isinstance(item, dict) else None
    method = asked.get("method") if isinstance(asked, dict) else None
    if method not in ("POST", "PUT"):
        raise invalid("request.method must be POST or PUT", f"{where}.request.method", "value")
    resource = check(item.get("resource") or {}, f"{where}.resource")
    kind = resource["resourceType"]
    if kind not in _KINDS:
        raise invalid(f"a patient feed holds {' and '.join(_KINDS)}, not {kind}", f"{where}.resource", "value")
    token = next(_tokens(resource), "")
    if kind == "Patient" and not token:
        raise invalid("a patient needs an identifier with system and value", f"{where}.resource.identifier", "required")
    entry = Entry("POST", kind, resource=resource, full_url=str(item.get("fullUrl") or ""), where=where)
    if not token:
        return entry, None
    merge = _merge_of(resource, where) if kind == "Patient" else None
    return replace(entry, method="PUT", criteria=[("identifier", token)]), merge


def _tokens(resource: Resource) -> Iterator[str]:
    for one in resource.get("identifier") or ():
        if one.get("system") and one.get("value"):
            yield f"{one['system']}|{one['value']}"


def _merge_of(resource: Resource, where: str) -> _Merge | None:
    for one in resource.get("link") or ():
        if one.get("type") == "replaced-by":
            other = one.get("other") or {}
            if not (other.get("identifier") or {}).get("value") and not other.get("reference"):
                raise invalid("the patient that stays needs an identifier or a reference", f"{where}.resource.link", "required")
            return _Merge(own_id(resource), other)
    return None


def _own_ids(history: Sequence[Any]) -> dict[str, str]:
    """What a feed calls its patients (full URL, logical id) -> their number."""
    told: dict[str, str] = {}
    for item in history:
        resource = item["resource"]
        if resource["resourceType"] == "Patient":
            names = (str(item.get("fullUrl") or ""), str(resource.get("id") or ""))
            told |= {name: own_id(resource) for name in names if name}
    return told


def _kept_number(session: Session, merge: _Merge, told: Mapping[str, str]) -> str:
    """The number of the patient that stays: stated, or of the patient that a reference or an identifier ``urn:uuid:…`` means,
    in the feed itself or among the stored patients."""
    stated = merge.kept.get("identifier") or {}
    if stated.get("value") and (stated.get("system") or not str(stated["value"]).startswith(_UUID)):
        return str(stated["value"])
    reference = str(stated.get("value") or merge.kept["reference"])
    logical_id = reference.rsplit("/", 1)[-1].removeprefix(_UUID)
    if number := told.get(reference) or told.get(logical_id):
        return number
    row = current(session, "Patient", [logical_id]).get(logical_id)
    if row is None:
        raise invalid(f"the patient {logical_id[:64]!r} that stays is not known", "Patient.link.other", "not-found")
    return row.local_id or row.logical_id


def _answer(header: Resource) -> Resource:
    answer = {
        "resourceType": "MessageHeader",
        "id": str(uuid.uuid4()),
        "eventUri": f"{PATIENT_FEED}-response",
        "source": {"endpoint": "urn:health-platform"},
        "response": {"identifier": str(header.get("id") or "unknown"), "code": "ok"},
    }
    entry = {"fullUrl": f"urn:uuid:{answer['id']}", "resource": answer}
    return {"resourceType": "Bundle", "id": str(uuid.uuid4()), "type": "message", "entry": [entry]}
