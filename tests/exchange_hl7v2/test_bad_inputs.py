"""Every named bad message is answered: no crash, no silence, and a refusal says what is wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from exchange.hl7v2.decoding import decode
from exchange.hl7v2.framing import frame
from exchange.hl7v2.receive import judge
from exchange.hl7v2.senders import load_senders
from exchange.hl7v2.server import Arrival, Peer
from tests.exchange_hl7v2.bad_messages import bad_messages
from tests.exchange_hl7v2.conftest import Facility
from tests.fuzz.fuzz_hl7v2 import exercise

pytestmark = pytest.mark.system("A11")


def test_every_bad_message_is_answered(facility: Facility) -> None:
    """Reading, judging, answering and mapping of each; a sample goes through the database."""
    cases = dict(bad_messages(facility.name))
    assert len(cases) > 1_800
    with facility.unit() as session:
        senders = load_senders(session)
    outcomes: Counter[str] = Counter()
    for name, content in cases.items():
        exercise(content)
        judged = judge(Arrival(Peer("x"), content), senders)
        outcomes[judged.outcome.value] += 1
        assert judged.outcome.value == "A" or judged.faults[0].detail, name
        if judged.sender is not None:
            list(decode(frame(content), "hl7v2"))
    assert outcomes["R"] > 500 and outcomes["E"] > 20
    sample = list(cases.values())[::15]
    answers = facility.send(*sample)
    assert len(answers) == len(sample)
    codes = {"AA", "AE", "AR", "CA", "CE", "CR"}
    assert all(one.value("MSA-1") in codes for answer in answers for one in answer)
