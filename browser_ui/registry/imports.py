"""Files into the registers: first what every row would do, then, when that is confirmed, what became of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import fields

from browser_ui.tables import Column, cells
from health_platform.kernel.errors import Invalid, TooLarge
from health_platform.kernel.http import Blueprint, Call, FileField, Schema, endpoint
from registry.api import ImportResult

LARGEST: Final = 4_000_000
"""Bytes of a file that can be looked at first: it waits in the page until it is confirmed, a third longer than it is."""

EFFECTS = (
    Column("row", "文件行", kind="number"),
    Column("what", "操作", kind="badge", badges={"added": ("新增", "ok"), "changed": ("变更", "info")}),
    Column("name", "登记对象"),
    Column("text", "变化"),
)
FINDINGS = (
    Column("row", "文件行", kind="number"),
    Column("label", "栏目"),
    Column("value", "填写的值"),
    Column("problem", "问题"),
)

Work = Callable[[bytes, bool], ImportResult]


class LookedAtIn(Schema):
    """A file to look at, or (``content``, in base64) the one that was looked at and is to be taken in."""

    file = FileField(load_default=None)
    content = fields.String(load_default="")


@dataclass(frozen=True)
class Source:
    """Where an import was begun: the page to go back to, and what the confirming form carries beside the file."""

    back: str
    address: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class ImportPage:
    """The import of a page: who may use it, what it is called in menus and in the audit, and below which rule the page lies."""

    permission: str
    label: str
    audit: str
    rule: str = ""
    name: str = "load"


def offer_import(blp: Blueprint, at: ImportPage, taken: Callable[[Call, bytes, bool], ImportResult]) -> None:
    """Give a register's page its import: a file is looked at first and taken in when that is confirmed.

    ``taken`` gets the call, the content and whether it counts.
    """

    def load(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Show what a file would do, or take it in and show what became of each row."""
        back = f"{blp.url_prefix}{at.rule}"
        return taken_in(body, Source(back, f"{back}/import", {}), lambda content, apply: taken(call, content, apply))

    load.__name__ = at.name
    register = endpoint(
        blp,
        "POST",
        f"{at.rule}/import",
        permission=at.permission,
        label=at.label,
        body=LookedAtIn,
        template="registry/imported.html",
        audit=at.audit,
    )
    register(load)


def taken_in(body: Mapping[str, Any], source: Source, work: Work) -> dict[str, Any]:
    """Look at a file, or take one in that was looked at, and tell what became of each row."""
    apply = bool(body["content"])
    content = _decoded(body["content"]) if apply else _read(body["file"])
    result = work(content, apply)
    kept = {} if apply else {**source.values, "content": base64.b64encode(content).decode("ascii")}
    return {
        "result": result,
        "effect_columns": EFFECTS,
        "finding_columns": FINDINGS,
        "findings": told(result),
        "refused": len({one["row"] for one in result.findings}),
        "back": source.back,
        "address": source.address,
        "kept": kept,
    }


def told(result: ImportResult) -> list[dict[str, Any]]:
    """What is wrong with the rows that are not taken in, one line per fault."""
    return [line for one in result.findings for line in _lines(one)]


def _lines(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**cells(found, FINDINGS), "row": one["row"]} for found in one["findings"]]


def _read(file: Any) -> bytes:
    content: bytes = file.read() if file else b""
    if not content:
        raise Invalid("sheet.unreadable")
    if len(content) > LARGEST:
        raise TooLarge("sheet.preview", limit=LARGEST // 1_000_000)
    return content


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise Invalid("sheet.unreadable") from error
