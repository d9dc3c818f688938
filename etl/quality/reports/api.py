"""Public door of the analysis reports. Start here.

* ``order(session, institution_id, month)`` — a report is made in the background and delivered to the institution's inbox.
* ``reports``, ``report``, ``examples``, ``answers``, ``effect_of``, ``unread`` — what pages show.
"""

from etl.quality.reports.models import QualityReport, ReportAnswer
from etl.quality.reports.schemas import STATES, AnswerIn, OrderIn, ReportQuery
from etl.quality.reports.service import (
    Example,
    answers,
    deadline,
    effect_of,
    examples,
    mark_read,
    order,
    report,
    reports,
    unread,
)

__all__ = [
    "STATES", "AnswerIn", "Example", "OrderIn", "QualityReport", "ReportAnswer", "ReportQuery", "answers", "deadline",
    "effect_of",    "examples", "mark_read", "order", "report", "reports", "unread",
]  # fmt: skip
