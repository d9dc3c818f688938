"""Whatever is sent, repeated, replayed and cut into loads: the last word on each key is what can be read."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl import quarantine, queue
from etl.api import Receipt, Upload
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("A01", "A11")


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``work`` lets the pipeline run afterwards; ``aside`` sends by another channel."""

    kind: str
    key: str
    patient: str
    day: int
    work: bool
    aside: bool = False


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["send", "send", "send", "delete", "void", "repeat", "replay"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["p", "q"]),
        st.integers(1, 3),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=9,
)


@given(steps=STEPS)
@settings(max_examples=6)
def test_the_last_word_counts(new_hospital: Callable[[], Hospital], steps: list[Step]) -> None:
    _play(new_hospital(), steps)


@pytest.mark.long
@given(steps=STEPS)
@settings(max_examples=300)
def test_the_last_word_counts_often(new_hospital: Callable[[], Hospital], steps: list[Step]) -> None:
    _play(new_hospital(), steps)


@given(steps=STEPS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_last_word_counts_though_channels_take_turns(
    new_hospital: Callable[[], Hospital], monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    monkeypatch.setattr(queue, "BATCHES_PER_LOAD", 2)
    _play(new_hospital(), [dataclasses.replace(step, work=False) for step in steps])


def test_a_message_of_today_does_not_wait_behind_a_file_of_years(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "BYTES_PER_LOAD", 2_000)
    history = [{"id": str(n), "patientId": "p", "examinationReportDate": "2016-03-01", "bedNo": "old"} for n in range(20)]
    pieces = [hospital.send("emr_ex_lab", history).batch_id for _ in range(5)]
    today = _send(hospital, {**history[0], "bedNo": "new"}, aside=True).batch_id
    with hospital.unit() as session:
        load = queue.next_load(session, hospital.sender.institution_id)
        assert load is not None
        assert [batch.id for batch in queue.batches_of(session, load)] == [pieces[0], today]
    hospital.work()
    assert hospital.rows("emr_ex_lab", "id", "bed_no")[0] == ("0", "new")


def _send(hospital: Hospital, row: dict[str, str], *, aside: bool) -> Receipt:
    if not aside:
        return hospital.send("emr_ex_lab", [row])
    named = {re.sub("([A-Z])", r"_\1", name).lower(): value for name, value in row.items()}
    rows = json.dumps({"emr_ex_lab": [named]}).encode()
    return hospital.upload(Upload(hospital.sender, "aside", hospital.new_id(), rows, "rows"))


def _play(hospital: Hospital, steps: list[Step]) -> None:
    expected: dict[str, tuple[str, str]] = {}
    sent: list[tuple[Any, str, str]] = []
    for step in steps:
        if step.kind in ("send", "void"):
            row = {"id": step.key, "patientId": step.patient, "examinationReportDate": f"2026-03-0{step.day}"}
            row |= {"invalidFlag": "1"} if step.kind == "void" else {}
            receipt = _send(hospital, row, aside=step.aside)
            if not step.aside:
                sent.append(([row], receipt.message_id, receipt.batch_id))  # type: ignore[arg-type]
            if step.kind == "void":
                expected.pop(step.key, None)
            else:
                expected[step.key] = (step.patient, f"2026-03-0{step.day}")
        elif step.kind == "delete":
            hospital.send("emr_ex_lab", [{"id": step.key}], operation="delete")
            expected.pop(step.key, None)
        elif sent and step.kind == "repeat":
            rows, message_id, _ = sent[step.day % len(sent)]
            assert hospital.send("emr_ex_lab", rows, message_id=message_id).repeated
        elif sent:
            hospital.work()
            with hospital.unit() as session:
                quarantine.replay_batch(session, sent[step.day % len(sent)][2])  # type: ignore[arg-type]
        if step.work:
            hospital.work()
    hospital.work()
    found = hospital.rows("emr_ex_lab", "id", "patient_id", "toString(toDate(event_time, 'Asia/Shanghai'))")
    assert found == [(key, *value) for key, value in sorted(expected.items())]
