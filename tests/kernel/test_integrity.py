"""Tamper detection: whatever is changed, removed or slipped in is named, pages are put back, and the list cannot be forged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from health_platform.kernel import integrity
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.crypto import sm3
from health_platform.kernel.errors import Conflict
from health_platform.kernel.integrity import Finding
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A22")

PAGE = "browser_ui/templates/home.html"
PROGRAM = "empi/linking.py"


@pytest.fixture
def root(tmp_path: Path, platform: Platform) -> Path:
    """An installation with a page and a program, sealed."""
    for name, content in ((PAGE, "<h1>健康信息平台</h1>"), (PROGRAM, "THRESHOLD = 12\n")):
        path = tmp_path / "installed" / name
        path.parent.mkdir(parents=True)
        path.write_text(content, "utf-8")
    assert integrity.seal(platform, tmp_path / "installed") == 2
    return tmp_path / "installed"


def deface(root: Path) -> None:
    (root / PAGE).write_text("<h1>hacked</h1>", "utf-8")


def remove(root: Path) -> None:
    (root / PAGE).unlink()


def slip_in(root: Path) -> None:
    (root / "browser_ui/templates/extra.html").write_text("<script src=//elsewhere>", "utf-8")


def weaken(root: Path) -> None:
    (root / PROGRAM).write_text("THRESHOLD = 1\n", "utf-8")


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (deface, Finding(PAGE, "changed")),
        (remove, Finding(PAGE, "missing")),
        (slip_in, Finding("browser_ui/templates/extra.html", "added")),
        (weaken, Finding(PROGRAM, "changed")),
    ],
)
def test_every_change_is_named(platform: Platform, root: Path, tamper: Callable[[Path], None], expected: Finding) -> None:
    assert integrity.verify(platform, root) == []
    tamper(root)
    assert integrity.verify(platform, root) == [expected]


@pytest.mark.parametrize("tamper", [deface, remove])
def test_a_defaced_page_is_put_back_and_the_alarm_is_on_record(
    platform: Platform, root: Path, tamper: Callable[[Path], None]
) -> None:
    tamper(root)
    assert len(integrity.watch(platform, root)) == 1
    assert (root / PAGE).read_text("utf-8") == "<h1>健康信息平台</h1>"
    assert integrity.watch(platform, root) == []
    with platform.database.unit_of_work(system_scope("test")) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "integrity.tampered")).all()
    assert len(entries) == 1 and PAGE in json.dumps(entries[0].detail)


def test_a_program_is_reported_but_never_replaced_by_the_running_one(platform: Platform, root: Path) -> None:
    weaken(root)
    integrity.watch(platform, root)
    assert integrity.verify(platform, root) == [Finding(PROGRAM, "changed")]


def test_a_list_made_without_the_signing_key_is_refused(platform: Platform, root: Path) -> None:
    deface(root)
    listed = platform.settings.home / "integrity.json"
    forged = json.loads(listed.read_text("utf-8"))
    forged["files"][PAGE] = sm3((root / PAGE).read_bytes()).hex()
    listed.write_text(json.dumps(forged), "utf-8")
    assert integrity.verify(platform, root) == [Finding("integrity.json", "list")]
    assert integrity.watch(platform, root), "and nothing is restored from a list that may be forged"
    assert (root / PAGE).read_text("utf-8") == "<h1>hacked</h1>"


def test_a_tampered_copy_is_not_put_back(platform: Platform, root: Path) -> None:
    deface(root)
    (platform.settings.home / "integrity.zip").write_bytes(b"not a copy")
    integrity.watch(platform, root)
    assert (root / PAGE).read_text("utf-8") == "<h1>hacked</h1>"


def test_an_unsealed_machine_says_so(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="unsealed"):
        integrity.verify(platform, tmp_path)
    assert integrity.watch(platform, tmp_path) == []


def test_the_installed_platform_can_be_sealed_and_is_found_whole(platform: Platform) -> None:
    assert integrity.seal(platform) > 500
    assert integrity.verify(platform) == []
