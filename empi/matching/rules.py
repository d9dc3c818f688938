"""Loading and checking matching rules. A set of rules with a finding is refused at start-up."""

from __future__ import annotations

from dataclasses import dataclass

from empi.definitions.residents import RESIDENTS
from empi.definitions.schema import Rules
from empi.matching.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Finding:
    """One numbered error in a set of rules."""

    code: str
    message: str


class InvalidRules(ValueError):
    """The rules contradict themselves; ``findings`` says where."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{f.code} {f.message}" for f in findings))
        self.findings = findings


def load_rules() -> Rules:
    """The reviewed rules for residents, checked.

    Raises:
        InvalidRules: numbered findings.
    """
    return checked(RESIDENTS)


def checked(rules: Rules) -> Rules:
    """The rules themselves when they hold together.

    Raises:
        InvalidRules: numbered findings.
    """
    if findings := validate(rules):
        raise InvalidRules(findings)
    return rules


def validate(rules: Rules) -> tuple[Finding, ...]:
    """All findings in a set of rules: EM01 unknown kind, EM02 unknown level, EM03 share outside (0, 1], EM04 unknown
    token, EM05 unknown field or level in a pair rule, EM06 repeated name, EM07 thresholds out of order, EM08 unknown
    training pass, EM09 nothing to block on, EM10 block cap too small, EM11 unknown partner, EM12 a tenant
    whose thresholds are out of order or that switches on a rule that is not optional, EM13 a compatible pass without a
    finer token."""
    return (*_fields(rules), *_passes(rules), *_pair_rules(rules), *_limits(rules), *_tenants(rules))


def _fields(rules: Rules) -> list[Finding]:
    found = []
    names = [rule.name for rule in rules.fields]
    found += [Finding("EM06", f"field {n} is defined twice") for n in sorted({n for n in names if names.count(n) > 1})]
    for rule in rules.fields:
        if rule.kind not in KINDS:
            found.append(Finding("EM01", f"field {rule.name} has unknown kind {rule.kind}"))
            continue
        for prior in rule.priors:
            if prior.level not in KINDS[rule.kind].levels[1:]:
                found.append(Finding("EM02", f"field {rule.name} has no level {prior.level}"))
            if not (0 < prior.m <= 1 and 0 < prior.u <= 1):
                found.append(Finding("EM03", f"{rule.name}.{prior.level}: shares must lie in (0, 1]"))
        if rule.partner and rule.partner not in names:
            found.append(Finding("EM11", f"field {rule.name} has unknown partner {rule.partner}"))
    return found


def _passes(rules: Rules) -> list[Finding]:
    found = [] if rules.passes or rules.passes_from_data else [Finding("EM09", "no blocking pass")]
    fields = {rule.name for rule in rules.fields}
    names = [rule.name for rule in rules.passes]
    found += [Finding("EM06", f"pass {n} is defined twice") for n in sorted({n for n in names if names.count(n) > 1})]
    for rule in rules.passes:
        for token in (*rule.tokens, *rule.finer):
            if token.count(".") != 1 or token.split(".")[0] not in fields:
                found.append(Finding("EM04", f"pass {rule.name} has unknown token {token}"))
        if rule.compatible and not rule.finer:
            found.append(Finding("EM13", f"pass {rule.name} says compatible and has no finer token to be compatible in"))
        if not rule.tokens:
            found.append(Finding("EM09", f"pass {rule.name} has no token"))
    found += [Finding("EM08", f"unknown training pass {n}") for n in rules.training.passes if n not in names]
    return found


def _pair_rules(rules: Rules) -> list[Finding]:
    found = []
    levels = {rule.name: KINDS[rule.kind].levels for rule in rules.fields if rule.kind in KINDS}
    codes = [rule.code for rule in rules.pair_rules]
    found += [Finding("EM06", f"pair rule {c} is defined twice") for c in sorted({c for c in codes if codes.count(c) > 1})]
    for rule in rules.pair_rules:
        for when in (*rule.when, *rule.unless):
            wrong = [level for level in when.levels if level not in levels.get(when.field, ())]
            found += [Finding("EM05", f"pair rule {rule.code}: {when.field} has no level {level}") for level in wrong]
    return found


def _limits(rules: Rules) -> list[Finding]:
    limits, found = rules.thresholds, []
    if not limits.apart < 0 or not limits.possible < limits.certain:
        found.append(Finding("EM07", "thresholds must satisfy apart < 0 and possible < certain"))
    if rules.block_cap < 2:
        found.append(Finding("EM10", "block_cap must be at least 2"))
    return found


def _tenants(rules: Rules) -> list[Finding]:
    optional = {rule.code for rule in rules.pair_rules if rule.optional}
    found = [Finding("EM12", f"{code} is no optional rule") for code in sorted(set(rules.switched_on) - optional)]
    for tenant, limits in zip(rules.tenants, rules.limits[1:], strict=True):
        found += [
            Finding("EM12", f"tenant {tenant.prefix}: {code} is no optional rule")
            for code in sorted(set(tenant.switched_on) - optional)
        ]
        if not limits.possible < limits.certain:
            found.append(Finding("EM12", f"tenant {tenant.prefix}: possible must lie below certain"))
    return found
