"""Which lines of a charge are medicines: the fee classes of ``medicine_fees.csv``, 待确认, mended there and nowhere else."""

from __future__ import annotations

import csv
from importlib.resources import files


def condition() -> str:
    """An expression that is true of a charge line whose fee class is one of the table; a line without a class is none."""
    text = (files(__package__) / "medicine_fees.csv").read_text("utf-8")
    classes: dict[str, list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        classes.setdefault(row["field"], []).append(f"'{row['code']}'")
    asked = (f"coalesce({field} in ({', '.join(codes)}), false)" for field, codes in classes.items())
    return f"({' or '.join(asked)})"
