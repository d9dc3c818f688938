"""The algorithms against the answers printed in the standards, and against an independent implementation."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from health_platform.kernel.crypto import KeyInvalid, hmac_sm3, hmac_sm3_under, sm2, sm3
from health_platform.kernel.crypto.errors import DecryptionFailed

pytestmark = pytest.mark.system("A22")

# GB/T 32918.5-2017, annex A.2: the signer's key, message and signature
PRIVATE = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
POINT = (
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"


def der_signature(r: str, s: str) -> bytes:
    def integer(text: str) -> bytes:
        body = bytes.fromhex(text)
        body = b"\x00" + body if body[0] & 0x80 else body
        return bytes([2, len(body)]) + body

    content = integer(r) + integer(s)
    return bytes([0x30, len(content)]) + content


def der_private(number: str) -> bytes:
    """SEC 1 ECPrivateKey with the SM2 curve and the public point."""
    body = bytes.fromhex(f"0201010420{number}a00a06082a811ccf5501822da14403420004{POINT}")
    return bytes([0x30, len(body)]) + body


def test_sm3_gives_the_digests_of_the_standard() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_sm4_gives_the_ciphertext_of_the_standard() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert (encryptor.update(key) + encryptor.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_gives_the_ciphertext_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    plain = bytes.fromhex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD")
    plain += bytes.fromhex("EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    sealed = encryptor.update(plain) + encryptor.finalize()
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert encryptor.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


def test_hmac_sm3_follows_its_definition() -> None:
    key, message = b"\x0b" * 20, b"Hi There"
    padded = key.ljust(64, b"\x00")
    inner = sm3(bytes(b ^ 0x36 for b in padded) + message)
    assert hmac_sm3(key, message) == sm3(bytes(b ^ 0x5C for b in padded) + inner)
    of = hmac_sm3_under(key)
    assert [of(message), of(b""), of(message)] == [hmac_sm3(key, message), hmac_sm3(key, b""), hmac_sm3(key, message)]


def test_sm2_accepts_the_signature_of_the_standard_and_nothing_near_it() -> None:
    key = sm2.public_key_of_point(bytes.fromhex(POINT))
    signature = der_signature(R, S)
    assert sm2.verify(key, b"message digest", signature)
    assert not sm2.verify(key, b"message digesT", signature)
    assert not sm2.verify(key, b"message digest", signature, signer=b"1234567812345679")
    assert not sm2.verify(key, b"message digest", der_signature(S, R))
    assert not sm2.verify(key, b"message digest", b"")


def test_sm2_derives_the_public_point_of_the_standard() -> None:
    key = sm2.private_key(der_private(PRIVATE))
    assert key.public_der.hex().upper().endswith(POINT)
    assert sm2.verify(sm2.public_key(key.public_der), b"x", sm2.sign(key, b"x"))


def test_sm2_key_survives_its_encoding_and_refuses_other_keys() -> None:
    key = sm2.generate()
    again = sm2.private_key(key.private_der)
    assert again.public_der == key.public_der
    for wrong in (b"", b"\x30\x00", os.urandom(80)):
        with pytest.raises(KeyInvalid):
            sm2.public_key(wrong)
        with pytest.raises(KeyInvalid):
            sm2.private_key(wrong)
    with pytest.raises(KeyInvalid):
        sm2.sign(sm2.public_key(key.public_der), b"x")


def test_sm2_encryption_round_trip_and_tampering() -> None:
    key, other = sm2.generate(), sm2.generate()
    sealed = sm2.encrypt(sm2.public_key(key.public_der), b"sixteen byte key")
    assert sm2.decrypt(key, sealed) == b"sixteen byte key"
    for wrong_key, bytes_ in ((other, sealed), (key, sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(DecryptionFailed):
            sm2.decrypt(wrong_key, bytes_)


def test_public_key_of_an_sm2_certificate(tmp_path: Path) -> None:
    key, certificate = sm2.generate(), tmp_path / "c.der"
    (tmp_path / "k.der").write_bytes(key.private_der)
    make = ["openssl", "req", "-x509", "-new", "-key", "k.der", "-keyform", "DER", "-sm3", "-subj", "/CN=test"]
    make += ["-sigopt", "distid:1234567812345678", "-out", "c.der", "-outform", "DER"]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    signature = sm2.sign(key, b"report")
    assert sm2.verify(sm2.public_key_of_certificate(certificate.read_bytes()), b"report", signature)


def test_an_independent_implementation_agrees() -> None:
    gm_sm2 = pytest.importorskip("gmssl.sm2", reason="gmssl (test oracle) is not installed")
    gm_sm3 = pytest.importorskip("gmssl.sm3")
    for size in (0, 1, 55, 56, 64, 300):
        data = os.urandom(size)
        assert gm_sm3.sm3_hash(list(data)) == sm3(data).hex()
    key = sm2.generate()
    point = key.public_der[-64:].hex()
    oracle = gm_sm2.CryptSM2(private_key=None, public_key=point, asn1=False)
    for number in range(3):
        message = os.urandom(40 + number)
        r, s = _numbers_of(sm2.sign(key, message))
        assert oracle.verify_with_sm3(f"{r:064x}{s:064x}", message)


def _numbers_of(signature: bytes) -> tuple[int, int]:
    end = 4 + signature[3]
    return int.from_bytes(signature[4:end], "big"), int.from_bytes(signature[end + 2 :], "big")
