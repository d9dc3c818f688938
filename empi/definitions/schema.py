"""The vocabulary in which matching rules are written.

Everything here is a frozen value. ``empi.matching.rules.validate`` checks a set of rules before it is used;
``Rules.version`` is the content hash stored with every decision.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple


class Outcome(IntEnum):
    """What the evidence says of two identities, weakest first; ``CONFLICT`` always goes to a person.

    ``TWIN`` would be certain, but the two may as well be twins: a question, unless the family shows which
    (``empi.matching.families``).
    """

    NO = 0
    POSSIBLE = 1
    TWIN = 2
    CERTAIN = 3
    CONFLICT = 4


@dataclass(frozen=True, slots=True)
class Prior:
    """Reviewed starting belief for one level: its share among matches (m) and among strangers (u)."""

    level: str
    m: float
    u: float


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One compared thing: its kind (how to read and compare it), the columns it reads, and its priors.

    ``frequency`` names the table that refines the weight of an equal value ("" for none).
    ``fixed`` keeps the priors as they are, because the level is defined by a rule and not by chance.
    """

    name: str
    label: str
    kind: str
    columns: tuple[str, ...]
    priors: tuple[Prior, ...]
    frequency: bool = False
    fixed: bool = False
    partner: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """One blocking pass: identities agreeing on all ``tokens`` are compared.

    A block larger than the rules' cap is split by the ``finer`` tokens, one after the other. In a ``compatible`` pass two
    identities that both state the first of these and differ in it are not compared at all: where the tokens say little, nearly
    all pairs of a large city that the pass brings alone are such pairs, and nearly none of them is one person.
    """

    name: str
    tokens: tuple[str, ...]
    finer: tuple[str, ...] = ()
    compatible: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """True when the field's comparison landed on one of the levels."""

    field: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairRule:
    """A rule that limits or overrides the weight of evidence.

    Applies when every ``when`` holds and no ``unless`` holds. ``outcome`` NO forbids the link, POSSIBLE caps it,
    CONFLICT sends it to review. ``apart`` also forbids the two to meet through others in one cluster. An ``optional``
    rule holds only for identities of tenants that have switched it on.
    """

    code: str
    label: str
    outcome: Outcome
    when: tuple[When, ...]
    unless: tuple[When, ...] = ()
    apart: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Posterior log2 odds from which a pair is certain or possible; a total weight under ``apart`` keeps two
    identities apart even when others would join them. ``margin`` is the lead (bits) one cluster must have over its
    rival before an identity that fits both is given to it. With ``mean`` clusters form by average linkage: two join
    while the mean posterior over all their pairs is above it (for registries without a telling number)."""

    certain: float = 6.0
    possible: float = -4.0
    apart: float = -14.0
    margin: float = 4.0
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a tenant (a division prefix) has chosen: thresholds of its own (None: the city's), optional pair rules in
    addition to the city's. A pair across two tenants is judged by the more cautious of each setting."""

    prefix: str
    certain: float | None = None
    possible: float | None = None
    switched_on: tuple[str, ...] = ()


class Limits(NamedTuple):
    """The settings an identity is judged under: posterior bits, and the codes of the optional rules in force."""

    certain: float
    possible: float
    switched_on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dummies:
    """Values that fill a form without saying anything, per tenant; a year before ``earliest_year`` is a slip of the pen."""

    ids: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    local_card_types: tuple[str, ...] = ()
    earliest_year: int = 1840


@dataclass(frozen=True, slots=True)
class Training:
    """How weights are learned: the passes whose pairs teach, random pairs for u, and the strength of the priors."""

    passes: tuple[str, ...] = ()
    records: int = 80_000
    random_pairs: int = 200_000
    pairs_per_pass: int = 300_000
    prior_strength: float = 60.0
    rounds: int = 25
    seed: int = 20


@dataclass(frozen=True, eq=False)
class Rules:
    """A complete, versioned set of matching rules (a tenant may have its own).

    Two sets are the same when their ``version`` is; the object itself hashes by identity, so that what is compiled
    from it can be cached.
    """

    name: str
    fields: tuple[FieldRule, ...]
    passes: tuple[Pass, ...]
    pair_rules: tuple[PairRule, ...]
    key_column: str = "rec_id"
    seen_column: str = ""
    tenant_column: str = ""
    tenants: tuple[Tenant, ...] = ()
    switched_on: tuple[str, ...] = ()
    block_cap: int = 200
    passes_from_data: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds)
    dummies: Dummies = field(default_factory=Dummies)
    training: Training = field(default_factory=Training)
    shape_alikes: tuple[str, ...] = ()

    @cached_property
    def version(self) -> str:
        """First 16 hex digits of the SHA-256 of the rules' content."""
        return hashlib.sha256(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def limits(self) -> tuple[Limits, ...]:
        """The settings by tenant place: the city's, then each tenant's."""
        city = Limits(self.thresholds.certain, self.thresholds.possible, frozenset(self.switched_on))
        return (
            city,
            *(
                Limits(
                    city.certain if one.certain is None else one.certain,
                    city.possible if one.possible is None else one.possible,
                    city.switched_on | frozenset(one.switched_on),
                )
                for one in self.tenants
            ),
        )

    def tenant_place(self, division: str) -> int:
        """Place in ``limits`` of the longest tenant prefix of a division; 0 for the city's own settings."""
        fitting = [(len(one.prefix), place) for place, one in enumerate(self.tenants, 1) if division.startswith(one.prefix)]
        return max(fitting, default=(0, 0))[1]

    def field_named(self, name: str) -> FieldRule:
        """The field rule called ``name`` (KeyError when the rules have none)."""
        for rule in self.fields:
            if rule.name == name:
                return rule
        raise KeyError(name)
