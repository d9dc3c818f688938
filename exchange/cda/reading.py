"""A shared document as rows: the document itself, its patient, its visit, and the diagnoses and allergies coded in it.

Only coded entries become rows; free text stays in the document, which is kept byte for byte. A document without a patient
number of the sender or without its own number is refused: its rows would be nobody's, or could not be corrected.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from exchange.cda.definitions import names
from health_platform.kernel.errors import Invalid, register_messages

Rows = dict[str, list[dict[str, Any]]]
register_messages(
    {
        "cda.xml": "不是可读取的 CDA 文档：{problem}",
        "cda.missing": "CDA 文档缺少 {what}",
    }
)
_NS: Final = {"h": names.NAMESPACE}
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TIME: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.\d+)?([+-]\d{4})?$")


@dataclass(frozen=True)
class SharedDocument:
    """What a document's header says. Times as the datasets take them; empty where it says nothing."""

    number: str
    version: str
    kind: str
    title: str
    created_at: str
    patient: Mapping[str, str]
    visit: Mapping[str, str]
    author: str
    root: Any


def read(content: bytes) -> SharedDocument:
    """Read a document's header.

    Raises:
        Invalid: no XML, a document type declaration (which could make the parser read files), no CDA, or without numbers.
    """
    root = _root(content)
    patient = _patient(root)
    number = _attribute(root, "h:id", "extension")
    created = _moment(_attribute(root, "h:effectiveTime", "value"))
    for what, found in (("id/@extension", number), ("effectiveTime", created), ("patientRole/id", patient["patient_id"])):
        if not found:
            raise Invalid("cda.missing", what=what)
    return SharedDocument(
        number=number,
        version=_attribute(root, "h:versionNumber", "value") or "1",
        kind=_attribute(root, "h:code", "code"),
        title=_text(root, "h:title"),
        created_at=created,
        patient=patient,
        visit=_visit(root),
        author=_text(root, "h:author/h:assignedAuthor/h:assignedPerson/h:name"),
        root=root,
    )


def rows_of(document: SharedDocument, content: bytes) -> Rows:
    """Rows by dataset, in the words of the datasets; they are checked and loaded as everything else is."""
    base = {**document.patient, "visit_no": document.visit.get("visit_no", "")}
    made: Rows = {
        "document": [{
            **base, "document_no": document.number, "document_type": document.kind, "title": document.title,
            "created_at": document.created_at, "media_type": "text/xml", "content": base64.b64encode(content).decode(),
            "staff_name": document.author, "language": _attribute(document.root, "h:languageCode", "code")[:10],
        }],
        "visit": [{**base, **document.visit}] if document.visit.get("started_at") else [],
        "diagnosis": [{**base, **row} for row in _diagnoses(document)],
        "allergy": [{**document.patient, **row} for row in _allergies(document)],
    }  # fmt: skip
    return {name: rows for name, rows in made.items() if rows}


def _root(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid("cda.xml", problem=str(error)[:120]) from error
    if root.getroottree().docinfo.doctype:
        raise Invalid("cda.xml", problem="不允许 DOCTYPE")
    if root.tag != f"{{{names.NAMESPACE}}}ClinicalDocument":
        raise Invalid("cda.xml", problem="根元素不是 ClinicalDocument")
    return root


def _patient(root: Any) -> dict[str, str]:
    role = root.find("h:recordTarget/h:patientRole", _NS)
    if role is None:
        return {"patient_id": ""}
    numbers = {one.get("root", ""): one.get("extension", "").strip() for one in role.findall("h:id", _NS)}
    id_card = numbers.get(names.ID_CARD, "") or _attribute(role, f"h:patient/h:id[@root='{names.ID_CARD}']", "extension")
    born = _TIME.match(_attribute(role, "h:patient/h:birthTime", "value"))
    return {
        "patient_id": next((numbers[root] for root in names.LOCAL_PERSON if numbers.get(root)), ""),
        "patient_name": _text(role, "h:patient/h:name"),
        "id_type": "01" if id_card else "",
        "id_number": id_card,
        "gender": _attribute(role, "h:patient/h:administrativeGenderCode", "code"),
        "birth_date": "-".join(born.groups()[:3]) if born else "",
        "phone": _attribute(role, "h:telecom", "value").removeprefix("tel:"),
    }


def _visit(root: Any) -> dict[str, str]:
    encounter = root.find("h:componentOf/h:encompassingEncounter", _NS)
    if encounter is None:
        return {}
    number = _attribute(encounter, "h:id", "extension")
    started = _attribute(encounter, "h:effectiveTime/h:low", "value") or _attribute(encounter, "h:effectiveTime", "value")
    ended = _attribute(encounter, "h:effectiveTime/h:high", "value")
    return {"visit_no": number, "started_at": _moment(started) if number else "", "ended_at": _moment(ended)}


def _diagnoses(document: SharedDocument) -> Iterator[dict[str, str]]:
    """Coded diagnoses. What a section of another kind holds (a family history) is never taken for one."""
    for place, observation in enumerate(_observations(document.root, names.DIAGNOSES)):
        if observation.get("negationInd") == "true" or _element(observation) not in (names.DIAGNOSIS_CODE, names.DIAGNOSIS_NAME):
            continue
        code, name = _said(observation)
        if code or name:
            at = _moment(_attribute(observation, "h:effectiveTime", "value")) or document.created_at
            yield {"diagnosis_no": f"{document.number}.{place}", "diagnosis": code, "diagnosis_text": name, "diagnosed_at": at}


def _allergies(document: SharedDocument) -> Iterator[dict[str, str]]:
    found = list(_observations(document.root, {names.ALLERGIES}))
    named = [(place, _said(one)[1]) for place, one in enumerate(found) if _element(one) == names.ALLERGEN and _said(one)[1]]
    day = document.created_at[:10]
    for place, name in named:
        yield {"allergy_no": f"{document.number}.{place}", "allergen_text": name, "none_known": "0", "recorded_on": day}
    denied = any(_element(one) == names.ALLERGY_FLAG and _flag(one) == "false" for one in found)
    if denied and not named:  # asked, and none known; a section without an answer says nothing
        yield {"allergy_no": f"{document.number}.none", "none_known": "1", "recorded_on": day}


def _observations(root: Any, sections: Container[str]) -> Iterator[Any]:
    for section in root.iterfind("h:component/h:structuredBody/h:component/h:section", _NS):
        if _attribute(section, "h:code", "code") in sections:
            yield from section.iterfind(".//h:observation", _NS)


def _element(observation: Any) -> str:
    return _attribute(observation, "h:code", "code")


def _said(observation: Any) -> tuple[str, str]:
    """(code, name) of a value: coded, or text."""
    value = observation.find("h:value", _NS)
    if value is None:
        return "", ""
    return value.get("code", "").strip(), (value.get("displayName") or value.text or "").strip()


def _flag(observation: Any) -> str:
    value = observation.find("h:value", _NS)
    return "" if value is None else str(value.get("value", "")).strip().lower()


def _attribute(node: Any, path: str, name: str) -> str:
    found = node.find(path, _NS)
    return "" if found is None else str(found.get(name) or "").strip()


def _text(node: Any, path: str) -> str:
    found = node.find(path, _NS)
    return "" if found is None else "".join(found.itertext()).strip()


def _moment(value: str) -> str:
    """``YYYYMMDD[hhmm[ss]][±zzzz]`` as the datasets take it; without a zone it is local time."""
    match = _TIME.match(value)
    if match is None:
        return ""
    year, month, day, hour, minute, second, zone = match.groups()
    shift = f"{zone[:3]}:{zone[3:]}" if zone else "+08:00"
    return f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{shift}"
