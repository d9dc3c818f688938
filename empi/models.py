"""Tables of the person index.

The *current state* is identity, person, golden, edge, assertion, block and token; ``decision`` and ``revision`` are history
and only grow. A link is the ``person_id`` of an identity; ``shelf`` is the person id of its first link and never changes,
because the identity's clinical rows lie under it in the warehouse (architecture §3.1).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import EncryptedText
from health_platform.kernel.db import (
    KEY_ORDERED,
    Base,
    DivisionScoped,
    Flag,
    Instant,
    Json,
    LongText,
    PersonScoped,
    PrimaryKey,
    Text_,
    Unscoped,
)


def _key() -> Any:
    return mapped_column(BigInteger, primary_key=True, autoincrement=False)


class IdentityRow(PersonScoped, Base):
    """One patient number of one institution, what it says about its person, and the person it is linked to."""

    __tablename__ = "empi_identity"
    # Holds all that narrowing by age and sex asks: without it a rare year is sought through the whole table.
    __table_args__ = (Index("ix_empi_identity_born", "birth_year", "sex", "division_code", "person_id"),)

    patient_key: Mapped[int] = _key()
    institution: Mapped[str] = mapped_column(Text_(40))
    institution_id: Mapped[int | None]
    local_id: Mapped[str] = mapped_column(Text_(64))
    shelf: Mapped[int | None] = mapped_column(index=True)
    linked_by: Mapped[str | None] = mapped_column(Text_(8))
    link_decision: Mapped[int | None]
    linked_at: Mapped[datetime | None] = mapped_column(Instant)
    facts: Mapped[str] = mapped_column(EncryptedText("empi.facts"))
    fingerprint: Mapped[str] = mapped_column(Text_(40))
    source_time: Mapped[str | None] = mapped_column(Text_(32))
    mention: Mapped[bool | None] = mapped_column(Flag)
    birth_year: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(Text_(1))
    rule_version: Mapped[str | None] = mapped_column(Text_(40))
    revision: Mapped[int]
    arrived_at: Mapped[datetime] = mapped_column(Instant)


class RevisionRow(PersonScoped, Base):
    """What an identity said before it was revised."""

    __tablename__ = "empi_revision"

    id: Mapped[PrimaryKey]
    patient_key: Mapped[int] = mapped_column(index=True)
    revision: Mapped[int]
    facts: Mapped[str] = mapped_column(EncryptedText("empi.facts"))
    source_time: Mapped[str | None] = mapped_column(Text_(32))
    replaced_at: Mapped[datetime] = mapped_column(Instant)


class PersonRow(PersonScoped, Base):
    """A person id. States: active, merged (its identities are with ``merged_into`` now)."""

    __tablename__ = "empi_person"

    person_id: Mapped[int] = _key()
    state: Mapped[str] = mapped_column(Text_(8))
    merged_into: Mapped[int | None] = mapped_column(index=True)
    born_at: Mapped[datetime] = mapped_column(Instant)


class GoldenRow(PersonScoped, Base):
    """The golden record: surviving values with provenance, as encrypted JSON (``empi.golden``)."""

    __tablename__ = "empi_golden"

    person_id: Mapped[int] = _key()
    content: Mapped[str] = mapped_column(EncryptedText("empi.golden", packed=True))
    members: Mapped[int]


class BlockRow(Unscoped, Base):
    """One blocking pass of one identity, as keyed hashes: nothing of the person can be read from it.

    ``finer`` and ``finest`` are the hashes that divide the block when it is over-full (0: not divided further).
    """

    __tablename__ = "empi_block"
    __table_args__ = KEY_ORDERED

    block: Mapped[int] = _key()
    finer: Mapped[int] = _key()
    finest: Mapped[int] = _key()
    patient_key: Mapped[int] = _key()


class TokenRow(Unscoped, Base):
    """A search token (credential, part of a name, phone tail, place) of an identity, as a keyed hash."""

    __tablename__ = "empi_token"
    __table_args__ = KEY_ORDERED

    token: Mapped[int] = _key()
    patient_key: Mapped[int] = _key()


class EdgeRow(Unscoped, Base):
    """The comparison of two identities, kept when it says anything: certain, twin (one person or twins), possible or conflict."""

    __tablename__ = "empi_edge"
    __table_args__ = KEY_ORDERED

    left_key: Mapped[int] = _key()
    right_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    grade: Mapped[str] = mapped_column(Text_(8))
    apart: Mapped[bool] = mapped_column(Flag)
    weight: Mapped[float] = mapped_column(Float)
    rule_version: Mapped[str] = mapped_column(Text_(40))


class AssertionRow(Unscoped, Base):
    """What a person decided about two identities: the same person, or do not link. Wins over every computation."""

    __tablename__ = "empi_assertion"

    left_key: Mapped[int] = _key()
    right_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    same: Mapped[bool] = mapped_column(Flag)
    decision_id: Mapped[int]


class DecisionRow(PersonScoped, Base):
    """One decision about links, by rules or by a person. Never changed, except that ``undone_by`` names its undoing."""

    __tablename__ = "empi_decision"
    __table_args__ = (Index("ix_empi_decision_at", "decided_at"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(16))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    by_kind: Mapped[str] = mapped_column(Text_(8))
    by_name: Mapped[str] = mapped_column(Text_(80))
    rule_version: Mapped[str | None] = mapped_column(Text_(40))
    patient_key: Mapped[int | None] = mapped_column(index=True)
    evidence_key: Mapped[int | None]
    weight: Mapped[float | None] = mapped_column(Float)
    contributions: Mapped[dict[str, float] | None] = mapped_column(Json)
    person_before: Mapped[int | None] = mapped_column(index=True)
    reason: Mapped[str | None] = mapped_column(Text_(400))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    undone_by: Mapped[int | None]


class ReviewRow(PersonScoped, Base):
    """A question for a data steward. Kinds: possible, conflict, cut, overlay. States: open, seconding, closed.

    ``decision_id`` is the merge that the answer led to.
    """

    __tablename__ = "empi_review"
    __table_args__ = (Index("ix_empi_review_state", "state", "kind"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(8))
    state: Mapped[str] = mapped_column(Text_(12))
    left_key: Mapped[int] = mapped_column(index=True)
    right_key: Mapped[int] = mapped_column(index=True)
    other_person: Mapped[int | None] = mapped_column(index=True)
    institution: Mapped[str] = mapped_column(Text_(40))
    weight: Mapped[float | None] = mapped_column(Float)
    contributions: Mapped[dict[str, float] | None] = mapped_column(Json)
    rule_version: Mapped[str | None] = mapped_column(Text_(40))
    proposed: Mapped[str | None] = mapped_column(EncryptedText("empi.facts"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    verdict: Mapped[str | None] = mapped_column(Text_(12))
    decision_id: Mapped[int | None]
    first_by: Mapped[int | None]
    first_name: Mapped[str | None] = mapped_column(Text_(80))
    closed_by: Mapped[str | None] = mapped_column(Text_(80))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text_(400))


class HotBlockRow(Unscoped, Base):
    """A blocking key with more identities than its cap: skipped in favour of finer keys, and reported here."""

    __tablename__ = "empi_hot_block"

    block: Mapped[int] = _key()
    pass_name: Mapped[str] = mapped_column(Text_(40))
    times: Mapped[int]
    seen_at: Mapped[datetime] = mapped_column(Instant)


class SourceTrustRow(Unscoped, Base):
    """How far an institution's statements are believed (0..100) when the golden record is made."""

    __tablename__ = "empi_source_trust"

    institution: Mapped[str] = mapped_column(Text_(40), primary_key=True)
    trust: Mapped[int]


class PolicyRow(Unscoped, Base):
    """Settings of one tenant (division prefix; "*" is everyone): second approval, thresholds and optional rules of its own."""

    __tablename__ = "empi_policy"

    tenant: Mapped[str] = mapped_column(Text_(12), primary_key=True)
    two_persons: Mapped[bool] = mapped_column(Flag)
    certain_from: Mapped[float | None] = mapped_column(Float)
    possible_from: Mapped[float | None] = mapped_column(Float)
    rules: Mapped[str | None] = mapped_column(Text_(200))


class ModelRow(Unscoped, Base):
    """A trained model. Drafts wait for review; one is active per tenant ("*" is everyone)."""

    __tablename__ = "empi_model"

    id: Mapped[PrimaryKey]
    version: Mapped[str] = mapped_column(Text_(40))
    tenant: Mapped[str] = mapped_column(Text_(12))
    state: Mapped[str] = mapped_column(Text_(8))
    trained_on: Mapped[int]
    content: Mapped[str] = mapped_column(LongText)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str | None] = mapped_column(Text_(80))


class WholeLinkingRow(Unscoped, Base):
    """A linking of the whole index by the rules of one version; the last one says by which rules the links were made."""

    __tablename__ = "empi_whole_linking"

    id: Mapped[int] = _key()
    version: Mapped[str] = mapped_column(Text_(40))
    linked_at: Mapped[datetime] = mapped_column(Instant)


class SampleRow(DivisionScoped, Base):
    """One pair drawn for the clerical estimate of precision and recall; ``stratum_size`` pairs stand behind it."""

    __tablename__ = "empi_sample"

    id: Mapped[PrimaryKey]
    round_id: Mapped[int] = mapped_column(index=True)
    left_key: Mapped[int]
    right_key: Mapped[int]
    weight: Mapped[float] = mapped_column(Float)
    linked: Mapped[bool] = mapped_column(Flag)
    stratum: Mapped[str] = mapped_column(Text_(24))
    stratum_size: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    verdict: Mapped[str | None] = mapped_column(Text_(12))
    judged_by: Mapped[str | None] = mapped_column(Text_(80))


class SubscriptionRow(DivisionScoped, Base):
    """A system that follows link changes; ``cursor`` is the last decision it has confirmed."""

    __tablename__ = "empi_subscription"

    id: Mapped[PrimaryKey]
    client_id: Mapped[int] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(Text_(80))
    kinds: Mapped[str | None] = mapped_column(LongText)
    cursor: Mapped[int] = mapped_column("position")  # CURSOR is a reserved word
    made_at: Mapped[datetime] = mapped_column(Instant)


class LockRow(Unscoped, Base):
    """Rows locked in place of advisory locks on databases that have none (Oracle)."""

    __tablename__ = "empi_lock"

    stripe: Mapped[int] = _key()
    turns: Mapped[int]
