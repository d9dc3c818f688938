"""From a CDS Hooks request to orders and facts. R4 resources are read for what the checks need; the rest is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from applications.clinical_prompts.values import Chart, DraftOrder, Fact, OrderKind, PastDrug
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid

_ATC = ("http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73")
_KINDS: dict[str, OrderKind] = {"MedicationRequest": "drug", "ServiceRequest": "test"}
_SEXES = {"male": "1", "female": "2"}
_OVER = frozenset({"inactive", "resolved", "remission"})
_REFUTED = frozenset({"refuted", "entered-in-error"})
_RUNNING = frozenset({"active", "on-hold"})
_DAY_UNITS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7, "mo": 30, "month": 30, "months": 30}


@dataclass(frozen=True)
class Hook:
    """One request, checked. ``references`` gives each order's resource as ``Type/id``; ``patients`` are numbers to look up."""

    name: str
    instance: str
    user: str
    patients: tuple[str, ...]
    encounter: str
    orders: tuple[DraftOrder, ...]
    selected: frozenset[str]
    references: Mapping[str, str]


def refused(field: str, rule: str) -> Invalid:
    """A request that cannot be read: names the element and the rule."""
    return Invalid("prompts.hook", field=field, rule=rule)


def hook_of(body: Mapping[str, Any], expected: str) -> Hook:
    """Read a request of one hook.

    Raises:
        Invalid: ``prompts.hook`` with the element that is missing or wrong.
    """
    if body["hook"] != expected:
        raise refused("hook", f"本服务的 hook 为 {expected}")
    context = body["context"]
    patient = _text(context, "patientId", "context.patientId")
    bundle = context.get("draftOrders") if expected != "patient-view" else None
    entries = list(_orders(bundle)) if expected != "patient-view" else []
    orders = tuple(order for order, _ in entries)
    references = {order.key: reference for order, reference in entries}
    return Hook(
        name=expected, instance=body["hookInstance"], user=_text(context, "userId", "context.userId").rpartition("/")[2],
        patients=_patient_numbers(patient, _prefetched(body, "patient")),
        encounter=str(context.get("encounterId") or "").rpartition("/")[2], orders=orders,
        selected=_selected(context, references) if expected == "order-select" else frozenset(references),
        references=references,
    )  # fmt: skip


def _text(content: Mapping[str, Any], key: str, where: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise refused(where, "必填文本，最长 200 字符")
    return value.strip()


def _selected(context: Mapping[str, Any], references: Mapping[str, str]) -> frozenset[str]:
    """Keys of the newly selected orders: prompts are about them, the others are context."""
    wanted = context.get("selections")
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise refused("context.selections", "须为资源引用的数组")
    named = frozenset(wanted)
    return frozenset(key for key, reference in references.items() if reference in named or reference.split("/")[-1] in named)


# -- draft orders


def _orders(bundle: Any) -> Iterator[tuple[DraftOrder, str]]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise refused("context.draftOrders", "须为 FHIR Bundle")
    for place, resource in enumerate(_entries(bundle, "context.draftOrders")):
        kind = _KINDS.get(str(resource.get("resourceType")))
        if kind is None:
            continue  # diets and devices are ordered too; nothing here checks them
        where = f"context.draftOrders.entry[{place}].resource"
        reference = f"{resource['resourceType']}/{_text(resource, 'id', where + '.id')}"
        yield _order(resource, kind, reference, where), reference


def _order(resource: Mapping[str, Any], kind: OrderKind, reference: str, where: str) -> DraftOrder:
    element = "medicationCodeableConcept" if kind == "drug" else "code"
    concept = resource.get(element)
    if kind == "drug" and concept is None:
        concept = _contained(resource, where)
    name, code, atc = _concept(concept, f"{where}.{element}")
    return DraftOrder(reference, kind, name, code, atc, _supply_days(resource))


def _contained(resource: Mapping[str, Any], where: str) -> Any:
    """The medication a request refers to inside itself."""
    reference = resource.get("medicationReference")
    wanted = str(reference.get("reference") or "").removeprefix("#") if isinstance(reference, dict) else ""
    for one in resource.get("contained") or ():
        if isinstance(one, dict) and one.get("id") == wanted and one.get("resourceType") == "Medication":
            return one.get("code")
    raise refused(f"{where}.medicationCodeableConcept", "须给出药品，或以 contained 的 Medication 引用")


def _concept(concept: Any, where: str) -> tuple[str, str, str]:
    """(name, code, ATC code) of a CodeableConcept."""
    if not isinstance(concept, dict):
        raise refused(where, "须为 CodeableConcept")
    codings = [one for one in concept.get("coding") or () if isinstance(one, dict)]
    name = concept.get("text") or next((one["display"] for one in codings if one.get("display")), "")
    if not isinstance(name, str) or not name.strip():
        raise refused(where, "须有 text 或 coding.display")
    atc = next((str(one.get("code") or "") for one in codings if one.get("system") in _ATC), "")
    code = next((str(one.get("code") or "") for one in codings if one.get("system") not in _ATC), "")
    return name.strip()[:200], code[:50], atc[:7]


def _supply_days(resource: Mapping[str, Any]) -> int | None:
    dispense = resource.get("dispenseRequest")
    supply = dispense.get("expectedSupplyDuration") if isinstance(dispense, dict) else None
    if not isinstance(supply, dict) or not isinstance(supply.get("value"), int | float):
        return None
    factor = _DAY_UNITS.get(str(supply.get("code") or supply.get("unit") or "d"))
    return max(1, int(supply["value"] * factor)) if factor else None


# -- prefetched resources


def _prefetched(body: Mapping[str, Any], key: str) -> Any:
    return (body.get("prefetch") or {}).get(key)


def _entries(content: Any, where: str) -> Iterator[dict[str, Any]]:
    """Resources of a bundle, of a single resource, or of nothing (a client with no data sends null)."""
    if content is None:
        return
    if not isinstance(content, dict):
        raise refused(where, "须为 FHIR 资源或 Bundle")
    if content.get("resourceType") != "Bundle":
        yield content
        return
    for place, entry in enumerate(content.get("entry") or ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            raise refused(f"{where}.entry[{place}].resource", "须为 FHIR 资源")
        yield resource


def _patient_numbers(identity: str, patient: Any) -> tuple[str, ...]:
    """The hospital's own numbers of the patient: its medical record numbers when sent, and the resource's id."""
    identifiers = patient.get("identifier") if isinstance(patient, dict) else None
    numbers = [one for one in identifiers or () if isinstance(one, dict) and isinstance(one.get("value"), str)]
    records = [one["value"] for one in numbers if "MR" in _codes(one.get("type"))]
    return tuple(dict.fromkeys([*records, identity.rpartition("/")[2]]))


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return {str(one.get("code")) for one in codings or () if isinstance(one, dict)}


def own_chart(body: Mapping[str, Any], institution: str, at: datetime) -> Chart:
    """What the client's own system adds: allergies, diagnoses and medicines in use, sex and age."""
    sex, age = _who(_prefetched(body, "patient"))
    return Chart(
        drugs=tuple(_drugs(_entries(_prefetched(body, "medications"), "prefetch.medications"), institution, at)),
        allergies=tuple(_facts(_entries(_prefetched(body, "allergies"), "prefetch.allergies"), institution, at)),
        problems=tuple(_facts(_entries(_prefetched(body, "conditions"), "prefetch.conditions"), institution, at)),
        sex=sex,
        age=age,
    )


def _facts(resources: Iterable[dict[str, Any]], institution: str, at: datetime) -> Iterator[Fact]:
    """Conditions and allergies that hold; refuted and resolved ones do not."""
    for one in resources:
        if _codes(one.get("clinicalStatus")) & _OVER or _codes(one.get("verificationStatus")) & _REFUTED:
            continue
        try:
            name, code, _ = _concept(one.get("code"), "code")
        except Invalid:
            continue  # prefetched data is help: what cannot be read takes nothing away from the city's record
        when = _instant(one.get("recordedDate") or one.get("onsetDateTime")) or at
        yield Fact(name=name, code=code, at=when, institution=institution)


def _drugs(resources: Iterable[dict[str, Any]], institution: str, at: datetime) -> Iterator[PastDrug]:
    """Medicines the client says are in use now: they are, whatever their supply."""
    for one in resources:
        if one.get("status") not in _RUNNING:
            continue
        try:
            name, code, _ = _concept(one.get("medicationCodeableConcept"), "medicationCodeableConcept")
        except Invalid:
            continue
        start, days = _instant(one.get("authoredOn")) or at, _supply_days(one)
        until = start + timedelta(days=days) if days else at + timedelta(days=1)
        yield PastDrug(name=name, code=code, at=start, institution=institution, until=until, assumed=days is None)


def _who(patient: Any) -> tuple[str, int | None]:
    if not isinstance(patient, dict):
        return "", None
    birth = str(patient.get("birthDate") or "")
    try:
        born = date.fromisoformat(birth)
    except ValueError:
        return _SEXES.get(str(patient.get("gender")), ""), None
    today = clock.today()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return _SEXES.get(str(patient.get("gender")), ""), years


def _instant(text: Any) -> datetime | None:
    """A FHIR date or dateTime as an instant; a date without a zone is local."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=clock.LOCAL_ZONE)).astimezone(UTC)


def selected_last(hook: Hook) -> tuple[DraftOrder, ...]:
    """The orders with the selected ones last: the others are context, and a pair is told at the later one."""
    return tuple(sorted(hook.orders, key=lambda order: order.key in hook.selected))
