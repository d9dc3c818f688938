"""From what somebody wrote into a form to answers: read, computed, hidden, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from health_platform.engine.definitions.fields import Answer, Day, Field, Number, Unreadable
from health_platform.engine.definitions.forms import Form, Rule
from health_platform.engine.definitions.prompts import Prompt
from health_platform.engine.environments import Environment


@dataclass(frozen=True)
class Finding:
    """A problem of an answer, told to whoever filled the form in."""

    field: str
    problem: str


@dataclass(frozen=True)
class Setting:
    """What surrounds a form while it is filled in: names, facts (person, previous and entry answers), parameters."""

    environment: Environment
    facts: Mapping[str, Any]
    parameters: Mapping[str, Any]

    def holds(self, text: str, row: Mapping[str, Any]) -> bool:
        return self.environment.holds(text, {**self.facts, **row}, self.parameters)

    def value(self, text: str, row: Mapping[str, Any]) -> Any:
        return self.environment.value(text, {**self.facts, **row}, self.parameters)


@dataclass
class Filled:
    """A form as filled in: answers by field, what was hidden or computed, and what is wrong or to be confirmed."""

    answers: dict[str, Answer] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    computed: dict[str, Answer] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Finding] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """What somebody confirmed who saved it all the same, as the submission keeps it."""
        return "；".join(one.problem for one in self.questions)[:400]


def fill(form: Form, setting: Setting, written: Mapping[str, Any]) -> Filled:
    """Read a form from top to bottom; a field sees the answers above it."""
    filled = Filled()
    for unknown in sorted(set(written) - {one.code for one in form.fields}):
        filled.findings.append(Finding(unknown, "表单没有这一项"))
    for section in form.sections:
        asked = setting.holds(section.when, filled.answers)
        for one in section.fields:
            filled.answers[one.code] = _answer(one, setting, written.get(one.code), filled, asked)
    if not filled.findings:
        for rule in form.rules:
            _judge(rule, setting, filled)
    return filled


def _answer(one: Field, setting: Setting, written: object, filled: Filled, asked: bool) -> Answer:
    if not (asked and setting.holds(one.when, filled.answers)):
        filled.hidden.append(one.code)
        return None
    if one.value:
        return _computed(one, one.value, setting, filled)
    try:
        answer = one.read(written)
    except Unreadable as error:
        filled.findings.append(Finding(one.code, f"{one.label}：{error}"))
        return None
    if answer is None and one.proposal:
        answer = _computed(one, one.proposal, setting, filled)
    if answer is None and one.required:
        filled.findings.append(Finding(one.code, f"{one.label}：必填"))
    return answer


def _computed(one: Field, text: str, setting: Setting, filled: Filled) -> Answer:
    answer: Answer = setting.value(text, filled.answers)
    if isinstance(one, Number) and isinstance(answer, Decimal):
        answer = round(answer, one.places) + 0
    filled.computed[one.code] = answer
    return answer


def _judge(rule: Rule, setting: Setting, filled: Filled) -> None:
    """Only what is definitely false breaks a rule: an unknown one could not be judged."""
    if setting.value(rule.holds, filled.answers) is False:
        (filled.findings if rule.severity == "error" else filled.questions).append(Finding(rule.field, rule.message))


def raised(prompts: Sequence[Prompt], setting: Setting, answers: Mapping[str, Answer]) -> list[Prompt]:
    """The prompts these answers call for, the most urgent first."""
    rank = {"urgent": 0, "warn": 1, "info": 2}
    return sorted((one for one in prompts if setting.holds(one.when, answers)), key=lambda one: rank[one.level])


def stored(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Answers as JSON; what was not answered is left out."""
    return {code: _json(answer) for code, answer in answers.items() if answer is not None}


def _json(answer: Answer) -> Any:
    if isinstance(answer, Decimal):
        return int(answer) if answer == answer.to_integral() else float(answer)
    return answer.isoformat() if isinstance(answer, date) else answer


def restored(form: Form, document: Mapping[str, Any]) -> dict[str, Answer]:
    """Answers of a stored document, in the types expressions need. They are not judged again."""
    return {one.code: _restore(one, document.get(one.code)) for one in form.fields}


def _restore(one: Field, value: Any) -> Answer:
    if value is None:
        return None
    if isinstance(one, Number):
        return Decimal(str(value))
    if isinstance(one, Day):
        return date.fromisoformat(value)
    return value if isinstance(value, bool) else str(value)


def prefixed(prefix: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Answers under the names by which later forms see them."""
    return {f"{prefix}{code}": answer for code, answer in answers.items()}
