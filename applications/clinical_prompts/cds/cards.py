"""Prompts as CDS Hooks cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from applications.clinical_prompts.definitions.rules import BY_CODE
from applications.clinical_prompts.knowledge import Knowledge
from applications.clinical_prompts.models import PromptShown

TOPICS = "urn:health-platform:prompts:rule"
REASONS = "urn:health-platform:prompts:reason"


def card_of(card: PromptShown, knowledge: Knowledge, source: str, references: Mapping[str, str]) -> dict[str, Any]:
    """One card. A draft order it concerns can be dropped by its suggestion."""
    rule, content = BY_CODE[card.rule], card.content
    told: dict[str, Any] = {
        "uuid": card.card_id,
        "summary": content["title"][:139],
        "indicator": card.severity,
        "source": {"label": source, "topic": {"system": TOPICS, "code": card.rule, "display": rule.label}},
        "detail": _detail(content),
        "overrideReasons": [
            {"system": REASONS, "code": one.code, "display": one.label} for one in knowledge.reasons_of(card.rule)
        ],
    }
    if reference := references.get(content["order"]):
        told["suggestions"] = [_drop(card.card_id, reference)]
        told["selectionBehavior"] = "at-most-one"
    return {key: value for key, value in told.items() if value}  # the specification forbids empty elements


def suggestion_id(card_id: str) -> str:
    """The id of the one suggestion of a card."""
    return str(uuid5(NAMESPACE_URL, f"{card_id}:drop"))


def _drop(card_id: str, reference: str) -> dict[str, Any]:
    action = {"type": "delete", "description": "取消该医嘱", "resourceId": reference}
    return {"label": "取消该医嘱", "uuid": suggestion_id(card_id), "actions": [action]}


def _detail(content: Mapping[str, Any]) -> str:
    """Advice and evidence as Markdown; words of the record are escaped, so that they stay words."""
    lines = [_escaped(content["advice"])] if content["advice"] else []
    for one in content["evidence"]:
        where = " · ".join(part for part in (_escaped(one["institution"]), (one["time"] or "")[:10]) if part)
        lines.append(f"* {_escaped(one['text'])}" + (f" — {where}" if where else ""))
    return "\n".join(_spaced(lines))


def _spaced(lines: Iterable[str]) -> list[str]:
    """A list needs an empty line before it."""
    found: list[str] = []
    for line in lines:
        if line.startswith("* ") and found and not found[-1].startswith("* "):
            found.append("")
        found.append(line)
    return found


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\`*_{}[]()<>#+-!|" else one for one in text)
