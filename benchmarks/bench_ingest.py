"""The pipeline against the bare driver: from durable landing to rows readable in ClickHouse.

The control inserts the very rows the pipeline prepared, as a list of tuples, by ``clickhouse-driver`` into a table of the
same form without views. Both sides count the CPU seconds of this process and of the local endpoint. Goals: at most 4 times
the control, at least 5,000 rows/s per core.

    .venv/bin/python -m benchmarks.bench_ingest --rows 100000
    .venv/bin/python -m benchmarks.bench_ingest --components registry,empi,etl
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clickhouse_driver import Client

from benchmarks.machine import commits_limit
from etl.api import Pipeline, Sender, Upload, accept, ensure_tables
from health_platform.app import create_platform
from health_platform.datasets.api import dataset, table
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import endpoint_status, stop_endpoint
from health_platform.settings import Settings

LAB = dataset("emr_ex_lab")
SENDER = Sender(7, "411502000000")
TICKS = 100  # clock ticks per second in /proc, fixed on Linux


@dataclass(frozen=True)
class Cost:
    """What a run took: wall seconds, CPU seconds here and in the endpoint."""

    wall: float
    here: float
    endpoint: float

    @property
    def cpu(self) -> float:
        return self.here + self.endpoint


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--patients", type=int, default=5_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--components", default="etl")
    wanted = parser.parse_args()
    platform = create_platform(
        Settings(home=Path(tempfile.mkdtemp(prefix="bench")), components=wanted.components, max_upload_bytes=10**8)
    )
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    try:
        _run(platform, wanted.rows, wanted.patients, wanted.batch)
    finally:
        platform.warehouse.close()
        stop_endpoint(platform.warehouse.settings)


def _run(platform: Platform, count: int, patients: int, size: int) -> None:
    random.seed(20260301)
    pieces = [_lines(start, min(size, count - start), patients) for start in range(0, count, size)]
    register = [_patient(number) for number in range(patients)]
    _ingest(platform, "emr_patient_info", [json.dumps(register, ensure_ascii=False).encode()])
    landing = _measure(platform, lambda: _land(platform, "emr_ex_lab", pieces))
    working = _measure(platform, lambda: _work(platform))
    loaded = platform.warehouse.execute(f"SELECT count() FROM {platform.settings.warehouse_database}.emr_ex_lab FINAL")
    if loaded != [(count,)]:
        raise SystemExit(f"expected {count} rows, found {loaded}")
    rows = _prepared(platform)
    control = _measure(platform, lambda: _bare(platform, rows))
    ours = landing.cpu + working.cpu
    print(commits_limit("landing", len(pieces), landing.wall, platform.settings.home))
    print(f"{count} rows of {len(LAB.fields)} fields, {patients} patients, {sum(map(len, pieces)) / 1e6:.0f} MB")
    for label, cost in (("landing", landing), ("pipeline", working), ("bare driver", control)):
        print(f"{label:12} wall {cost.wall:6.2f} s  CPU {cost.here:6.2f} + endpoint {cost.endpoint:6.2f} s")
    print(f"ratio to the bare driver {ours / control.cpu:.2f} (goal <= 4)")
    print(f"{count / ours:,.0f} rows per CPU second (goal >= 5,000), of this process alone {_own(count, landing, working)}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _own(count: int, landing: Cost, working: Cost) -> str:
    return f"{count / (landing.here + working.here):,.0f}"


def _measure(platform: Platform, work: Callable[[], None]) -> Cost:
    wall, here, endpoint = time.perf_counter(), time.process_time(), _endpoint_seconds(platform)
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - here, _endpoint_seconds(platform) - endpoint)


def _endpoint_seconds(platform: Platform) -> float:
    state = endpoint_status(platform.warehouse.settings)
    if state is None:
        return 0.0
    fields = Path(f"/proc/{state.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _ingest(platform: Platform, name: str, pieces: Sequence[bytes]) -> None:
    _land(platform, name, pieces, "json")
    _work(platform)


def _land(platform: Platform, name: str, pieces: Sequence[bytes], format_: str = "ndjson") -> None:
    for number, content in enumerate(pieces):
        with platform.database.unit_of_work(system_scope("benchmark")) as session:
            accept(session, Upload(SENDER, name, f"{name}-{number}", content, format_))


def _work(platform: Platform) -> None:
    """The pipeline alone: what others do with the news of loaded rows (summaries, counts) is not counted here."""
    platform.service(Pipeline).work_for(SENDER.institution_id)


def _prepared(platform: Platform) -> list[tuple[Any, ...]]:
    return platform.warehouse.execute(f"SELECT * FROM {platform.settings.warehouse_database}.emr_ex_lab FINAL")


def _bare(platform: Platform, rows: Sequence[tuple[Any, ...]]) -> None:
    spec = dataclasses.replace(table(LAB), name="bench_control")
    platform.warehouse.ensure_table(spec)
    state = endpoint_status(platform.warehouse.settings)
    if state is None:
        raise SystemExit("the local endpoint is not running")
    place = platform.settings.warehouse_database
    client = Client("127.0.0.1", port=state.port, user=state.user, password=state.password, database=place)
    for start in range(0, len(rows), 20_000):
        client.execute("INSERT INTO bench_control VALUES", rows[start : start + 20_000])
    client.disconnect()


def _patient(number: int) -> dict[str, str]:
    return {
        "id": f"P{number}",
        "patientName": f"患者{number}",
        "genderCode": str(1 + number % 2),
        "birthDate": f"19{40 + number % 60}-0{1 + number % 9}-1{number % 10}",
        "idCardTypeCode": "99",
        "idCard": f"X{number:08d}",
    }


def _lines(start: int, count: int, patients: int) -> bytes:
    return b"\n".join(json.dumps(_report(start + at, patients), ensure_ascii=False).encode() for at in range(count))


def _report(number: int, patients: int) -> dict[str, str]:
    patient = random.randrange(patients)
    day = f"2026-0{1 + number % 9}-{1 + number % 28:02d}"
    return {
        "id": f"LAB{number:010d}",
        "patientId": f"P{patient}",
        "activityTypeCode": str(1 + number % 9),
        "activityTypeName": "门诊",
        "serialNumber": f"V{number // 3}",
        "patientName": f"患者{patient}",
        "idCardTypeCode": "99",
        "idCardTypeName": "其他法定有效证件",
        "idCard": f"X{patient:08d}",
        "applicationFormNo": f"A{number}",
        "applyOrgCode": "411502001",
        "applyOrgName": "测试医院",
        "applyDeptCode": "A03.01",
        "applyDeptName": "呼吸内科专业",
        "applyPhysicianId": f"D{number % 300}",
        "specimenNo": f"S{number}",
        "specimenSamplingDate": f"{day} 07:30:00",
        "specimenReceivingDate": f"{day} 08:00:00",
        "examinationPhysicianId": f"D{number % 50}",
        "examinationDate": f"{day} 09:00:00",
        "examinationReportNo": f"R{number}",
        "examinationObjectiveDesc": "白细胞计数轻度升高，中性粒细胞百分比升高",
        "examinationReportDate": f"{day} 10:15:{number % 60:02d}",
        "examinationReportId": f"D{number % 40}",
        "specimenCategoryCode": "1",
        "specimenCategoryName": "血",
        "orgCode": "411502001",
        "orgName": "测试医院",
        "deptCode": "D71",
        "deptName": "医学检验科",
        "operatorId": f"U{number % 20}",
        "operationTime": f"{day} 10:20:00",
        "invalidFlag": "0",
    }


if __name__ == "__main__":
    main()
