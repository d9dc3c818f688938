"""A county takes its data to a platform of its own: export, import, and the same record on the other side."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from empi.api import by_credential
from etl.api import Sender, Upload, accept, ensure_tables
from exchange.handover.archive import ArchivedFile, ArchivedUnit, BadArchive, CountyArchive, read_archive, read_list
from exchange.handover.exporting import Export, export_county
from exchange.handover.importing import import_county
from health_platform.app import create_platform
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Section, open_record
from health_platform.settings import Settings
from tests.journeys.papers import pdf
from tests.journeys.patient import ID_NUMBER, parcels

pytestmark = pytest.mark.system("A03", "A12")

DOCTOR = Principal(1, "user", "医师", scope=Scope(divisions=("",)))
COMPONENTS = "registry,empi,etl,exchange"


def made(home: Path) -> Platform:
    platform = create_platform(Settings(home=home, components=COMPONENTS))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    return platform


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The city's platform: hospitals 1 and 2 lie in the county, clinic 3 in its neighbour."""
    platform = made(tmp_path_factory.mktemp("old"))
    for number, parcel in enumerate(sorted(parcels(clock.now()), key=lambda one: one.dataset != "emr_patient_info")):
        content = json.dumps(list(parcel.rows), ensure_ascii=False).encode()
        division = "411503000000" if parcel.institution == 3 else "411502000000"
        with platform.database.unit_of_work(system_scope("test")) as session:
            accept(session, Upload(Sender(parcel.institution, division), parcel.dataset, f"m{number}", content, "json"))
    Worker(platform).drain()
    yield platform
    closed(platform)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Platform]:
    platform = made(tmp_path / "new")
    yield platform
    closed(platform)


def closed(platform: Platform) -> None:
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def titles(platform: Platform, section: Section) -> list[tuple[str, str, str]]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        person = by_credential(session, "id", ID_NUMBER)[0].person_id
    with platform.database.unit_of_work(DOCTOR.scope) as session:
        events = open_record(platform, session, DOCTOR, person).section(section, page_size=200).events
    return [(event.title, event.value, event.time.isoformat()) for event in events if event.institution_id != 3]


def test_the_record_is_the_same_on_the_countys_own_platform(old: Platform, new: Platform, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    archive = export_county(old, Export("411502000000", tmp_path / "a", lambda done, total, rows: seen.append((done, total))))
    assert {unit.id for unit in archive.units} == {1, 2} and seen[-1][0] == seen[-1][1] == len(archive.files)
    given = {1: 101, 2: 102}
    first = import_county(new, tmp_path / "a", given)
    assert first.rows == archive.rows
    Worker(new).drain()
    again = import_county(new, tmp_path / "a", given)  # harmless: the same message ids
    Worker(new).drain()
    assert again.rows == first.rows
    for section in (Section.VISIT, Section.LAB, Section.EXAM, Section.PROBLEM, Section.ALLERGY, Section.CHARGE, Section.DOCUMENT):
        assert titles(new, section) == titles(old, section) != [], section
    papers = (tmp_path / "a" / "2" / "document.ndjson").read_text("utf-8")
    assert papers.count("\n") == 3 and base64.b64encode(pdf("DISCHARGE SUMMARY")).decode() in papers


def test_a_changed_or_incomplete_archive_is_refused(old: Platform, new: Platform, tmp_path: Path) -> None:
    export_county(old, Export("411502000000", tmp_path / "a", lambda *told: None))
    with pytest.raises(BadArchive, match="not registered here"):
        import_county(new, tmp_path / "a", {1: 101})
    file = tmp_path / "a" / "1" / "visit.ndjson"
    file.write_text(file.read_text("utf-8").replace("心房颤动", "心房扑动"), "utf-8")
    with pytest.raises(BadArchive, match="was changed"):
        read_archive(tmp_path / "a")
    (tmp_path / "a" / "county.json").unlink()
    with pytest.raises(BadArchive, match=r"county\.json"):
        import_county(new, tmp_path / "a", {})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"institution": 2}, "names no institution 2"),
        ({"dataset": "nothing"}, "dataset nothing is not known"),
        ({"path": "1/\0"}, "is no path"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(changes: dict[str, object], problem: str) -> None:
    file = ArchivedFile("1/visit.ndjson", "visit", 1, 1, "0" * 64)
    whole = CountyArchive(1, "411502000000", "", [ArchivedUnit(1, "县医院", "411502000000")], [file])
    assert read_list(msgspec.json.encode(whole)) == whole
    with pytest.raises(BadArchive, match=problem):
        read_list(msgspec.json.encode(msgspec.structs.replace(whole, files=[msgspec.structs.replace(file, **changes)])))
