"""Envelopes, blind indexes, signatures, the key ring file and the column types."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from health_platform.kernel.crypto import (
    BlindIndexText,
    DecryptionFailed,
    EncryptedText,
    KeyRing,
    KeyRingExposed,
    KeyRingFile,
    Purpose,
    SoftwareCrypto,
    StoredValueUnreadable,
    bind_crypto,
    normalised,
    signed_content,
    sm2,
    software_crypto,
)

pytestmark = pytest.mark.system("A22")
RING = KeyRing.generate()
CRYPTO = SoftwareCrypto(lambda: RING)


@given(st.text(), st.sampled_from(["user.id_no", "person.phone"]))
def test_field_round_trip(value: str, context: str) -> None:
    value = value.encode("utf-8", "ignore").decode()
    envelope = CRYPTO.encrypt(value, context)
    assert CRYPTO.decrypt(envelope, context) == value
    assert value == "" or value not in envelope or len(value) < 3
    with pytest.raises(DecryptionFailed):
        CRYPTO.decrypt(envelope, context + "x")


@given(st.binary(max_size=2000))
@settings(max_examples=30)
def test_file_round_trip(data: bytes) -> None:
    envelope = CRYPTO.encrypt_bytes(data, "backup")
    assert CRYPTO.decrypt_bytes(envelope, "backup") == data
    with pytest.raises(DecryptionFailed):
        CRYPTO.decrypt_bytes(envelope, "document")


def test_every_flipped_bit_of_every_envelope_is_noticed() -> None:
    envelope = CRYPTO.encrypt("410000199001011234", "user.id_no").encode()
    sealed = CRYPTO.encrypt_bytes(b"body", "x")
    signature, mac = CRYPTO.sign(b"body", "x").encode(), CRYPTO.mac(b"body", "x").encode()
    for changed in _flipped(envelope):
        with pytest.raises(DecryptionFailed):
            CRYPTO.decrypt(changed.decode("latin-1"), "user.id_no")
    for changed in _flipped(sealed):
        with pytest.raises(DecryptionFailed):
            CRYPTO.decrypt_bytes(changed, "x")
    for original in (signature, mac):
        assert not any(CRYPTO.verify(b"body", changed.decode("latin-1"), "x") for changed in _flipped(original))


def _flipped(data: bytes) -> list[bytes]:
    flips = ((index, bit) for index in range(len(data)) for bit in range(8))
    return [data[:index] + bytes([data[index] ^ 1 << bit]) + data[index + 1 :] for index, bit in flips]


def test_envelopes_of_one_value_differ_and_never_repeat_a_nonce() -> None:
    envelopes = {CRYPTO.encrypt("same", "c") for _ in range(5000)}
    assert len({envelope[: len("e1.sm4gcm.d1.") + 16] for envelope in envelopes}) == 5000


@given(text=st.text(max_size=40).map(lambda one: one * 60) | st.text(max_size=3000))
def test_long_texts_are_packed_and_come_back_as_they_were(text: str) -> None:
    envelope = CRYPTO.encrypt(text, "c", packed=True)
    assert CRYPTO.decrypt(envelope, "c") == text
    assert len(envelope) <= len(CRYPTO.encrypt("x" * 100, "c")) + len(text.encode()) * 4 // 3 + 4


def test_a_record_of_repeated_names_shrinks_to_a_third_and_stays_bound_to_its_kind() -> None:
    golden = json.dumps({f"field {n}": {"patient_key": "6494254916912105529", "source_time": "2021-07-31"} for n in range(20)})
    packed = CRYPTO.encrypt(golden, "empi.golden", packed=True)
    assert packed.startswith("e1.sm4gcmz.") and len(packed) < len(golden) / 3
    with pytest.raises(DecryptionFailed):
        CRYPTO.decrypt(packed.replace("sm4gcmz", "sm4gcm", 1), "empi.golden")
    plain = CRYPTO.encrypt("short", "empi.golden", packed=True)
    with pytest.raises(DecryptionFailed):
        CRYPTO.decrypt(plain.replace("sm4gcm", "sm4gcmz", 1), "empi.golden")


def test_signatures_bind_message_context_and_kind() -> None:
    for make in (CRYPTO.sign, CRYPTO.mac):
        proof = make(b"message", "audit")
        assert CRYPTO.verify(b"message", proof, "audit")
        assert not CRYPTO.verify(b"message", proof, "other")
        assert not CRYPTO.verify(b"massage", proof, "audit")
    assert not CRYPTO.verify(b"message", "", "audit")


def test_a_third_party_verifies_with_the_public_key_alone() -> None:
    key_id, content, signature = signed_content(CRYPTO.sign(b"receipt", "exchange"), b"receipt", "exchange")
    assert sm2.verify(sm2.public_key(CRYPTO.public_key(key_id)), content, signature)


@pytest.mark.parametrize(
    ("context", "left", "right"),
    [
        ("user.id_no", "41150219900101123x", "４１１５０２ 1990-0101 123X"),
        ("person.id_no", "110105491231002", "11010519491231002X"),
        ("person.phone", "+86 138 0013-8000", "１３８００１３８０００"),
        ("person.name", "阿依古丽•买买提", "阿依古丽 · 买买提"),
        ("person.address", "平桥区 中山路8号(东)", "平桥区中山路８号（东）"),
        ("device.serial", " A  1 ", "A 1"),
    ],
)
def test_equal_values_have_one_blind_index(context: str, left: str, right: str) -> None:
    assert normalised(left, context) == normalised(right, context)
    assert CRYPTO.blind_index(left, context) == CRYPTO.blind_index(right, context)
    assert CRYPTO.blind_index(left, context) != CRYPTO.blind_index(left, "another." + context.rpartition(".")[2])
    assert len(CRYPTO.blind_index(left, context)) <= 32


def test_rotation_keeps_old_values_readable_and_findable(tmp_path: Path) -> None:
    file = KeyRingFile(tmp_path / "keys" / "ring.json")
    here, elsewhere = SoftwareCrypto(file), software_crypto(file.path)
    old = here.encrypt("v", "c"), here.mac(b"m"), here.sign(b"m"), here.blind_index("v", "c")
    elsewhere.encrypt("v", "c")
    for purpose in Purpose:
        file.rotate(purpose)
    for provider in (here, elsewhere):
        assert provider.decrypt(old[0], "c") == "v"
        assert provider.verify(b"m", old[1])
        assert provider.verify(b"m", old[2])
        assert provider.encrypt("v", "c").startswith("e1.sm4gcm.d2.")
        assert provider.blind_indexes("v", "c") == (provider.blind_index("v", "c"), old[3])
        assert provider.sign(b"m").startswith("s1.sm2sm3.s2.")


def test_the_ring_file_is_private_and_an_exposed_one_is_refused(tmp_path: Path) -> None:
    file = KeyRingFile(tmp_path / "keys" / "ring.json")
    file()
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    assert "secret=" not in repr(file())
    file.path.chmod(0o640)
    with pytest.raises(KeyRingExposed):
        KeyRingFile(file.path)()


def test_processes_starting_at_once_agree_on_one_ring(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    with multiprocessing.get_context("fork").Pool(6) as pool:
        rings = pool.map(_first_key, [path] * 12)
    assert len(set(rings)) == 1
    assert [name for name in os.listdir(path.parent) if not name.endswith("lock")] == ["ring.json"]
    assert len(json.loads(path.read_text())["keys"]) == len(Purpose)


def _first_key(path: Path) -> bytes:
    return KeyRingFile(path)().keys[0].secret


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    id_no: Mapped[str | None] = mapped_column(EncryptedText("account.id_no"))
    id_no_index: Mapped[str | None] = mapped_column(BlindIndexText("account.id_no"), unique=True)
    note: Mapped[str | None] = mapped_column(EncryptedText("account.note"))


def test_columns_store_no_plain_text_and_find_by_it() -> None:
    engine = create_engine("sqlite://")
    bind_crypto(engine, CRYPTO)
    Base.metadata.create_all(engine)
    number = "11010519491231002X"
    with Session(engine) as session:
        session.add(Account(id=1, id_no=number, id_no_index=number, note=""))
        session.commit()
        found = session.scalars(select(Account).where(Account.id_no_index == "110105491231002")).one()
        assert (found.id_no, found.note) == (number, None)
        found.id_no_index = found.id_no_index  # a value read back is stored as it is
        session.add(Account(id=2, id_no=number, id_no_index=number.lower()))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()
        raw = session.execute(text("SELECT * FROM account")).one()
        assert number not in str(raw)
        session.execute(text("UPDATE account SET note = id_no"))  # an envelope moved to another column
        with pytest.raises(StoredValueUnreadable):
            session.scalars(select(Account.note)).one()


def test_two_engines_of_one_process_keep_their_own_keys() -> None:
    other_ring = KeyRing.generate()
    other = SoftwareCrypto(lambda: other_ring)
    first, second, unbound = (create_engine("sqlite://") for _ in range(3))
    bind_crypto(first, CRYPTO)
    bind_crypto(second, other)
    for engine in (first, second, unbound):
        Base.metadata.create_all(engine)
    for engine, provider in ((first, CRYPTO), (second, other)):
        with Session(engine) as session:
            session.add(Account(id=1, note="n"))
            session.commit()
            envelope = session.execute(text("SELECT note FROM account")).scalar_one()
            assert provider.decrypt(envelope, "account.note") == "n"
    with Session(unbound) as session, pytest.raises(StatementError):
        session.add(Account(id=1, note="n"))
        session.commit()
