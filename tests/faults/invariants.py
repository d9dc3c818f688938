"""What must hold after every fault, checked from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from health_platform.kernel import audit_seal
from tests.faults.ground import Ground
from tests.faults.traffic import Hospital, Message, Reader

_PATIENT = {"visit": "patient_id", "emr_ex_lab": "patient_id", "emr_patient_info": "id"}


def broken(ground: Ground, hospital: Hospital) -> list[str]:
    """Everything that does not hold; empty when all is well."""
    found = [*acknowledged_once(ground, hospital.acknowledged), *links_consistent(ground)]
    if isinstance(hospital, Reader):
        found += reads_audited(ground, hospital)
    return found + audit_whole(ground)


def acknowledged_once(ground: Ground, messages: Iterable[Message]) -> list[str]:
    """Every acknowledged row is there, and once."""
    wanted: dict[tuple[str, int], set[str]] = {}
    for message in messages:
        for dataset, key in message.keys:
            wanted.setdefault((dataset, message.sender.institution_id), set()).add(key)
    return [problem for place, keys in wanted.items() for problem in _present(ground, place, keys)]


def _present(ground: Ground, place: tuple[str, int], keys: set[str]) -> Iterable[str]:
    dataset, institution = place
    column = "visit_no" if dataset == "visit" else "id"
    rows = ground.platform.warehouse.execute(
        f"SELECT {column} FROM {ground.platform.settings.warehouse_database}.{dataset} FINAL WHERE institution = {institution}"
    )
    found = Counter(key for (key,) in rows)
    if lost := keys - found.keys():
        yield f"{len(lost)} acknowledged rows of {dataset} are lost, e.g. {min(lost)}"
    if doubled := [key for key, count in found.items() if count > 1]:
        yield f"{len(doubled)} rows of {dataset} are doubled, e.g. {doubled[0]}"


def links_consistent(ground: Ground) -> list[str]:
    """Every row's patient is known to the index under the same shelf and belongs to a person in use."""
    known = {
        key: (shelf, person, state)
        for key, shelf, person, state in ground.database(
            "SELECT i.patient_key, i.shelf, i.person_id, p.state FROM empi_identity i LEFT JOIN empi_person p"
            " ON p.person_id = i.person_id"
        )
    }
    problems = []
    for dataset in _PATIENT:
        rows = ground.platform.warehouse.execute(
            f"SELECT DISTINCT patient_key, shelf FROM {ground.platform.settings.warehouse_database}.{dataset} FINAL"
        )
        unknown = [key for key, _ in rows if key not in known]
        elsewhere = [key for key, shelf in rows if key in known and known[key][0] != shelf]
        astray = [key for key, _ in rows if key in known and known[key][2] != "active"]
        problems += [
            f"{len(keys)} patients of {dataset} {what}"
            for keys, what in (
                (unknown, "are unknown to the index"),
                (elsewhere, "lie on another shelf"),
                (astray, "belong to no person in use"),
            )
            if keys
        ]
    return problems


def reads_audited(ground: Ground, reader: Reader) -> list[str]:
    """Every answered read stands in the audit log."""
    logged = {row[0] for row in ground.database("SELECT DISTINCT request_id FROM audit_entry WHERE request_id LIKE 'faults-%'")}
    missing = [request for request in reader.answered if request not in logged]
    return [f"{len(missing)} of {len(reader.answered)} answered reads are not in the audit log"] if missing else []


def audit_whole(ground: Ground) -> list[str]:
    """The audit log verifies after sealing."""
    audit_seal.seal_all(ground.platform)
    return [f"audit batch {finding.batch}: {finding.problem}" for finding in audit_seal.verify(ground.platform)]
