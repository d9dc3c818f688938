"""How good are the links? Samples judged by people, the chart of match weights, trends per institution."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, extract, func, insert, select
from sqlalchemy.orm import Session, aliased

from empi.candidates import search
from empi.estimating import Quality, Stratum, estimate
from empi.identity import Actor
from empi.judges import Judge, judge_of
from empi.judging import TYING
from empi.models import EdgeRow, IdentityRow, ReviewRow, SampleRow
from empi.storing import facts_of, known
from empi.wide import whole_index
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import Principal, region_of

register_messages(
    {
        "empi.sample_unknown": "未找到该抽样对",
        "empi.nothing_to_sample": "尚无可抽样的身份记录",
        "empi.sample_city_only": "评估样本取自全市索引，须由市级抽取",
    }
)


_FAR, _MIDDLE = 20.0, 8.0
_WIDTH = 2
_PROBES = 200

STRATA: dict[str, tuple[bool, str]] = {
    "linked_far": (True, "已关联,证据充分"),
    "linked_middle": (True, "已关联,证据较强"),
    "linked_near": (True, "已关联,接近阈值"),
    "asked": (False, "疑似,未关联"),
    "refused": (False, "同组比对后未关联"),
}


@dataclass(frozen=True)
class WeightBar:
    """Pairs whose weight lies in [``low``, ``low`` + 2) bits, by grade."""

    low: int
    certain: int
    possible: int
    conflict: int


@dataclass(frozen=True)
class InstitutionTrend:
    """One institution: identities, how many repeat a person it already knows, conflicts and overlays by month."""

    institution: str
    identities: int
    duplicates: int
    months: tuple[tuple[str, int, int], ...]

    @property
    def duplicate_share(self) -> float:
        return self.duplicates / self.identities if self.identities else 0.0


def may_sample(session: Session, principal: Principal) -> bool:
    """Whether the caller answers for the whole region: samples are drawn from the whole index, and their number tells of it."""
    return principal.scope.answers_for(region_of(session))


def draw(session: Session, per_stratum: int, division_code: str) -> int:
    """Draw pairs of every stratum for people to judge; returns the round.

    Raises:
        NotFound: the index is empty.
    """
    with whole_index(session, "sample links"):
        judge = judge_of(session)
        round_id = new_id()
        rows = [
            {
                "round_id": round_id,
                "left_key": left,
                "right_key": right,
                "weight": weight,
                "linked": STRATA[name][0],
                "stratum": name,
                "stratum_size": size,
                "drawn_at": clock.now(),
                "division_code": division_code,
            }
            for name, size, pairs in _strata(session, judge, per_stratum)
            for left, right, weight in pairs
        ]
        if not rows:
            raise NotFound("empi.nothing_to_sample")
        session.execute(insert(SampleRow), rows)
    return round_id


Pairs = list[tuple[int, int, float]]


def _strata(session: Session, judge: Judge, wanted: int) -> Iterator[tuple[str, int, Pairs]]:
    certain_from = judge.rules.thresholds.certain - judge.model.prior_bits
    linked = _same_person()
    for name, low, high in (
        ("linked_far", certain_from + _FAR, None),
        ("linked_middle", certain_from + _MIDDLE, certain_from + _FAR),
        ("linked_near", None, certain_from + _MIDDLE),
    ):
        conditions = [EdgeRow.grade.in_(TYING), linked]
        conditions += [EdgeRow.weight >= low] if low is not None else []
        conditions += [EdgeRow.weight < high] if high is not None else []
        yield name, *_edges(session, conditions, wanted)
    yield "asked", *_edges(session, [EdgeRow.grade != "certain", ~linked], wanted)
    yield "refused", *_refused(session, judge, wanted)


def _same_person() -> ColumnElement[bool]:
    left, right = aliased(IdentityRow), aliased(IdentityRow)
    return (
        select(left.patient_key)
        .join(right, right.person_id == left.person_id)
        .where(left.patient_key == EdgeRow.left_key, right.patient_key == EdgeRow.right_key)
        .exists()
    )


def _edges(session: Session, conditions: list[ColumnElement[bool]], wanted: int) -> tuple[int, Pairs]:
    """Size of a stratum and some of its pairs. Patient keys are hashes, so a random start gives random pairs."""
    size = int(session.scalar(select(func.count()).select_from(EdgeRow).where(*conditions)) or 0)
    columns = select(EdgeRow.left_key, EdgeRow.right_key, EdgeRow.weight)
    found: dict[tuple[int, int], float] = {}
    for _ in range(min(wanted, size) * 3):
        if len(found) == min(wanted, size):
            break
        start = secrets.randbelow(2**63)
        row = session.execute(
            columns.where(*conditions, EdgeRow.left_key >= start).order_by(EdgeRow.left_key, EdgeRow.right_key).limit(1)
        ).first()
        row = row or session.execute(columns.where(*conditions).order_by(EdgeRow.left_key).limit(1)).first()
        if row is not None:
            found[row[0], row[1]] = row[2]
    return size, [(*key, weight) for key, weight in found.items()]


def _refused(session: Session, judge: Judge, wanted: int) -> tuple[int, Pairs]:
    """Pairs that share a block and were judged different, from the blocks of random identities."""
    population = int(session.scalar(select(func.count()).select_from(IdentityRow)) or 0)
    refused: dict[tuple[int, int], float] = {}
    probes: set[int] = set()
    for _ in range(min(_PROBES, population)):
        probe = session.scalar(
            select(IdentityRow.patient_key)
            .where(IdentityRow.patient_key >= secrets.randbelow(2**63))
            .order_by(IdentityRow.patient_key)
            .limit(1)
        )
        if probe is not None and probe not in probes:
            probes.add(probe)
            refused |= _refused_of(session, judge, probe)
    chosen = sorted(refused.items(), key=lambda one: -one[1])[: wanted * 4 : 4] if refused else []
    size = len(refused) * population // (2 * max(1, len(probes)))
    return size, [(*pair, weight) for pair, weight in chosen]


def _refused_of(session: Session, judge: Judge, probe: int) -> dict[tuple[int, int], float]:
    row = known(session, [probe])[probe]
    found = search(session, judge.blocks(session, {probe: facts_of(session, row)}), judge.block_cap, report=False)
    rows = known(session, {key for pair in found.pairs for key in pair})
    facts = {key: facts_of(session, one) for key, one in rows.items()}
    compared = judge.compare(facts, found.pairs)
    told = {(edge.left, edge.right) for edge in compared.edges}
    return {
        pair: judge.compare_facts(facts[pair[0]], facts[pair[1]]).weight
        for pair in compared.pairs - told
        if rows[pair[0]].person_id != rows[pair[1]].person_id
    }


def judge_sample(session: Session, sample_id: int, verdict: str, actor: Actor) -> SampleRow:
    """Note what a person says of a sampled pair.

    Raises:
        NotFound: no such pair in the caller's scope.
    """
    row = session.scalar(select(SampleRow).where(SampleRow.id == sample_id))
    if row is None:
        raise NotFound("empi.sample_unknown", sample_id=str(sample_id))
    row.verdict, row.judged_by = verdict, actor.name
    return row


def latest_round(session: Session) -> int | None:
    """The round drawn last."""
    return session.scalar(select(func.max(SampleRow.round_id)))


def open_samples(session: Session, round_id: int) -> list[SampleRow]:
    """Pairs of a round that nobody has judged yet."""
    statement = select(SampleRow).where(SampleRow.round_id == round_id, SampleRow.verdict.is_(None))
    return list(session.scalars(statement.order_by(SampleRow.id)))


def strata_of(session: Session, round_id: int) -> list[Stratum]:
    """What was judged of each stratum of a round; "unsure" is left out."""
    rows = session.execute(
        select(SampleRow.stratum, SampleRow.stratum_size, SampleRow.verdict).where(SampleRow.round_id == round_id)
    ).all()
    sizes = {name: int(size) for name, size, _ in rows}
    verdicts = Counter((name, verdict) for name, _, verdict in rows)
    return [
        Stratum(name, STRATA[name][0], sizes[name], verdicts[name, "same"] + verdicts[name, "different"], verdicts[name, "same"])
        for name in STRATA
        if name in sizes
    ]


def quality(session: Session, round_id: int) -> Quality:
    """Estimated precision and recall of a round."""
    return estimate(strata_of(session, round_id))


def weight_chart(session: Session) -> list[WeightBar]:
    """All stored evidence by weight."""
    bin_of = func.floor(EdgeRow.weight / _WIDTH)
    statement = select(bin_of, EdgeRow.grade, func.count()).group_by(bin_of, EdgeRow.grade)
    found: dict[int, Counter[str]] = {}
    for low, grade, number in session.execute(statement):
        found.setdefault(int(low) * _WIDTH, Counter())[grade] = int(number)
    return [
        WeightBar(low, bars["certain"], bars["possible"] + bars["twin"], bars["conflict"]) for low, bars in sorted(found.items())
    ]


def trends(session: Session, limit: int = 50) -> list[InstitutionTrend]:
    """Institutions in the caller's scope with most identities that repeat a person they know already."""
    total, persons = func.count(), func.count(IdentityRow.person_id.distinct())
    statement = select(IdentityRow.institution, total, persons).group_by(IdentityRow.institution)
    counts = session.execute(statement.order_by((total - persons).desc(), IdentityRow.institution).limit(limit)).all()
    months = _months(session)
    return [
        InstitutionTrend(name, int(number), int(number) - int(distinct), tuple(months.get(name, ())))
        for name, number, distinct in counts
    ]


def _months(session: Session) -> dict[str, list[tuple[str, int, int]]]:
    """(month, conflicts, overlays) per institution."""
    year, month = extract("year", ReviewRow.opened_at), extract("month", ReviewRow.opened_at)
    statement = select(ReviewRow.institution, year, month, ReviewRow.kind, func.count()).group_by(
        ReviewRow.institution, year, month, ReviewRow.kind
    )
    found: dict[tuple[str, str], Counter[str]] = {}
    for institution, in_year, in_month, kind, number in session.execute(statement):
        found.setdefault((institution, f"{int(in_year)}-{int(in_month):02}"), Counter())[kind] += int(number)
    months: dict[str, list[tuple[str, int, int]]] = {}
    for (institution, name), kinds in sorted(found.items()):
        months.setdefault(institution, []).append((name, kinds["conflict"], kinds["overlay"]))
    return months
