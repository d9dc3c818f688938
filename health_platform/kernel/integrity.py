"""Tamper detection of pages and programs (网页防篡改): a signed list of every file's SM3, checked at start and every minute.

``seal`` is run by the installer after every upgrade: it keeps the list and a pristine copy of what browsers are shown
(templates, styles, scripts, pictures) beside the keys of the platform. ``verify`` names what differs; ``restore`` puts pages
back. The platform's signing key is needed to make a list that passes, so whoever can write files only cannot hide a change.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from health_platform.kernel import audit, clock, metrics
from health_platform.kernel.audit import AuditFact
from health_platform.kernel.crypto import sm3
from health_platform.kernel.errors import Conflict, register_messages
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope

register_messages({"integrity.unsealed": "尚未登记程序与页面的完整性清单，请先运行 health-platform integrity seal"})

log = logging.getLogger("health_platform.alarm")

ROOT = Path(__file__).parents[2]
PACKAGES = ("health_platform", "registry", "empi", "etl", "exchange", "applications", "browser_ui", "demonstration")
_PAGES = frozenset({".html", ".css", ".js", ".svg", ".png", ".ico", ".woff2"})
_WATCHED = _PAGES | {".py", ".sql", ".json", ".csv", ".toml", ".xml"}
_CONTEXT = "integrity.manifest"
_EVERY = timedelta(seconds=60)

Change = Literal["changed", "missing", "added", "list"]


@dataclass(frozen=True)
class Finding:
    """A file that is not what was sealed; ``list`` means that the list itself was touched."""

    path: str
    change: Change


def _manifest(platform: Platform) -> Path:
    return platform.settings.home / "integrity.json"


def _pristine(platform: Platform) -> Path:
    return platform.settings.home / "integrity.zip"


def _files(root: Path) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in _WATCHED and path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digests(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sm3(path.read_bytes()).hex() for path in _files(root)}


def seal(platform: Platform, root: Path = ROOT) -> int:
    """Take the files as they are for right; returns how many. Run by the installer after an upgrade, never by a job."""
    digests = _digests(root)
    with zipfile.ZipFile(_pristine(platform), "w", zipfile.ZIP_DEFLATED) as kept:
        for name in digests:
            if Path(name).suffix in _PAGES:
                kept.write(root / name, name)
    content = json.dumps(digests, sort_keys=True)
    sealed = {
        "sealed_at": clock.now().isoformat(),
        "files": digests,
        "signature": platform.crypto.sign(content.encode(), _CONTEXT),
    }
    _manifest(platform).write_text(json.dumps(sealed), "utf-8")
    return len(digests)


def _signed(digests: dict[str, str]) -> bytes:
    return json.dumps(digests, sort_keys=True).encode()


def is_sealed(platform: Platform) -> bool:
    """Whether a list was ever made on this machine."""
    return _manifest(platform).exists()


def verify(platform: Platform, root: Path = ROOT) -> list[Finding]:
    """Files that differ from the sealed list.

    Raises:
        Conflict: ``integrity.unsealed``, nothing was sealed on this machine.
    """
    if not is_sealed(platform):
        raise Conflict("integrity.unsealed")
    try:
        sealed = json.loads(_manifest(platform).read_text("utf-8"))
        expected = dict(sealed["files"])
        genuine = platform.crypto.verify(_signed(expected), sealed["signature"], _CONTEXT)
    except (ValueError, KeyError, TypeError, AttributeError):
        genuine, expected = False, {}
    if not genuine:
        return [Finding(_manifest(platform).name, "list")]
    return _differences(expected, _digests(root))


def _differences(expected: dict[str, str], there: dict[str, str]) -> list[Finding]:
    changed = [Finding(name, "changed") for name in expected.keys() & there.keys() if expected[name] != there[name]]
    missing = [Finding(name, "missing") for name in expected.keys() - there.keys()]
    added = [Finding(name, "added") for name in there.keys() - expected.keys()]
    return sorted(changed + missing + added, key=lambda finding: finding.path)


def restore(platform: Platform, findings: list[Finding], root: Path = ROOT) -> list[str]:
    """Put pages back from the pristine copy, each only if that copy is what was sealed; returns their paths."""
    sealed = json.loads(_manifest(platform).read_text("utf-8"))["files"]
    restored = []
    with zipfile.ZipFile(_pristine(platform)) as kept:
        names = set(kept.namelist())
        for finding in findings:
            content = kept.read(finding.path) if finding.path in names else b""
            if sm3(content).hex() == sealed.get(finding.path):
                _write(root / finding.path, content)
                restored.append(finding.path)
    return restored


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a page is being served meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.restored")
    fresh.write_bytes(content)
    os.replace(fresh, path)


def watch(platform: Platform, root: Path = ROOT) -> list[Finding]:
    """Verify, raise an alarm for what differs, put pages back: the job of every minute and the check at start."""
    if not is_sealed(platform):
        return []
    findings = verify(platform, root)
    metrics.TAMPERED.set(len(findings))
    if findings:
        metrics.ALARMS.labels("tampering").inc()
        _report(platform, findings, _restored(platform, findings, root))
    return findings


def _restored(platform: Platform, findings: list[Finding], root: Path) -> list[str]:
    if any(finding.change == "list" for finding in findings):
        return []
    try:
        return restore(platform, findings, root)
    except (OSError, zipfile.BadZipFile) as error:
        log.error("pages could not be restored", extra={"facts": {"error": type(error).__name__}})
        return []


def _report(platform: Platform, findings: list[Finding], restored: list[str]) -> None:
    facts = {
        "files": [f"{finding.change}: {finding.path}" for finding in findings[:50]],
        "count": len(findings),
        "restored": restored[:50],
    }
    log.error("files were tampered with", extra={"facts": facts})
    with platform.database.unit_of_work(system_scope("integrity")) as session:
        audit.record(session, AuditFact("integrity.tampered", "program", outcome="refused", detail=facts))


def install(platform: Platform) -> None:
    """Check every minute."""
    platform.schedule(Job("pages.integrity", _EVERY, lambda platform: watch(platform), "核对程序与页面是否被篡改"))
