"""FHIR resources as they were sent, every version of them, and what they can be found by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import lz4.block
from sqlalchemy import BigInteger, Dialect, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from health_platform.kernel.crypto.columns import crypto_of
from health_platform.kernel.db import Base, Instant, PersonScoped, PrimaryKey, Text_

_CONTEXT = "fhir.resource"


class SealedJson(TypeDecorator[bytes]):
    """JSON bytes, compressed and encrypted; kept byte for byte, so that decimals and unmapped content survive."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto_of(dialect).encrypt_bytes(lz4.block.compress(value), _CONTEXT)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return bytes(lz4.block.decompress(crypto_of(dialect).decrypt_bytes(bytes(value), _CONTEXT)))


class FhirResource(PersonScoped, Base):
    """One version of a resource; ``is_current`` marks the newest, a deletion is a version without body.

    ``local_id`` is the number by which dataset rows name the thing (patient number, visit number), ``patient_key`` the
    identity the resource is about, through which ``person_id`` is filled as soon as the index knows the person.
    """

    __tablename__ = "fhir_resource"
    __table_args__ = (
        UniqueConstraint("kind", "logical_id", "version", name="uq_fhir_resource_version"),
        Index("ix_fhir_resource_changed", "kind", "is_current", "changed_at"),
        Index("ix_fhir_resource_patient", "patient_key"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(40))
    logical_id: Mapped[str] = mapped_column(Text_(64))
    version: Mapped[int]
    is_current: Mapped[bool]
    is_deleted: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    institution_id: Mapped[int | None]
    institution: Mapped[str | None] = mapped_column(Text_(22))
    local_id: Mapped[str | None] = mapped_column(Text_(100))
    patient_key: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[bytes | None] = mapped_column(SealedJson)

    @property
    def reference(self) -> str:
        return f"{self.kind}/{self.logical_id}"


class FhirToken(PersonScoped, Base):
    """One value a current resource is found by. Identifiers and telephone numbers are kept as blind indexes."""

    __tablename__ = "fhir_token"
    __table_args__ = (
        Index("ix_fhir_token_value", "kind", "name", "value"),
        Index("ix_fhir_token_low", "kind", "name", "low"),
        Index("ix_fhir_token_resource", "resource_id"),
    )

    id: Mapped[PrimaryKey]
    resource_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text_(40))
    name: Mapped[str] = mapped_column(Text_(40))
    system: Mapped[str | None] = mapped_column(Text_(200))
    value: Mapped[str | None] = mapped_column(Text_(200))
    low: Mapped[datetime | None] = mapped_column(Instant)
    high: Mapped[datetime | None] = mapped_column(Instant)
