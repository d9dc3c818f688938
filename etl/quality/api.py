"""Public door of upload quality control. Start here.

Rules come from the dataset definitions, from ``definitions/`` and from administrators; they are run incrementally by day
(job ``quality.check``, command ``quality run``) and after every run ``QualityChecked`` tells which months were scored anew.
All functions see only what the session's scope sees; ``platform`` gives them warehouse and parameters.

* ``results(platform, session, period, institution_id)`` — what every rule found.
* ``score(platform, session, period, institution_id)`` — the score with its derivation, computed now.
* ``stored_scores(session, month)`` and ``trend(session, institution_id, months)`` — the monthly scores stored after each run:
  one small relational read, for rankings and charts.
* ``dataset_quality(platform, session, period)`` — dataset → score 0–100 over the institutions in scope, for the catalogue.
* ``calendar(platform, session, period, institution_id)`` — institution × dataset × day.
* ``find_rules``, ``rule_of``, ``versions``, ``drafts``, ``preview``, ``sentence`` — rules and their administration.
* ``sample_rows(platform, session, principal, found)`` — failing rows of a result, masked for the caller.
"""

from __future__ import annotations

from etl.quality.administration import (
    RuleDraft,
    RuleSearch,
    Trial,
    drafts,
    fields_of,
    find_rules,
    preview,
    rule_of,
    sentence,
    versions,
)
from etl.quality.events import QualityChecked
from etl.quality.monitor import calendar
from etl.quality.reading import dataset_quality, history, results, score, scores, stored_scores, trend
from etl.quality.rules import Origin, Rule
from etl.quality.samples import sample_rows
from etl.quality.schemas import DeclaredIn, RuleIn
from etl.quality.shapes import (
    DatasetScore,
    DayCell,
    DayState,
    Dimension,
    Period,
    RulePart,
    RuleResult,
    SampleRow,
    Score,
    Severity,
    Status,
    TrendPoint,
)

__all__ = [
    "DatasetScore",
    "DayCell",
    "DayState",
    "DeclaredIn",
    "Dimension",
    "Origin",
    "Period",
    "QualityChecked",
    "Rule",
    "RuleDraft",
    "RuleIn",
    "RulePart",
    "RuleResult",
    "RuleSearch",
    "SampleRow",
    "Score",
    "Severity",
    "Status",
    "TrendPoint",
    "Trial",
    "calendar",
    "dataset_quality",
    "drafts",
    "fields_of",
    "find_rules",
    "history",
    "preview",
    "results",
    "rule_of",
    "sample_rows",
    "score",
    "scores",
    "sentence",
    "stored_scores",
    "trend",
    "versions",
]
