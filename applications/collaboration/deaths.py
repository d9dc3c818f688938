"""A death in a hospital starts a registration: a certificate to be filled in by that hospital."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from applications.collaboration.places import register_of
from health_platform.engine.api import Desk, Place, propose
from health_platform.kernel import clock
from health_platform.kernel.warehouse.api import load_query
from health_platform.records.api import PersonIndex, class_of_diagnosis, ensure_tables

DATASET, REGISTER = "emr_death_info", "death"
_DEATHS = load_query(__package__, "new_deaths.sql")


def are_deaths(event: Any) -> bool:
    """Whether a load holds reports of deaths."""
    return event.dataset == DATASET and bool(event.pairs) and event.rows > 0


def on_death_rows(desk: Desk, event: Any) -> None:
    """Propose every death of a load to the register of deaths, at the hospital that reported it: it writes the certificate."""
    register = register_of(desk, REGISTER)
    if register is None or not are_deaths(event):
        return
    ensure_tables(desk.platform.warehouse)
    pairs = tuple((shelf, key) for shelf, key in event.pairs)
    deaths = desk.platform.warehouse.query(_DEATHS, {"pairs": pairs, "institution": event.institution_id})
    index: PersonIndex = desk.platform.service(PersonIndex)
    persons = index.persons_of(desk.session, [key for key, *_ in deaths])
    place = Place(event.institution_id, event.division_code)
    for key, at, cause, code, name in deaths:
        card = desk.persons.card(desk.session, persons[key]) if key in persons else None
        if card is not None:
            day = clock.local(datetime.fromtimestamp(at / 1000, UTC)).date()
            note = f"{name or '医疗机构'} {day} 上报死亡：{cause_told(cause, code)}，请填写死亡医学证明"
            propose(desk, register, card, place, note)


def cause_told(cause: str, code: str) -> str:
    """The reported cause for a note everybody of the register reads; a protected one stands in the record alone."""
    if class_of_diagnosis(code, cause):
        return "死因见死亡记录"
    return (f"{cause}（{code}）" if code else cause) or "死因未填"
