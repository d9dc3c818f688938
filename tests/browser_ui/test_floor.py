"""Style sheets and scripts stay within what Chromium 80 understands: hospitals run old shells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from browser_ui.assets import STATIC

CSS_DENIED = {
    "inset:": r"[;{\s]inset\s*:",
    ":is(": r":is\(",
    ":where(": r":where\(",
    ":has(": r":has\(",
    "aspect-ratio": r"aspect-ratio",
    "@layer": r"@layer",
    "@container": r"@container",
    "nesting": r"[{;]\s*&",
    "flex gap": r"display:(inline-)?flex[^}]*[;{\s]gap:",
    "clamp": r"clamp\(",
    "color-mix": r"color-mix",
    "logical": r"(margin|padding)-(inline|block)",
    "dvh": r"\ddvh",
}
JS_DENIED = {
    "?.": r"\?\.[a-zA-Z_\[(]",
    "??": r"\?\?",
    "replaceAll": r"\.replaceAll\(",
    "private": r"[\s.]#[a-z]\w*\s*[=(;]",
    "||=": r"\|\|=",
    ".at(": r"\.at\(",
    "import": r"^\s*(import|export)\s",
    "eval": r"\beval\(|new Function",
    "replaceChildren": r"replaceChildren",
    "structuredClone": r"structuredClone",
    "Object.hasOwn": r"Object\.hasOwn\b",
    "dialog": r"showModal",
}
PAGES = Path(STATIC).parent / "templates"


def own(suffix: str) -> list[Path]:
    return [path for path in STATIC.rglob(f"*.{suffix}") if "vendor" not in path.parts]


@pytest.mark.parametrize("path", own("css"), ids=lambda path: path.name)
def test_styles(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    assert [name for name, pattern in CSS_DENIED.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("path", own("js"), ids=lambda path: path.name)
def test_scripts(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    assert [name for name, pattern in JS_DENIED.items() if re.search(pattern, text, re.M)] == []


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.html")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_fit_a_strict_content_policy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline handler"
    assert not re.search(r"\sstyle\s*=\s*[\"']", text), "style attribute"
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", text), "inline style or script"
    assert not re.search(r"(src|href)=\"(https?:)?//", text), "other host"
