"""What became of an imported file, row by row."""

from __future__ import annotations

from typing import Any

from browser_ui.tables import Column
from registry.institutions.api import ImportResult

FINDINGS = (Column("row", "文件行", kind="number"), Column("message", "问题"), Column("details", "说明"))


def told_rows(result: ImportResult) -> list[dict[str, Any]]:
    """The rows that were not imported, with every problem of each in words."""
    return [
        {
            "row": one["row"],
            "message": one["message"],
            "details": "；".join(f"{found['field']} {found['problem']}" for found in one.get("findings", ())),
        }
        for one in result.findings
    ]
