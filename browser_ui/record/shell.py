"""Builds what stands around a section: banner, tabs, footer, layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from browser_ui import filters
from browser_ui.identity import visible_card
from browser_ui.people import REVEALABLE, PersonCard
from browser_ui.record.hints import allergy_conflicts
from browser_ui.record.layouts import BY_KEY, VIEWS, View, view_for
from browser_ui.record.view import Alert, Banner, Bare, Masked, Shell, Tab, Warnings, Whose
from health_platform.access.api import document_access
from health_platform.kernel.db import widened
from health_platform.kernel.http import Call
from health_platform.launch.api import Layout, layout_of, owner_of
from health_platform.launch.oauth.api import apps_of
from health_platform.records.api import Overview, Record, Section, open_record
from health_platform.records.filing.api import STATES, HealthFile, file_of

TABS = (
    ("overview", "概览", ()),
    ("timeline", "时间轴", ()),
    ("problems", "问题", (Section.PROBLEM,)),
    ("visits", "就诊", (Section.VISIT,)),
    ("labs", "检验", (Section.LAB,)),
    ("exams", "检查影像", (Section.EXAM,)),
    ("drugs", "用药", (Section.DRUG,)),
    ("services", "公共卫生", (Section.SERVICE, Section.VACCINATION, Section.OBSERVATION)),
    ("documents", "文书", (Section.DOCUMENT,)),
)


@dataclass(frozen=True)
class Opened:
    """A record opened for one request, with the layout it is shown in. Identity and summary are read when first asked for."""

    call: Call
    record: Record
    why: str
    layout: Layout

    @property
    def view(self) -> View:
        return BY_KEY.get(self.layout.view, VIEWS[0])

    @property
    def person_id(self) -> int:
        """The id in use, whichever was asked for."""
        return self.record.in_use

    @property
    def overview(self) -> Overview:
        return self.record.overview()

    @cached_property
    def warnings(self) -> Warnings:
        return warnings_of(self.overview, file_of(self.call.session, self.person_id))

    @cached_property
    def card(self) -> PersonCard:
        return visible_card(self.call.session, self.person_id)


def opened(call: Call, person_id: int, why: str) -> Opened:
    """Open the record of a person the caller may see.

    Raises:
        NotFound: nobody, or nobody the caller may see.
    """
    wishes = document_access(call.session, call.principal, person_id)
    record = open_record(call.platform, call.session, call.principal, person_id, wishes)
    saved = layout_of(call.session, owner_of(call.principal))
    return Opened(call, record, why, saved or Layout(view_for(call.principal.facts.get("department", "")).key))


def bare_of(one: Opened, current: str) -> Bare:
    """What a section needs when it is swapped into a record that already stands."""
    return Bare(Whose(one.person_id), current, "ticket" in one.call.principal.methods, one.layout.hidden, one.warnings)


def shell_of(one: Opened, current: str) -> Shell:
    """The shell around a section."""
    return Shell(
        banner=banner_of(one.card, one.overview, file_of(one.call.session, one.person_id)),
        current=current,
        embedded="ticket" in one.call.principal.methods,
        hidden=one.layout.hidden,
        tabs=tabs_of(one.overview),
        who=_who(one),
        why=one.why,
        stamp=str(filters.moment(one.call.now)),
        view=one.view.key,
        views=VIEWS,
        warnings=one.warnings,
        apps=smart_apps(one.call),
    )


def smart_apps(call: Call) -> tuple[tuple[str, str], ...]:
    """Apps that can be opened for the patient; every physician may open every registered one."""
    with widened(call.session, "registered apps"):
        return tuple((app.code, app.name) for app in apps_of(call.session, "smart") if app.active)


def _who(one: Opened) -> str:
    principal = one.call.principal
    parts = (principal.name, principal.facts.get("doctor_no"), principal.institution_name, principal.facts.get("department"))
    return " ".join(part for part in parts if part)


def tabs_of(overview: Overview) -> tuple[Tab, ...]:
    """The nine sections with their counts; a section that cannot be counted carries none."""
    counts = overview.counts
    return tuple(
        Tab(number, key, label, sum(counts.get(section, 0) for section in sections) if sections else None)
        for number, (key, label, sections) in enumerate(TABS, start=1)
    )


def facts_of(file: HealthFile | None) -> tuple[tuple[str, str], ...]:
    """What the health file adds to the person's identity."""
    if file is None:
        return ()
    return (("档案编号", file.number), *((("责任医师", file.doctor_name),) if file.doctor_name else ()))


def state_of(file: HealthFile | None, overview: Overview) -> str:
    """Why nobody should expect new entries: the person died, or the file was laid aside."""
    died = (file.died_on if file and file.state == "sealed" else None) or overview.deceased
    if died:
        return f"已于 {died.isoformat()} 死亡{'封档' if file and file.state == 'sealed' else ''}"
    return STATES[file.state] if file and file.state != "open" else ""


def banner_of(card: PersonCard, overview: Overview, file: HealthFile | None = None) -> Banner:
    """Identity from the master index, and where the record comes from."""
    masks = ((field, label, card.masked(field)) for field, label in REVEALABLE.items())
    return Banner(
        person_id=card.person_id,
        name=card.name,
        sex=card.sex,
        birth=card.birth,
        masked=tuple(Masked(*mask) for mask in masks if mask[2]),
        facts=facts_of(file),
        institutions=len(overview.freshness),
        as_of=overview.as_of,
    )


def warnings_of(overview: Overview, file: HealthFile | None = None) -> Warnings:
    """The warnings of the summary: allergies, critical values, interactions, who sends nothing, what is withheld."""
    never = [one.institution for one in overview.freshness if one.state == "never"]
    late = [f"{one.institution}（久未上传）" for one in overview.freshness if one.state == "late"]
    return Warnings(
        allergy_state=overview.allergies.state,
        alerts=tuple(alerts_of(overview)),
        silent=tuple(never + late),
        state=state_of(file, overview),
        withheld=tuple(overview.withheld),
    )


def alerts_of(overview: Overview) -> Sequence[Alert]:
    """The warnings, every one of them in full: a cut list of allergies has hurt people elsewhere."""
    allergies = [Alert("allergy", _with_note(event.title, event.note)) for event in overview.allergies.items]
    unseen = overview.allergies.withheld
    if allergies and unseen:
        allergies.append(Alert("allergy", f"另有 {unseen} 条受限未显示"))
    critical = [
        Alert("critical", f"{event.title} {event.value}{event.unit}（{filters.short_day(event.time)} {event.institution}）")
        for event in overview.critical
    ]
    conflicts = [
        Alert("interaction", f"在用 {drug} 与过敏史“{allergen}”冲突")
        for drug, allergen in allergy_conflicts(overview.allergies, overview.medications).items()
    ]
    return [*allergies, *critical, *conflicts]


def _with_note(title: str, note: str) -> str:
    return f"{title}（{note}）" if note and note not in title else title
