"""A trained model: weights per level, tables of common values, and where they came from."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from empi.definitions.schema import FieldRule, Rules
from empi.matching.arrays import F64, Flags, Texts
from empi.matching.frequencies import Frequencies, Table
from empi.matching.kinds import kind_of

_LARGEST = 30.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the levels (index 0 is "missing" and unused) among matches (m) and among strangers (u)."""

    m: tuple[float, ...]
    u: tuple[float, ...]


@dataclass(frozen=True)
class Model:
    """Rules with weights.

    ``prior_bits`` is the log2 odds that two random identities are one person. ``trained_on`` counts the records
    EM saw (0: priors only). ``version`` is the content hash recorded with every decision.
    """

    rules: Rules
    shares: dict[str, Shares]
    prior_bits: float
    frequencies: Frequencies = field(default_factory=Frequencies)
    trained_on: int = 0

    @cached_property
    def weights(self) -> dict[str, F64]:
        """log2(m/u) per field and level, 0 for "missing", in thousandths so that sums do not depend on order."""
        return {rule.name: _weights(self.shares[rule.name], neutral_levels(rule)) for rule in self.rules.fields}

    @cached_property
    def version(self) -> str:
        """First 16 hex digits of the SHA-256 of rules, weights and tables."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @cached_property
    def level_names(self) -> dict[str, Texts]:
        """The level names of every field."""
        return {rule.name: kind_of(rule.kind).levels for rule in self.rules.fields}

    def levels(self, name: str) -> Texts:
        """The level names of a field."""
        return self.level_names[name]

    def to_json(self) -> str:
        """The model as text; the rules go by name and version only."""
        freq = self.frequencies
        tables = {n: [_pack(t.keys), _pack(t.shares), t.rest] for n, t in sorted(freq.tables.items())}
        return json.dumps(
            {
                "rules": self.rules.name,
                "rules_version": self.rules.version,
                "prior_bits": self.prior_bits,
                "trained_on": self.trained_on,
                "shares": {n: [list(s.m), list(s.u)] for n, s in sorted(self.shares.items())},
                "tables": tables,
                "phones": [_pack(freq.phone_keys), _pack(freq.phone_users)],
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str, rules: Rules) -> Model:
        """Read a stored model, also one trained before a pair rule or a threshold changed: weights do not depend on them.

        Raises:
            ValueError: it was trained with other fields or other levels.
        """
        data: dict[str, Any] = json.loads(text)
        levels = {rule.name: len(kind_of(rule.kind).levels) for rule in rules.fields}
        if levels != {name: len(m) for name, (m, _) in data["shares"].items()}:
            raise ValueError(f"model of rules {data['rules_version']} compares other fields than rules {rules.version}")
        tables = {
            n: Table(_unpack(k, np.uint64), _unpack(s, np.float64), float(rest)) for n, (k, s, rest) in data["tables"].items()
        }
        phones = data["phones"]
        frequencies = Frequencies(tables, _unpack(phones[0], np.uint64), _unpack(phones[1], np.int64))
        shares = {n: Shares(tuple(m), tuple(u)) for n, (m, u) in data["shares"].items()}
        return cls(rules, shares, data["prior_bits"], frequencies, data["trained_on"])


def model_of_priors(rules: Rules, persons: int = 1_000_000) -> Model:
    """The reviewed priors as a model, for a city of ``persons`` that has no data yet."""
    return Model(rules, {rule.name: prior_shares(rule) for rule in rules.fields}, -float(np.log2(max(persons, 2))))


def prior_shares(rule: FieldRule) -> Shares:
    """The priors of a field in the order of its kind's levels."""
    known = {prior.level: prior for prior in rule.priors}
    levels = kind_of(rule.kind).levels
    m = [known[level].m if level in known else 1e-4 for level in levels]
    u = [known[level].u if level in known else 1e-4 for level in levels]
    return Shares((0.0, *_normal(m[1:])), (0.0, *_normal(u[1:])))


def _normal(shares: list[float]) -> tuple[float, ...]:
    total = sum(shares)
    return tuple(share / total for share in shares)


def neutral_levels(rule: FieldRule) -> Flags:
    """Levels reviewed to say nothing (equal prior shares): they stay so whatever the data shows, like "missing"."""
    prior = prior_shares(rule)
    known = {p.level for p in rule.priors if p.m == p.u}
    return np.array([k == 0 or level in known for k, level in enumerate(kind_of(rule.kind).levels[: len(prior.m)])])


def _weights(shares: Shares, neutral: Flags) -> F64:
    m, u = np.array(shares.m), np.array(shares.u)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.where((m > 0) & (u > 0), np.log2(m / u), 0.0)
    bits[neutral] = 0.0
    return np.round(np.clip(bits, -_LARGEST, _LARGEST), 3)


def _pack(array: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _unpack(text: str, dtype: Any) -> Any:
    return np.frombuffer(base64.b64decode(text), dtype=dtype)
