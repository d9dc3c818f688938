"""What the platform ships is consistent, and its documents are current."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from health_platform.datasets.api import VALUE_SETS
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from registry.api import DivisionFilter, list_divisions, load_divisions
from registry.commands import registry
from registry.definitions.messages import MESSAGES
from registry.definitions.problems import PROBLEMS
from registry.resources.definitions import KINDS
from registry.standards.definitions import shipped_systems
from registry.standards.reference import markdown
from registry.standards.systems import find_system
from registry.standards.terms import faults

pytestmark = pytest.mark.system("B04", "B05")

ROOT = Path(__file__).parents[2]


def test_shipped_tables_hold() -> None:
    systems = list(shipped_systems())
    codes = [one.code for one in systems]
    assert len(set(codes)) == len(codes)
    for one in systems:
        assert faults(one.terms) == [], one.code
        assert one.mark in ("standard", "local", "unconfirmed") and one.source and one.title
    assert {kind.system for kind in KINDS.values() if kind.system} <= set(codes)
    assert sum(bool(one.terms) for one in systems) >= 44


def test_rh_is_numbered_as_the_standard_does() -> None:
    (rhd,) = [one for one in shipped_systems() if one.code == "CV04.50.020_RhD"]
    assert [(term.code, term.name) for term in rhd.terms] == [("1", "阴性"), ("2", "阳性"), ("3", "不详")]


def test_every_table_of_a_coded_field_is_in_the_registry(seeded: Platform) -> None:
    with seeded.database.unit_of_work(system_scope("test")) as session:
        missing = {one.table for one in VALUE_SETS.values() if find_system(session, one.table) is None}
    assert missing == {"institution", "division"}


def test_the_reference_is_current() -> None:
    assert (ROOT / "docs/reference/code-tables.md").read_text("utf-8") == markdown()


def test_every_refusal_has_a_chinese_text() -> None:
    for text in (*MESSAGES.values(), *PROBLEMS.values()):
        assert any("\u4e00" <= char <= "\u9fff" for char in text)


def test_another_city_loads_from_a_file(regional: Platform, tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    file.write_text("code,name\n4117,驻马店市\n411702,驿城区\n411702001,人民街道\n", "utf-8")
    done = CliRunner().invoke(registry, ["load-divisions", str(file)], obj=regional)
    assert done.exit_code == 0 and "3 divisions added" in done.output, done.output
    with regional.database.unit_of_work(system_scope("test")) as session:
        assert [one.name for one in list_divisions(session, DivisionFilter(under="4117"))] == ["驿城区"]
        with pytest.raises(PlatformError, match=r"division\.load"):
            load_divisions(session, [{"code": "411799001", "name": "无上级镇"}])


def test_all_divisions_of_the_country_load(regional: Platform, shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("divisions")
    rows = [
        {"code": row["code"].ljust(12, "0"), "name": row["name"]}
        for name in ("provinces.csv", "cities.csv", "areas.csv")
        for row in csv.DictReader((folder / name).open(encoding="utf-8-sig"))
    ]
    with regional.database.unit_of_work(system_scope("test")) as session:
        assert load_divisions(session, rows) > 3000
        assert len(list_divisions(session, DivisionFilter())) == 31


def test_code_tables_load_from_the_command_line(seeded: Platform, tmp_path: Path) -> None:
    file = tmp_path / "icd.csv"
    file.write_text("代码,名称,上级代码,说明\nI10,原发性高血压,,\nI10.x00,特发性高血压,I10,\n", "utf-8")
    done = CliRunner().invoke(registry, ["load-codes", "ICD10", "2.0", str(file), "--publish"], obj=seeded)
    assert done.exit_code == 0 and "2 terms: 2 new" in done.output, done.output
    again = CliRunner().invoke(registry, ["seed"], obj=seeded)
    assert "added 0 divisions, 0 code systems" in again.output
