"""Public door of the prompts, for the pages.

``TABLES`` are the knowledge tables, ``rules_for`` and ``history`` the rules, ``by_rule``, ``reasons`` and ``checks`` the figures
of a ``Span``.
"""

from applications.clinical_prompts.definitions.rules import RULES, RuleDefinition
from applications.clinical_prompts.knowledge import TABLES, Table
from applications.clinical_prompts.routes import span_of
from applications.clinical_prompts.rule_state import RuleState
from applications.clinical_prompts.schemas import SEVERITY_LABELS, RuleIn, SpanQuery, SwitchIn, TableIn
from applications.clinical_prompts.shelf import history, knowledge, rows_in_force, rules_for, switches, table_of, versions
from applications.clinical_prompts.statistics import CheckFigures, RuleFigures, Span, by_rule, checks, reasons

__all__ = [
    "RULES",
    "SEVERITY_LABELS",
    "TABLES",
    "CheckFigures",
    "RuleDefinition",
    "RuleFigures",
    "RuleIn",
    "RuleState",
    "Span",
    "SpanQuery",
    "SwitchIn",
    "Table",
    "TableIn",
    "by_rule",
    "checks",
    "history",
    "knowledge",
    "reasons",
    "rows_in_force",
    "rules_for",
    "span_of",
    "switches",
    "table_of",
    "versions",
]
