"""A person's record as a shared document: the patient summary (WS/T 500.1, 病历概要), as far as the caller may see the record.

What was not sent is said to be unknown (``nullFlavor="NI"``), never written as none; what is withheld is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree

from exchange.cda.definitions import names
from health_platform.kernel.clock import local
from health_platform.records.api import Allergies, Event, Overview

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_MAP: Final = {None: names.NAMESPACE, "xsi": _XSI}
Entry = tuple[str, Mapping[str, str]]
"""(data element, attributes of the value)."""


@dataclass(frozen=True)
class Heading:
    """Whom a document is about and who asked for it. ``facts`` are the person's golden values in full."""

    number: str
    person_id: int
    facts: Mapping[str, str]
    institution: str
    made_at: datetime


@dataclass(frozen=True)
class _Section:
    code: str
    title: str
    lines: Sequence[str]
    entries: Sequence[Entry] = ()


def summary_of(heading: Heading, overview: Overview) -> bytes:
    """The summary as UTF-8 XML."""
    root = etree.Element(_name("ClinicalDocument"), nsmap=_MAP)
    _header(root, heading)
    body = _add(_add(root, "component"), "structuredBody")
    for section in _sections(overview):
        _write(body, section)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _header(root: Any, heading: Heading) -> None:
    _add(root, "realmCode", code="CN")
    _add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_MT000040")
    _add(root, "templateId", root=names.SUMMARY_TEMPLATE)
    _add(root, "id", root=names.DOCUMENT_ID, extension=heading.number)
    _add(root, "code", code=names.SUMMARY, codeSystem=names.DOCUMENT_CODES, displayName=names.SUMMARY_TITLE)
    _add(root, "title", names.SUMMARY_TITLE)
    _add(root, "effectiveTime", value=_moment(heading.made_at))
    _add(root, "confidentialityCode", code="R", codeSystem=names.CONFIDENTIALITY)
    _add(root, "languageCode", code="zh-CN")
    role = _add(_add(root, "recordTarget", typeCode="RCT", contextControlCode="OP"), "patientRole", classCode="PAT")
    _add(role, "id", root=names.PLATFORM_PERSON, extension=str(heading.person_id))
    patient = _add(role, "patient", classCode="PSN", determinerCode="INSTANCE")
    if heading.facts.get("id_no"):
        _add(patient, "id", root=names.ID_CARD, extension=heading.facts["id_no"])
    _add(patient, "name", heading.facts.get("name", ""))
    _add(patient, "administrativeGenderCode", code=heading.facts.get("gender") or "0", codeSystem=names.GENDER)
    _add(patient, "birthTime", **_known(heading.facts.get("birth_date", "").replace("-", "")))
    custodian = _add(_add(_add(root, "custodian"), "assignedCustodian"), "representedCustodianOrganization")
    _add(custodian, "name", heading.institution)


def _sections(overview: Overview) -> Iterator[_Section]:
    problems = overview.problems
    # A suspicion is told in words and not as a coded diagnosis: a reader's machine would take it for one.
    coded = [(names.DIAGNOSIS_CODE, _coded(one.code, one.name)) for one in problems if one.active and not one.suspected]
    yield _Section("11450-4", "问题列表", [f"{one.name}（{'活动' if one.active else '既往'}）" for one in problems], coded)
    yield _allergies(overview.allergies)
    yield _Section(names.FAMILY, "家族史", _titles(overview.family))
    yield _Section(names.DRUGS, "用药", [f"{one.name} {one.dose}".strip() for one in overview.medications if one.active])
    results = [f"{one.name} {one.points[0].value}{one.unit}（{_day(one.points[0].time)}）" for one in overview.labs]
    yield _Section(names.RESULTS, "实验室检查", results)
    yield _Section(names.VISITS, "就诊", [f"{_day(one.time)} {one.institution} {one.title}" for one in overview.visits])
    untold = [f"{one.label}：{one.count} 条未提供" for one in overview.withheld]
    silent = [f"{one.institution}：未上传" for one in overview.freshness if one.state == "never"]
    if untold or silent:
        yield _Section("", "未包含的内容", [*untold, *silent])


def _allergies(allergies: Allergies) -> _Section:
    entries = [(names.ALLERGEN, {"type": "ST", "text": one.title}) for one in allergies.items]
    flag = {"known": "true", "none": "false"}.get(allergies.state)
    told = [(names.ALLERGY_FLAG, {"type": "BL", "value": flag} if flag else {"type": "BL", "nullFlavor": "NI"})]
    words = {
        "none": ["已询问，无已知过敏"],
        "unasked": ["未采集"],
        "withheld": ["受限，未提供"],
        "known": _titles(allergies.items),
    }
    return _Section(names.ALLERGIES, "过敏史", words[allergies.state], [*told, *entries])


def _titles(events: Iterable[Event]) -> list[str]:
    return [" ".join(part for part in (one.title, one.note) if part) for one in events]


def _write(body: Any, section: _Section) -> None:
    node = _add(_add(body, "component"), "section")
    if section.code:
        _add(node, "code", code=section.code, codeSystem=names.LOINC, codeSystemName="LOINC")
    _add(node, "title", section.title)
    text = _add(node, "text")
    for line in section.lines or ["未上传（不等于没有）"]:
        _add(text, "paragraph", line)
    for element, value in section.entries:
        observation = _add(_add(node, "entry"), "observation", classCode="OBS", moodCode="EVN")
        _add(observation, "code", code=element, codeSystem=names.ELEMENTS)
        given = dict(value)
        kind, words = given.pop("type"), given.pop("text", None)
        _add(observation, "value", words, **given).set(f"{{{_XSI}}}type", kind)


def _coded(code: str, name: str) -> Mapping[str, str]:
    if not code:
        return {"type": "ST", "text": name}
    return {"type": "CD", "code": code, "displayName": name, "codeSystem": names.ICD10}


def _known(value: str) -> dict[str, str]:
    return {"value": value} if value else {"nullFlavor": "UNK"}


def _add(parent: Any, tag: str, words: str | None = None, **attributes: str) -> Any:
    node = etree.SubElement(parent, _name(tag), **attributes)
    node.text = words
    return node


def _name(tag: str) -> str:
    return f"{{{names.NAMESPACE}}}{tag}"


def _moment(at: datetime) -> str:
    return f"{local(at):%Y%m%d%H%M%S}+0800"


def _day(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d}"
