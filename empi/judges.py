"""The matching core as the service uses it, and which model is in force.

The active model of a database is read once and looked up again when its row changes; without one the reviewed priors judge.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Dialect, select
from sqlalchemy.orm import Session

from empi.assertions import Assertions
from empi.definitions.schema import Limits, Tenant
from empi.identity import patient_key
from empi.judging import GRADES, TYING, Block, Compared, Comparison, Edge, Parted, Parting
from empi.keyed import Hasher, hasher
from empi.matching import Edge as Tie
from empi.matching import Identity, Model, Outcome, Rules, compare, load_rules, model_of_priors, normalise
from empi.matching import cluster as cluster_by_evidence
from empi.matching.arrays import I64
from empi.matching.blocking import pass_keys, tokens_of
from empi.matching.frame import Frame
from empi.matching.kinds import kind_of
from empi.matching.scoring import Scores, frame_of, score
from empi.matching.single import Single, single_of
from empi.matching.single.card import Card
from empi.matching.twins import twins_known, with_twins_known
from empi.models import ModelRow, PolicyRow
from empi.parting import Doubt, Judged, part
from empi.storing import Facts

EVERYONE = "*"
_FEW_PAIRS = 250  # up to here one by one is faster than by column
_FEW_IDENTITIES = 30


log = logging.getLogger("empi")


class Judge:
    """One model at work."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._single = single_of(model)

    @property
    def version(self) -> str:
        return self.model.version

    @property
    def block_cap(self) -> int:
        return self.model.rules.block_cap

    @property
    def rules(self) -> Rules:
        return self.model.rules

    def read(self, facts: Facts) -> Identity:
        """Facts as they are compared; remembered on the facts, since reading them costs most."""
        reading: Identity | None = facts.readings.get(self.rules.version)
        if reading is None:
            key = facts.key if facts.key is not None else patient_key(facts.get("domain_id", ""), facts.get("local_id", ""))
            reading = facts.readings[self.rules.version] = normalise(facts, self.rules, str(key), facts.division)
        return reading

    def _card(self, single: Single, facts: Facts) -> Card:
        """Facts as they are compared one by one; remembered like their reading."""
        card: Card | None = facts.readings.get(self._card_name)
        if card is None:
            card = facts.readings[self._card_name] = single.card(self.read(facts))
        return card

    @cached_property
    def _card_name(self) -> str:
        return f"card {self.version}"

    def blocks(self, session: Session, facts: Mapping[int, Facts]) -> dict[int, tuple[Block, ...]]:
        """Blocking keys of each identity, as keyed hashes; remembered on the facts like their reading."""
        if made := {key: one for key, one in facts.items() if self._blocks_name not in one.readings}:
            for key, blocks in self._make_blocks(hasher(session), made).items():
                facts[key].readings[self._blocks_name] = blocks
        return {key: facts[key].readings[self._blocks_name] for key in sorted(facts)}

    @cached_property
    def _blocks_name(self) -> str:
        return f"blocks {self.version}"

    def _make_blocks(self, keyed: Hasher, facts: Mapping[int, Facts]) -> dict[int, tuple[Block, ...]]:
        if self._single is not None and len(facts) <= _FEW_IDENTITIES:
            return {key: self._blocks_of(self._single, facts[key], keyed) for key in sorted(facts)}
        return self._blocks_by_column(keyed, facts)

    def _blocks_of(self, single: Single, facts: Facts, keyed: Hasher) -> tuple[Block, ...]:
        def maybe(value: int) -> int:
            return keyed(f"{value}") if value else 0

        return tuple(
            Block(rule.name, keyed(f"{key}"), (maybe(finer), maybe(finest)), rule.compatible)
            for rule, key, (finer, finest) in single.keys(self._card(single, facts))
        )

    def _blocks_by_column(self, keyed: Hasher, facts: Mapping[int, Facts]) -> dict[int, tuple[Block, ...]]:
        keys = sorted(facts)
        frame = frame_of([self.read(facts[key]) for key in keys], self.model)
        tokens = tokens_of(frame, self.rules)
        divide = {name for rule in self.rules.passes for name in rule.finer[:2]}  # several passes are divided by the same
        divided = {name: [keyed(f"{token}") if token else 0 for token in tokens[name].tolist()] for name in divide}
        undivided = [0] * len(keys)
        found: dict[int, list[Block]] = {key: [] for key in keys}
        for place, rule in enumerate(self.rules.passes):
            hashes = pass_keys(frame, self.rules, place).tolist()
            finer, finest = [*(divided[name] for name in rule.finer[:2]), undivided, undivided][:2]
            for key, of_key, *by in zip(keys, hashes, finer, finest, strict=True):
                if of_key:
                    found[key].append(Block(rule.name, keyed(f"{of_key}"), (by[0], by[1]), rule.compatible))
        return {key: tuple(blocks) for key, blocks in found.items()}

    def compare(self, facts: Mapping[int, Facts], pairs: Collection[tuple[int, int]]) -> Compared:
        """Evidence of the pairs (smaller key first)."""
        ordered = sorted(pairs)
        if self._single is not None and len(ordered) <= _FEW_PAIRS:
            return self._compare_one_by_one(self._single, facts, ordered)
        scores = self._scores(facts, ordered)
        if scores is None:
            return Compared()
        edges = tuple(
            Edge(
                *ordered[place],
                GRADES[Outcome(int(scores.outcome[place]))],
                float(scores.weight[place]),
                bool(scores.apart[place]),
                _contributions(scores, place),
            )
            for place in np.flatnonzero(scores.outcome > Outcome.NO).tolist()
        )
        apart = frozenset(ordered[place] for place in np.flatnonzero(scores.apart).tolist())
        return Compared(frozenset(ordered), edges, apart)

    def _compare_one_by_one(self, single: Single, facts: Mapping[int, Facts], pairs: Sequence[tuple[int, int]]) -> Compared:
        cards = {key: self._card(single, facts[key]) for pair in pairs for key in pair}
        judged = [(pair, single.score(cards[pair[0]], cards[pair[1]])) for pair in pairs]
        edges = tuple(
            Edge(*pair, GRADES[found.outcome], found.weight, found.apart, found.bits)
            for pair, found in judged
            if found.outcome > Outcome.NO
        )
        return Compared(frozenset(pairs), edges, frozenset(pair for pair, found in judged if found.apart))

    def explained(self, facts: Mapping[int, Facts], edges: Iterable[Edge]) -> list[Edge]:
        """The edges, each with its contributions; a bulk run leaves them out, and all are found in one comparison."""
        given = list(edges)
        bare = sorted({(edge.left, edge.right) for edge in given if edge.contributions is None})
        scores = self._scores(facts, bare)
        if scores is None:
            return given
        bits = {pair: _contributions(scores, place) for place, pair in enumerate(bare)}
        return [edge._replace(contributions=bits.get((edge.left, edge.right), edge.contributions)) for edge in given]

    def compare_facts(self, left: Facts, right: Facts) -> Comparison:
        """One comparison with everything that explains it."""
        evidence = compare(self.read(left), self.read(right), self.model)
        return Comparison(
            GRADES[evidence.outcome],
            evidence.weight,
            {one.field: one.bits for one in evidence.contributions},
            {one.field: one.level for one in evidence.contributions},
            evidence.apart,
            evidence.rules,
        )

    def limits(self, left: Facts, right: Facts) -> Limits:
        """The thresholds and optional rules two identities are judged under: the more cautious of their tenants'."""
        a, b = (self.rules.limits[self.rules.tenant_place(one.division)] for one in (left, right))
        return Limits(max(a.certain, b.certain), min(a.possible, b.possible), a.switched_on | b.switched_on)

    def cluster(self, facts: Mapping[int, Facts], edges: Iterable[Edge], assertions: Assertions) -> Parted:
        """The persons among identities: by evidence alone as in bulk, or with what people decided about them."""
        keys = sorted(facts)
        if assertions.same or assertions.different:
            return part(keys, self._judged(facts, keys), assertions, self._doubt(facts))
        places = {key: place for place, key in enumerate(keys)}
        ties = [Tie(places[edge.left], places[edge.right], edge.grade == "twin") for edge in edges if edge.grade in TYING]
        if not ties:
            return Parted(tuple((key,) for key in keys), ())
        groups, cuts = cluster_by_evidence(ties, [self.read(facts[key]) for key in keys], self.model)
        return Parted(
            tuple(tuple(keys[place] for place in group) for group in groups),
            tuple(Parting(*sorted((keys[cut.left], keys[cut.right]))) for cut in cuts),
        )

    def is_placeholder(self, facts: Facts) -> bool:
        """Whether the name is a newborn's placeholder (张某之子)."""
        return bool(getattr(self.read(facts).values[0], "newborn", False))

    def unusable(self, facts: Facts) -> frozenset[str]:
        """Columns whose value is a dummy, fails its check or cannot be read; remembered like their reading."""
        found: frozenset[str] | None = facts.readings.get(self._unusable_name)
        if found is None:
            found = facts.readings[self._unusable_name] = self._unusable(facts)
        return found

    def _unusable(self, facts: Facts) -> frozenset[str]:
        values = self.read(facts).values
        silent = {
            column
            for rule, value in zip(self.rules.fields, values, strict=True)
            if value is None
            for column in rule.columns
            if facts.get(column)
        }
        return frozenset(silent | self._failed_checks(values))

    @cached_property
    def _unusable_name(self) -> str:
        return f"unusable {self.rules.version}"

    def _failed_checks(self, values: Sequence[object]) -> set[str]:
        """A resident id whose check digit is wrong is compared, but it should not survive against a right one."""
        document = values[self._document_place] if self._document_place is not None else None
        wrong = document is not None and getattr(document, "family", "") == "resident" and not getattr(document, "valid", False)
        newborn = getattr(values[0], "newborn", False) or getattr(values[0], "unknown", False)
        return ({"id_no"} if wrong else set()) | ({"name"} if newborn else set())

    @cached_property
    def _document_place(self) -> int | None:
        return next((place for place, rule in enumerate(self.rules.fields) if rule.kind == "document"), None)

    def _judged(self, facts: Mapping[int, Facts], keys: Sequence[int]) -> list[Judged]:
        pairs = list(combinations(keys, 2))
        if not pairs:
            return []
        framed = self._framed(facts, pairs)
        scores, ends = framed.scores, (framed.left, framed.right)
        tied = (scores.outcome == Outcome.CERTAIN) | (scores.outcome == Outcome.TWIN)
        known_twins = twins_known(framed.frame, (framed.left[tied], framed.right[tied]))
        outcome = with_twins_known(framed.frame, self.model, known_twins, ends, scores.outcome)
        apart = scores.apart | (outcome == Outcome.CONFLICT)
        certain, twin = (outcome == Outcome.CERTAIN) & ~apart, outcome == Outcome.TWIN
        return [
            Judged(*pairs[place], float(scores.weight[place]), bool(certain[place]), bool(apart[place]), bool(twin[place]))
            for place in np.flatnonzero(apart | certain | twin).tolist()
        ]

    def _doubt(self, facts: Mapping[int, Facts]) -> Doubt:
        place = self._document_place
        bare = {key for key, one in facts.items() if place is None or self.read(one).values[place] is None}
        return Doubt(frozenset(bare), self.rules.thresholds.margin)

    def _scores(self, facts: Mapping[int, Facts], pairs: Sequence[tuple[int, int]]) -> Scores | None:
        return self._framed(facts, pairs).scores if pairs else None

    def _framed(self, facts: Mapping[int, Facts], pairs: Sequence[tuple[int, int]]) -> _Framed:
        keys = sorted({key for pair in pairs for key in pair})
        places = {key: place for place, key in enumerate(keys)}
        frame = frame_of([self.read(facts[key]) for key in keys], self.model)
        left = np.array([places[one] for one, _ in pairs], dtype=np.int64)
        right = np.array([places[other] for _, other in pairs], dtype=np.int64)
        return _Framed(frame, left, right, score(frame, self.model, left, right, keep_bits=True))


@dataclass(frozen=True)
class _Framed:
    """Identities as columns, and the scores of pairs of their positions."""

    frame: Frame
    left: I64
    right: I64
    scores: Scores


def field_labels(rules: Rules) -> dict[str, str]:
    """Chinese names of the compared fields."""
    return {rule.name: rule.label for rule in rules.fields}


def level_names(rules: Rules) -> dict[str, tuple[str, ...]]:
    """The levels a comparison of each field can land on."""
    return {rule.name: kind_of(rule.kind).levels for rule in rules.fields}


def _contributions(scores: Scores, place: int) -> dict[str, float]:
    return {name: float(scores.bits[name][place]) for name, levels in scores.levels.items() if levels[place]}


_PRIORS = 0
_KEPT_SECONDS = 1.0


_Key = tuple[int, tuple[Tenant, ...]]
"""The active model, and what each tenant has chosen ("*" is the city)."""


@dataclass
class _InForce:
    """The judge of one database, and when it was last asked whether it is still the right one."""

    key: _Key
    judge: Judge
    asked_at: float


_IN_FORCE: WeakKeyDictionary[Dialect, _InForce] = WeakKeyDictionary()


def judge_of(session: Session) -> Judge:
    """The judge in force: the active model, or the reviewed priors, under the settings of the city and its tenants.

    Another process's change is noticed within a second; this process's own at once (``forget_judge``).
    """
    dialect = session.get_bind().dialect
    kept = _IN_FORCE.get(dialect)
    if kept is not None and time.monotonic() - kept.asked_at < _KEPT_SECONDS:
        return kept.judge
    key = _key_in_force(session)
    judge = kept.judge if kept is not None and kept.key == key else _make(session, key)
    _IN_FORCE[dialect] = _InForce(key, judge, time.monotonic())
    return judge


def forget_judge(session: Session) -> None:
    """Ask again which model and thresholds are in force."""
    _IN_FORCE.pop(session.get_bind().dialect, None)


def _key_in_force(session: Session) -> _Key:
    model_id = session.scalar(select(ModelRow.id).where(ModelRow.state == "active")) or _PRIORS
    columns = (PolicyRow.tenant, PolicyRow.certain_from, PolicyRow.possible_from, PolicyRow.rules)
    rows = session.execute(select(*columns).order_by(PolicyRow.tenant))
    return model_id, tuple(Tenant(*row[:3], tuple((row[3] or "").split())) for row in rows)


def _make(session: Session, key: _Key) -> Judge:
    return Judge(_with_choices(_model(session, key[0]), key[1]))


def _model(session: Session, model_id: int) -> Model:
    rules = load_rules()
    if model_id == _PRIORS:
        return model_of_priors(rules)
    content = session.scalar(select(ModelRow.content).where(ModelRow.id == model_id))
    try:
        return Model.from_json(content or "", rules)
    except ValueError:  # an upgrade changed what is compared: the city must go on registering until it is trained anew
        log.error(
            "the active matching model %d does not fit these rules; the reviewed priors judge until another is active", model_id
        )
        return model_of_priors(rules)


def _with_choices(model: Model, chosen: tuple[Tenant, ...]) -> Model:
    """The model under what the city and its tenants have chosen themselves."""
    tenants = tuple(one for one in chosen if one.prefix != EVERYONE and one != Tenant(one.prefix))
    city = next((one for one in chosen if one.prefix == EVERYONE), Tenant(EVERYONE))
    if not tenants and city == Tenant(EVERYONE):
        return model
    before = model.rules.thresholds
    thresholds = replace(
        before,
        certain=before.certain if city.certain is None else city.certain,
        possible=before.possible if city.possible is None else city.possible,
    )
    rules = replace(model.rules, thresholds=thresholds, tenants=tenants, switched_on=city.switched_on)
    return replace(model, rules=rules)
