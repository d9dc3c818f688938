"""The document store, and who may read what of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.documents.reading import Wanted, wanted
from etl.documents.shelves import Bucket, Folder
from etl.documents.store import BLOCK, DocumentStore
from health_platform.kernel.crypto import DecryptionFailed, software_crypto
from health_platform.kernel.errors import Invalid, NotFound
from tests.etl.conftest import Hospital
from tests.etl.test_operations import acting, console  # noqa: F401 - fixtures
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A06", "A11")

CONTENT = bytes(range(256)) * 600


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> DocumentStore:
    home = tmp_path_factory.mktemp("documents")
    return DocumentStore(Folder(home / "files"), software_crypto(home / "keys.json"))


@given(start=st.integers(0, 200_000), length=st.none() | st.integers(0, 200_000))
@settings(max_examples=60)
def test_any_part_is_the_part(store: DocumentStore, start: int, length: int | None) -> None:
    stored = store.put(CONTENT)
    end = None if length is None else start + length
    assert b"".join(store.read(stored.digest, start, length)) == CONTENT[start:end]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_every_size_reads_back(store: DocumentStore, size: int) -> None:
    stored = store.put(b"x" * size)
    assert store.size(stored.digest) == size
    assert b"".join(store.read(stored.digest)) == b"x" * size


def test_a_changed_file_is_noticed(store: DocumentStore, tmp_path: Path) -> None:
    crypto = software_crypto(tmp_path / "keys.json")
    shelf = Folder(tmp_path)
    changed = DocumentStore(shelf, crypto)
    digest = changed.put(CONTENT).digest
    path = next(tmp_path.rglob(digest))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DecryptionFailed):
        b"".join(changed.read(digest))


@pytest.mark.parametrize("digest", ["", "..", "../../etc/passwd", "0" * 64, "Z" * 64])
def test_unknown_digests(store: DocumentStore, digest: str) -> None:
    with pytest.raises(NotFound):
        store.size(digest)


class S3Memory:
    """The three calls of the S3 API that a bucket needs, over a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[f"{Bucket}/{Key}"] = Body

    def head_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        if f"{Bucket}/{Key}" not in self.objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803
        if f"{Bucket}/{Key}" not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        first, last = Range.removeprefix("bytes=").split("-")
        body = self.objects[f"{Bucket}/{Key}"][int(first) : int(last) + 1]
        return {"Body": type("Body", (), {"read": lambda _: body})()}


def test_a_bucket_holds_the_same(tmp_path: Path) -> None:
    memory = S3Memory()
    store = DocumentStore(Bucket("reports", "city/", memory), software_crypto(tmp_path / "keys.json"))
    stored = store.put(CONTENT)
    store.put(CONTENT)
    assert b"".join(store.read(stored.digest, BLOCK - 5, 10)) == CONTENT[BLOCK - 5 : BLOCK + 5]
    assert list(memory.objects) == [f"reports/city/{stored.digest[:2]}/{stored.digest[2:4]}/{stored.digest}"]
    with pytest.raises(NotFound):
        store.size("0" * 64)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", (0, 100)), ("bytes=0-9", (0, 10)), ("bytes=90-", (90, 10)), ("bytes=-5", (95, 5)), ("bytes=5-999", (5, 95))],
)
def test_ranges(header: str, expected: tuple[int, int]) -> None:
    found = wanted(header, 100)
    assert (found.start, found.length) == expected


@pytest.mark.parametrize("header", ["bytes=", "bytes=-", "items=0-1", "bytes=9-5", "bytes=100-", "bytes=0-1,3-4", "x"])
def test_bad_ranges(header: str) -> None:
    with pytest.raises(Invalid):
        wanted(header, 100)


def test_the_content_range() -> None:
    assert Wanted(5, 10, 100).content_range == "bytes 5-14/100"


def test_reading_over_http(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:  # noqa: F811
    row = {
        "document_no": "D1",
        "patient_id": "p1",
        "created_at": "2026-03-01",
        "media_type": "application/pdf",
        "content": base64.b64encode(b"%PDF-1.4 " + str(hospital.sender).encode()).decode(),
    }
    hospital.send("document", [row])
    hospital.work()
    ((digest,),) = hospital.rows("document", "content")
    near, far = acting(division="411502"), acting(division="411525")
    whole = near.get(f"/api/v1/documents/{digest}")
    assert (whole.status_code, whole.mimetype, whole.data[:5]) == (200, "application/pdf", b"%PDF-")
    part = near.get(f"/api/v1/documents/{digest}", headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data, part.headers["Content-Range"][:10]) == (206, b"PDF", "bytes 1-3/")
    assert near.get(f"/api/v1/documents/{digest}", headers={"Range": "bytes=9999-"}).status_code == 416
    assert far.get(f"/api/v1/documents/{digest}").status_code == 404
    assert near.get(f"/api/v1/documents/{'0' * 64}").status_code == 404
