"""The document store, and who may read what of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from sqlalchemy import delete, select

from etl.documents.loose import note, remove_loose
from etl.documents.reading import Wanted, wanted
from etl.documents.shelves import Folder, shelf_of
from etl.documents.store import BLOCK, DocumentStore
from etl.models import StoredDocument
from health_platform.kernel import clock
from health_platform.kernel.audit import AuditEntry
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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of a server that speaks S3 over HTTP; the usual AWS configuration names it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    found = boto3.resource("s3").Bucket("reports")
    found.create()
    yield found
    server.stop()


def test_a_bucket_holds_the_same(tmp_path: Path, bucket: Any) -> None:
    store = DocumentStore(shelf_of("s3://reports/city/", tmp_path), software_crypto(tmp_path / "keys.json"))
    stored = store.put(CONTENT)
    (first,) = bucket.objects.all()
    assert first.key == f"city/{stored.digest[:2]}/{stored.digest[2:4]}/{stored.digest}"
    assert CONTENT[:64] not in first.get()["Body"].read()
    store.put(CONTENT)
    (again,) = bucket.objects.all()
    assert again.last_modified == first.last_modified
    assert b"".join(store.read(stored.digest)) == CONTENT
    assert b"".join(store.read(stored.digest, BLOCK - 5, 10)) == CONTENT[BLOCK - 5 : BLOCK + 5]
    assert b"".join(store.read(stored.digest, len(CONTENT) - 3)) == CONTENT[-3:]
    assert b"".join(store.read(store.put(b"").digest)) == b""
    with pytest.raises(NotFound):
        store.size("0" * 64)
    for _ in range(2):
        store.remove(stored.digest)
        with pytest.raises(NotFound):
            store.size(stored.digest)


def test_a_bucket_that_is_away_is_no_missing_document(tmp_path: Path, bucket: Any) -> None:
    store = DocumentStore(shelf_of("s3://elsewhere", tmp_path), software_crypto(tmp_path / "keys.json"))
    with pytest.raises(ClientError):
        store.size("0" * 64)
    with pytest.raises(ClientError):
        store.put(CONTENT)


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


def test_a_file_goes_with_the_row_it_belongs_to(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:  # noqa: F811
    def send(key: str, text: bytes, **more: str) -> str:
        row = {"document_no": key, "patient_id": "p1", "created_at": "2026-03-01", "media_type": "application/pdf"}
        lines = base64.encodebytes(text * 40).decode()  # as MIME encoders write it, in lines
        hospital.send("document", [{**row, "content": lines, **more}])
        hospital.work()
        return hashlib.sha256(text * 40).hexdigest()

    client = acting(division="411502")
    unique = str(hospital.sender).encode()
    kept, withdrawn, voided = (send(key, key.encode() + unique) for key in ("kept", "gone", "void"))
    replaced = send("again", b"first" + unique)
    send("again", b"second" + unique)
    hospital.send("document", [{"document_no": "gone"}], operation="delete")
    send("void", b"void" + unique, void="1")
    read = [client.get(f"/api/v1/documents/{digest}").status_code for digest in (kept, withdrawn, voided, replaced)]
    assert read == [200, 404, 404, 404]


@pytest.fixture
def filed(hospital: Hospital) -> Callable[..., str]:
    """``filed("D1", b"text")``: the digest of a file sent with a row of that number."""

    def send(key: str, text: bytes, **more: str) -> str:
        text += str(hospital.sender).encode()
        row = {"document_no": key, "patient_id": "p1", "created_at": "2026-03-01", "media_type": "text/plain"}
        hospital.send("document", [{**row, "content": base64.b64encode(text).decode(), **more}])
        hospital.work()
        return hashlib.sha256(text).hexdigest()

    return send


def stored(hospital: Hospital, *digests: str) -> list[bool]:
    folder = Folder(hospital.platform.settings.home / "documents")
    return [folder.exists(f"{digest[:2]}/{digest[2:4]}/{digest}") for digest in digests]


def after_days(hospital: Hospital, days: float) -> None:
    with clock.travel(clock.now() + timedelta(days=days)):
        remove_loose(hospital.platform)


def test_a_file_goes_when_no_row_has_it_for_the_configured_time(hospital: Hospital, filed: Callable[..., str]) -> None:
    kept, gone, void = filed("kept", b"kept"), filed("gone", b"gone"), filed("void", b"void", void="1")
    replaced, _ = filed("again", b"first"), filed("again", b"second")
    shared = [filed("one", b"shared"), filed("two", b"shared")][0]
    hospital.send("document", [{"document_no": "gone"}, {"document_no": "one"}], operation="delete")
    hospital.work()
    after_days(hospital, 179)
    assert stored(hospital, kept, gone, void, replaced, shared) == [True] * 5
    after_days(hospital, 181)
    assert stored(hospital, kept, gone, void, replaced, shared) == [True, False, False, False, True]
    with hospital.unit() as session:
        told = select(AuditEntry.object_id).where(AuditEntry.action == "etl.document.remove")
        assert {gone, void, replaced} <= set(session.scalars(told)) and not {kept, shared} & set(session.scalars(told))
    hospital.send("document", [{"document_no": "two"}], operation="delete")
    hospital.work()
    after_days(hospital, 181)
    assert stored(hospital, shared) == [False]


def test_a_file_sent_again_is_stored_again(hospital: Hospital, filed: Callable[..., str]) -> None:
    digest = filed("D1", b"text")
    hospital.send("document", [{"document_no": "D1"}], operation="delete")
    hospital.work()
    after_days(hospital, 181)
    assert stored(hospital, digest) == [False]
    assert filed("D1", b"text") == digest
    after_days(hospital, 181)
    assert stored(hospital, digest) == [True]
    assert b"".join(hospital.platform.service(DocumentStore).read(digest))[:4] == b"text"


def test_a_load_under_way_keeps_its_files(hospital: Hospital, filed: Callable[..., str]) -> None:
    digest = filed("D1", b"text")
    hospital.send("document", [{"document_no": "D1"}], operation="delete")
    hospital.work()
    with clock.travel(clock.now() + timedelta(days=181)):
        with hospital.unit() as session:
            note(session, [digest])  # as a load does before it stores the same content for another row
        remove_loose(hospital.platform)
    assert stored(hospital, digest) == [True]


def test_a_file_that_only_the_warehouse_names_stays(hospital: Hospital, filed: Callable[..., str]) -> None:
    digest = filed("D1", b"text")
    with hospital.unit() as session:  # a load that was broken off between the warehouse and its last step
        session.execute(delete(StoredDocument).where(StoredDocument.digest == digest))
        note(session, [digest])
    after_days(hospital, 181)
    assert stored(hospital, digest) == [True]
