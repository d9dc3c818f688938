"""A rule as it stands now: its definition, changed by the newest version, for one institution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from applications.clinical_prompts.definitions.rules import RULES, RuleDefinition
from applications.clinical_prompts.values import SEVERITIES, Severity


@dataclass(frozen=True)
class RuleState:
    """``severity`` is the gravest the rule may show; ``version`` 0 is the definition as shipped."""

    definition: RuleDefinition
    enabled: bool = True
    severity: Severity = "warning"
    parameters: Mapping[str, int] = field(default_factory=dict)
    version: int = 0

    @property
    def code(self) -> str:
        return self.definition.code

    def capped(self, severity: Severity) -> Severity:
        """A severity, no graver than the rule allows."""
        return max(severity, self.severity, key=SEVERITIES.index)


def shipped(definition: RuleDefinition) -> RuleState:
    """A rule nobody changed."""
    defaults = {one.key: one.default for one in definition.parameters}
    return RuleState(definition, True, definition.severity, defaults)


Rules = Mapping[str, RuleState]


def all_shipped() -> dict[str, RuleState]:
    """Every rule as it is shipped."""
    return {one.code: shipped(one) for one in RULES}
