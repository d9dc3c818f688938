"""The contents of each section, from the record service to the template. One function per section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from browser_ui.people import mask_address, mask_name, mask_number, mask_phone
from browser_ui.record import charts
from browser_ui.record.hints import allergy_conflicts, recent_elsewhere
from browser_ui.record.layouts import ranked
from browser_ui.record.shell import Opened
from browser_ui.record.words import mark_of
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.records.api import (
    Allergies,
    DetailField,
    Event,
    LabSeries,
    Medication,
    Page,
    Problem,
    Section,
)
from health_platform.records.filing.api import CORRECTION_STATES, corrections_of
from health_platform.residents.api import released

Context = dict[str, Any]
Query = dict[str, Any]

PATHS = {
    Section.VISIT: "visits",
    Section.EXAM: "exams",
    Section.DRUG: "drugs",
    Section.DOCUMENT: "documents",
    Section.PROBLEM: "problems",
    Section.ALLERGY: "problems",
    Section.OPERATION: "timeline",
    Section.LAB_REPORT: "timeline",
    Section.CHARGE: "timeline",
    Section.VACCINATION: "services",
    Section.SERVICE: "services",
    Section.OBSERVATION: "services",
}
TIMELINE = tuple(section for section in Section if section not in (Section.LAB, Section.PROBLEM, Section.CHARGE))
WIDE = 700
"""Pixels of the medication bars on their own page."""
MASKERS = {"id_number": mask_number, "phone": mask_phone, "address": mask_address, "name": mask_name}


def path_of(event: Event) -> str:
    """Where an event's details are, below the record's address."""
    if event.section is Section.LAB:
        return f"/labs/{event.code or event.title}"
    return f"/{PATHS[event.section]}/{event.ref}"


def overview(one: Opened, query: Query) -> Context:
    """What a physician sees first, in the view of role, department or disease."""
    over, today = one.overview, clock.today()
    conflicts = frozenset(allergy_conflicts(over.allergies, over.medications))
    drugs = sorted_drugs(over.medications, conflicts)
    return {
        "over": over,
        "stacks": (*one.view.stacks,),
        "wide": one.view.wide,
        "life": charts.life_strip(over.life, one.card.birth, today),
        "birth_year": one.card.birth.year if one.card.birth else None,
        "bend_year": today.year - 5,
        "problems": sorted(over.problems, key=lambda item: (not item.active, ranked(item.name, one.view))),
        "labs": [(series, charts.trend(series)) for series in sorted_labs(over.labs, one)],
        "drugs": [(drug, charts.drug_state(drug, conflicts), supply(drug, one)) for drug in drugs],
        "drug_bars": charts.drug_bars(drugs, conflicts, today),
        "hints": recent_elsewhere(over.exams, one.call.principal.institution_id, one.call.now),
        "path_of": path_of,
    }


def sorted_labs(series: Iterable[LabSeries], one: Opened) -> list[LabSeries]:
    """Critical first, then what the view asks for, then the given order."""
    return sorted(series, key=lambda item: (item.points[0].flag not in ("hh", "ll"), ranked(item.name, one.view)))[:10]


def sorted_drugs(medications: Iterable[Medication], conflicts: frozenset[str]) -> list[Medication]:
    """Conflicting first, then in use, then stopped; newest first within each."""
    newest = sorted(medications, key=lambda item: item.last, reverse=True)
    return sorted(newest, key=lambda item: (item.name not in conflicts, not item.active))[:12]


def supply(drug: Medication, one: Opened) -> str:
    """How long a medicine still lasts, in words."""
    if not drug.active:
        return "已停"
    return f"余 {max(0, (drug.until - one.call.now).days)} 天"


def timeline(one: Opened, query: Query) -> Context:
    """All events together, filtered by lane."""
    lane = query["lane"]
    wanted = tuple(section for section in TIMELINE if not lane or section.value == lane)
    page = one.record.timeline(wanted or TIMELINE, cursor=query["cursor"])
    counts = one.overview.counts
    lanes = [("", "全部", sum(counts.get(section, 0) for section in TIMELINE))]
    lanes += [(section.value, section.label, counts[section]) for section in TIMELINE if counts.get(section)]
    life = charts.life_strip(one.record.life(), one.card.birth, clock.today())
    return {"page": page, "lane": lane, "lanes": lanes, "life": life, "path_of": path_of, **_next(page, lane=lane)}


def _next(page: Page, **arguments: str) -> Context:
    kept = {name: value for name, value in arguments.items() if value}
    return {"next": urlencode({**kept, "cursor": page.cursor}) if page.cursor else ""}


def problems(one: Opened, query: Query) -> Context:
    """All problems, the family's, allergies and operations."""
    found: tuple[Problem, ...] = one.record.problems()
    allergies: Allergies = one.overview.allergies
    operations = one.record.section(Section.OPERATION)
    return {
        "problems": found,
        "family": one.record.family_history(),
        "missing": missing(one, Section.PROBLEM),
        "allergies": allergies,
        "operations": operations,
        "path_of": path_of,
    }


def visits(one: Opened, query: Query) -> Context:
    page = one.record.section(Section.VISIT, cursor=query["cursor"])
    return {"page": page, "path_of": path_of, **_next(page)}


def labs(one: Opened, query: Query) -> Context:
    """The cumulative grid: items down, days across; what is critical now comes first."""
    grid = one.record.lab_grid(days=10)
    rows = [
        (series, charts.trend(series), cells, any(cell is not None and mark_of(cell) for cell in cells))
        for series, cells in sorted(grid.rows, key=lambda row: row[0].points[0].flag not in ("hh", "ll"))
    ]
    return {"days": grid.days, "rows": rows, "missing": missing(one, Section.LAB)}


def missing(one: Opened, section: Section) -> tuple[str, ...]:
    """Institutions that know the person and have uploaded nothing of a section."""
    return tuple(source.institution for source in one.record.freshness() if section not in source.sections)


def lab(one: Opened, query: Query, code: str) -> Context:
    """One item over time, unit by unit."""
    listed = one.record.lab_series(code)
    if not listed:
        raise NotFound("request.not_found")
    told = released(one.call.session, one.person_id)
    return {"name": listed[0].name, "series": listed, "chart": charts.lab_chart(listed), "told": told}


def exams(one: Opened, query: Query) -> Context:
    page = one.record.section(Section.EXAM, cursor=query["cursor"])
    hints = recent_elsewhere(page.events, one.call.principal.institution_id, one.call.now)
    return {"page": page, "hints": hints, "path_of": path_of, **_next(page)}


def drugs(one: Opened, query: Query) -> Context:
    """Medicines as bars, and every prescription."""
    medications = one.record.medications()
    conflicts = frozenset(allergy_conflicts(one.overview.allergies, medications))
    listed = sorted_drugs(medications, conflicts)
    page = one.record.section(Section.DRUG, cursor=query["cursor"])
    return {
        "drugs": [(drug, charts.drug_state(drug, conflicts), supply(drug, one)) for drug in listed],
        "bars": charts.drug_bars(listed, conflicts, clock.today(), WIDE),
        "page": page,
        "path_of": path_of,
        **_next(page),
    }


def services(one: Opened, query: Query) -> Context:
    """Public-health services, vaccinations and measurements."""
    groups = [
        (section.label, one.record.section(section)) for section in (Section.SERVICE, Section.VACCINATION, Section.OBSERVATION)
    ]
    return {"groups": groups, "path_of": path_of}


def documents(one: Opened, query: Query) -> Context:
    page = one.record.section(Section.DOCUMENT, cursor=query["cursor"])
    return {"page": page, "document": None, **_next(page)}


def document(one: Opened, query: Query, ref: str) -> Context:
    """The list with one document open beside it."""
    return {**documents(one, query), "document": detail(one, query, ref)}


def search(one: Opened, query: Query) -> Context:
    """Events that contain the words; what is withheld is not searched."""
    words = query["q"].strip()
    events = one.record.search(words).events if words else ()
    return {"events_found": events, "words": words, "path_of": path_of}


IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True)
class Part:
    """One card of a detail page: pairs of label and text, or rows."""

    title: str
    pairs: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    texts: tuple[tuple[str, str], ...] = field(default=())


def detail(one: Opened, query: Query, ref: str) -> Context:
    """One event in full: fields, items, merged sources."""
    found = one.record.detail(ref)
    base = f"/record/{one.person_id}/documents"
    short = tuple((item.label, shown(item)) for item in found.fields if not _long(item))
    long = tuple((item.label, shown(item)) for item in found.fields if _long(item))
    parts = [Part(found.dataset_label, short, texts=long)]
    if found.items:
        parts.append(Part("明细", columns=("项目", "结果", "单位", "参考", "说明"), rows=_items(found.items)))
    if found.others:
        rows = tuple(
            (origin.source, origin.dataset, f"{clock.local(origin.received_at):%Y-%m-%d %H:%M}") for origin in found.others
        )
        parts.append(Part("来源", columns=("接入方式", "数据集", "收到时间"), rows=rows, note="同一事件由多个来源上报，已合并"))
    shown_files = [found.event] if found.event.section is Section.DOCUMENT and found.content else found.files
    asked = corrections_of(one.call.session, one.person_id, ref)
    return {
        "title": found.event.title, "event": found.event, "parts": parts, "ref": ref, "asked": asked,
        "files": [file_of_event(event, base) for event in shown_files], "correction_states": CORRECTION_STATES,
    }  # fmt: skip


@dataclass(frozen=True)
class ShownFile:
    """A file beside an event: where it is read, and whether the browser shows it (pdf, image) or only saves it (other)."""

    title: str
    address: str
    kind: str


def file_of_event(event: Event, base: str) -> ShownFile:
    """The file of a document; its media type is the event's note."""
    kind = "pdf" if event.note == "application/pdf" else "image" if event.note in IMAGES else "other"
    return ShownFile(event.title, f"{base}/{event.ref}/file", kind)


def _long(item: DetailField) -> bool:
    return len(item.text) > 60 or "\n" in item.text


def shown(item: DetailField) -> str:
    """The field as far as it may be shown: identity numbers, phones, addresses and names in details stay masked."""
    mask = MASKERS.get(item.sensitivity)
    return mask(item.text) if mask and item.text else item.text


def _items(items: Iterable[Event]) -> tuple[tuple[str, ...], ...]:
    arrows = {"h": " ↑", "hh": " ↑↑", "l": " ↓", "ll": " ↓↓", "a": " *"}
    return tuple((item.title, f"{item.value}{arrows.get(item.flag, '')}", item.unit, item.normal, item.note) for item in items)
