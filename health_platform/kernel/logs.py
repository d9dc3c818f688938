"""JSON logs without personal data.

Every record is one JSON line. Facts are passed as ``extra={"facts": {...}}``; facts whose name is personal are masked, and
id numbers and phone numbers are masked wherever they stand in the text. Names of people cannot be recognised in free text,
so messages are constant English sentences and people appear only by their ids.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")

PERSONAL = frozenset(
    {
        "name",
        "real_name",
        "patient_name",
        "person_name",
        "guardian_name",
        "mother_name",
        "birth_date",
        "address",
        "id_no",
        "id_number",
        "card_no",
        "phone",
        "mobile",
        "telephone",
        "password",
        "secret",
        "token",
        "raw",
        "value",
    }
)
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{6}(?:18|19|20)\d{9}[0-9Xx](?![0-9A-Za-z])|(?<!\d)\d{15}(?!\d)")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def redact_text(text: str) -> str:
    """Mask id numbers and mobile phone numbers in free text."""
    return _PHONE.sub("[phone]", _ID_NUMBER.sub("[id]", text))


def redact(value: Any) -> Any:
    """Mask personal facts by name and by pattern, at any depth."""
    if isinstance(value, dict):
        return {key: "[masked]" if str(key) in PERSONAL and item else redact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


class JsonFormatter(logging.Formatter):
    """One line of JSON: time, level, logger, message, request id, facts, error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact_text(record.getMessage()),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        if facts := getattr(record, "facts", None):
            line["facts"] = redact(facts)
        if record.exc_info:
            line["error"] = redact_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str = "INFO") -> None:
    """Send all logs of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("alembic", "hypothesis", "urllib3", "botocore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
