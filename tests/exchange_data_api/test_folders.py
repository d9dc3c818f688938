"""Files in watched folders: taken once, cut alike every time, put aside with the reason when they cannot be taken."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from etl.models import Batch
from exchange.folders import cutting
from exchange.folders.manifest import SUFFIX
from exchange.folders.watching import inbox_of, take_all
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A11")

HEADER = "id,患者基本信息ID,activity_time\n"


def put(platform: Platform, institution: int, name: str, content: bytes, **manifest: str) -> Path:
    folder = inbox_of(platform) / str(institution)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    facts = {
        "message_id": name,
        "dataset": "emr_activity_info",
        "sha256": hashlib.sha256(content).hexdigest(),
        **manifest,
    }
    (folder / (name + SUFFIX)).write_text(json.dumps(facts))
    for written in (path, folder / (name + SUFFIX)):
        os.utime(written, (time.time() - 60, time.time() - 60))
    return path


def landed(platform: Platform, institution: int) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        query = select(func.count()).select_from(Batch).where(Batch.institution_id == institution)
        return session.scalar(query) or 0


def test_a_file_is_cut_and_put_aside(ways: Platform, institution: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "ROWS", 10)
    content = (HEADER + "".join(f'{n},"p\n{n}",2026-03-01\n' for n in range(25))).encode("gb18030")
    path = put(ways, institution, "a.csv", content)
    (taken,) = take_all(ways)
    assert (taken.uploads, taken.rows, taken.problem) == (3, 25, "")
    assert not path.exists()
    assert (path.parent / "done" / "a.csv").exists()
    put(ways, institution, "a.csv", content)  # the same file once more, as after a crash before it was put aside
    take_all(ways)
    assert landed(ways, institution) == 3


def test_xlsx_and_ndjson(ways: Platform, institution: int, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["id", "patientId", "activityTime"])
    book.active.append([1.0, "p", "2026-03-01"])
    book.save(tmp_path / "b.xlsx")
    put(ways, institution, "b.xlsx", (tmp_path / "b.xlsx").read_bytes())
    put(ways, institution, "c.ndjson", b'{"id":"1"}\n\n{"id":"2"}\n')
    assert sorted((taken.file, taken.rows) for taken in take_all(ways)) == [("b.xlsx", 1), ("c.ndjson", 2)]


def test_gb18030_is_found_though_only_the_last_letter_tells(ways: Platform, institution: int) -> None:
    """Its two bytes are the beginning of a letter of UTF-8, which the file does not end."""
    put(ways, institution, "j.csv", b"id,patientId,activity_time\n1,2026-03-01," + "浣".encode("gb18030"))
    assert [(taken.rows, taken.problem) for taken in take_all(ways)] == [(1, "")]


def test_a_line_without_end_is_refused_and_not_kept_in_memory(
    ways: Platform, institution: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "LINE", 1_000)
    put(ways, institution, "k.ndjson", b'{"id":"1"}\n' + b"x" * 5_000)
    put(ways, institution, "l.csv", HEADER.encode() + b"1,p,2026-03-01\n" + b"x" * 5_000)
    assert [taken.problem[:5] for taken in take_all(ways)] == ["一行超过 ", "一行超过 "]


@pytest.mark.parametrize(
    ("name", "content", "manifest", "reason"),
    [
        ("d.csv", HEADER.encode(), {"sha256": "0" * 64}, "摘要"),
        ("d.csv", HEADER.encode(), {"dataset": "nothing"}, "数据集"),
        ("d.csv", HEADER.encode(), {"message_id": ""}, "消息编号"),
        ("d.csv", HEADER.encode(), {"colour": "red"}, "清单"),
        ("d.csv", b"", {}, "表头"),
        ("d.csv", HEADER.encode() + b'"never ends', {}, "CSV"),
        ("d.txt", b"x", {}, "文件类型"),
        ("d.xlsx", b"no workbook", {}, "XLSX"),
        ("d.ndjson", b"\xff\xff\xff", {}, "编码"),
    ],
)
def test_what_cannot_be_taken(
    ways: Platform, institution: int, name: str, content: bytes, manifest: dict[str, str], reason: str
) -> None:
    path = put(ways, institution, name, content, **manifest)
    (taken,) = take_all(ways)
    assert reason in taken.problem
    assert reason in (path.parent / "failed" / f"{name}.error.txt").read_text()
    assert take_all(ways) == []


def test_a_manifest_without_its_file(ways: Platform, institution: int) -> None:
    put(ways, institution, "e.csv", b"x").unlink()
    (taken,) = take_all(ways)
    assert "不存在" in taken.problem


def test_what_is_still_being_written_is_looked_at_again(ways: Platform, institution: int) -> None:
    path = put(ways, institution, "f.csv", HEADER.encode() + b"1,p,2026-03-01\n")
    manifest = path.with_name(path.name + SUFFIX)
    whole = manifest.read_text()
    manifest.write_text(whole[:20])
    assert take_all(ways) == [] and path.exists()
    manifest.write_text(whole)
    (taken,) = take_all(ways)
    assert (taken.rows, taken.problem) == (1, "")


def test_a_file_that_breaks_the_reader_does_not_stop_those_behind_it(
    ways: Platform, institution: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ways, institution, "g.csv", HEADER.encode() + b"1,p,2026-03-01\n")
    behind = put(ways, institution, "h.ndjson", b'{"id":"1"}\n')
    monkeypatch.setattr(cutting, "_csv", lambda file, encoding: 1 / 0)
    assert [(taken.file, taken.rows) for taken in take_all(ways)] == [("g.csv", 0), ("h.ndjson", 1)]
    assert "ZeroDivisionError" in (behind.parent / "failed" / "g.csv.error.txt").read_text()


def test_the_reason_says_what_had_been_taken_before(ways: Platform, institution: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "ROWS", 10)
    rows = "".join(f"{n},p,2026-03-01\n" for n in range(25))
    put(ways, institution, "i.csv", (HEADER + rows + '26,"never ends').encode())
    (taken,) = take_all(ways)
    assert "此前 20 行已接收" in taken.problem and landed(ways, institution) == 2
