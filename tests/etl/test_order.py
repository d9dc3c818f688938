"""Whatever is sent, repeated, replayed and cut into loads: the last word on each key is what can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import quarantine
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("A01", "A11")


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``work`` lets the pipeline run afterwards."""

    kind: str
    key: str
    patient: str
    day: int
    work: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["send", "send", "send", "delete", "void", "repeat", "replay"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["p", "q"]),
        st.integers(1, 3),
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


def _play(hospital: Hospital, steps: list[Step]) -> None:
    expected: dict[str, tuple[str, str]] = {}
    sent: list[tuple[Any, str, str]] = []
    for step in steps:
        if step.kind in ("send", "void"):
            row = {"id": step.key, "patientId": step.patient, "examinationReportDate": f"2026-03-0{step.day}"}
            row |= {"invalidFlag": "1"} if step.kind == "void" else {}
            receipt = hospital.send("emr_ex_lab", [row])
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
