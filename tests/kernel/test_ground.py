"""Settings, ids, logs, cache, parameters, column types: the small certainties everything else relies on."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.dialects import oracle
from sqlalchemy.schema import CreateIndex, CreateTable

from health_platform.kernel import clock, parameters
from health_platform.kernel.columns import Json
from health_platform.kernel.db import Base
from health_platform.kernel.errors import Invalid
from health_platform.kernel.ids import new_id, stable_key
from health_platform.kernel.logs import JsonFormatter, redact
from health_platform.kernel.platform import Parameter, Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import load_settings
from tests.support.models import Clinic

pytestmark = pytest.mark.system("A17", "A18", "A22")


def test_settings_are_read_typed_and_frozen() -> None:
    settings = load_settings({"HP_PORT": "9000", "HP_SECURE_COOKIES": "yes", "PATH": "/bin"})
    assert (settings.port, settings.secure_cookies, settings.database.startswith("sqlite:///")) == (9000, True, True)
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("environ", [{"HP_PROT": "1"}, {"HP_PORT": "x"}, {"HP_DEMONSTRATION": "maybe"}])
def test_unknown_and_unfit_settings_are_errors(environ: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        load_settings(environ)


def test_ids_of_many_threads_and_processes_are_unique_and_grow() -> None:
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [new_id() for _ in range(5000)], range(8)))
    assert all(batch == sorted(batch) for batch in batches)
    code = "from health_platform.kernel.ids import new_id\nfor _ in range(20000): print(new_id())"
    children = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    lines = [line for child in children for line in child.communicate()[0].split()]
    made = [int(line) for line in lines] + [number for batch in batches for number in batch]
    assert len(made) == len(set(made)) == 100_000
    assert max(made) < 2**63


@given(st.lists(st.text() | st.integers(), min_size=1, max_size=4))
def test_stable_keys_do_not_depend_on_how_parts_are_glued(parts: list[Any]) -> None:
    assert 0 <= stable_key(*parts) < 2**63
    assert stable_key("a", "bc") != stable_key("ab", "c")
    assert stable_key(*parts, "x") != stable_key(*parts)


def test_logs_are_json_without_personal_data() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "patient 413026199001011234 called 13812345678", (), None)
    record.facts = {"name": "张三", "inner": {"phone": "13812345678", "note": "see 41302619900101123X"}, "person_id": 5}
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "patient [id] called [phone]"
    assert line["facts"] == {"name": "[masked]", "inner": {"phone": "[masked]", "note": "see [id]"}, "person_id": 5}


@given(st.integers(10**17, 10**18 - 1))
def test_redaction_leaves_platform_ids_alone(number: int) -> None:
    assert redact({"person_id": number}) == {"person_id": number}


# --- parameters


def test_the_longest_division_wins_and_null_goes_back(platform: Platform) -> None:
    platform.parameter(Parameter("test.days", "天数", 14, low=1, high=30, local=True))
    with platform.database.unit_of_work(system_scope("test")) as session:
        for value, division in ((10, "*"), (7, "4115"), (5, "411502")):
            parameters.set_value(session, platform, "test.days", value, "me", division)
        read = [parameters.value(session, platform, "test.days", d) for d in ("", "411503", "411502001")]
        parameters.set_value(session, platform, "test.days", None, "me", "411502")
        read.append(parameters.value(session, platform, "test.days", "411502001"))
    assert read == [10, 7, 5, 7]


@pytest.mark.parametrize(("value", "code"), [(0, "parameter.range"), ("seven", "parameter.type"), (True, "parameter.type")])
def test_unfit_parameter_values_are_refused(platform: Platform, as_principal: Any, value: Any, code: str) -> None:
    platform.parameter(Parameter("test.days", "天数", 14, low=1, high=30))
    answer = as_principal().put("/api/v1/parameters/test.days", json={"value": value})
    assert answer.get_json()["error"]["code"] == code


# --- columns and names


def test_empty_text_is_null_and_instants_keep_their_zone(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        session.add(Clinic(id=1, name="", division_code="4115"))
        session.flush()
        assert session.scalars(select(Clinic.id).where(Clinic.name.is_(None))).all() == [1]
    instant = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    with clock.travel(instant):
        assert (clock.now(), clock.today().isoformat()) == (instant, "2026-11-22")


def test_every_identifier_fits_oracle_and_the_whole_schema_compiles(platform: Platform) -> None:
    dialect = oracle.dialect(max_identifier_length=30)
    names = []
    for table in Base.metadata.sorted_tables:
        names += [table.name, *(c.name for c in table.columns), *(str(i.name) for i in table.indexes)]
        names += [str(c.name) for c in table.constraints if c.name]
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        assert all("INDEX" in str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    assert [name for name in names if len(name.encode()) > 30] == []


def test_importing_every_module_does_nothing_outside(tmp_path: Path) -> None:
    """No connection is opened: work belongs to calls, not to imports."""
    code = """
import importlib, pkgutil, socket
socket.socket.connect = None
for package in ("health_platform", "registry", "empi", "etl", "exchange", "browser_ui", "applications"):
    for module in pkgutil.walk_packages([package], package + "."):
        if ".migrations." not in module.name and "gunicorn" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]


_STORABLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=("Cs",)))


@given(
    st.recursive(
        _STORABLE,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner),
        max_leaves=8,
    )
)
def test_a_json_value_comes_back_as_it_was_put_in(value: Any) -> None:
    column = Json()
    stored = column.process_bind_param(value, oracle.dialect())
    assert repr(column.process_result_value(stored, oracle.dialect())) == repr(value)  # the same kinds too, and NaN
