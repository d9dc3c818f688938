"""From arrivals to answers: read, check, store the group in one transaction, acknowledge.

A message is acknowledged positively only after the transaction that stored it was committed. When a group cannot be stored, its
messages are tried one by one; those that still fail are answered with AE or CE (207), never with an acceptance.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from etl.api import Sender
from exchange.callers.api import CallerLimits
from exchange.hl7v2.acknowledge import Outcome, header_only, replies
from exchange.hl7v2.asking import QUERIES
from exchange.hl7v2.definitions.catalogue import codes, kinds
from exchange.hl7v2.definitions.persons import LOCAL_ID, PRIOR_ID
from exchange.hl7v2.events import IdentityMerged
from exchange.hl7v2.faults import Fault, Location, Reason, Unreadable
from exchange.hl7v2.landing import Judged, land
from exchange.hl7v2.mapping import faults
from exchange.hl7v2.message import NULL, Message, Segment, read
from exchange.hl7v2.numbers import keep_numbers
from exchange.hl7v2.path import path
from exchange.hl7v2.queries import answer_query
from exchange.hl7v2.senders import KnownSender, Senders, load_senders
from exchange.hl7v2.server import Arrival, Replies
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

log = logging.getLogger(__name__)

_VERSIONS: Final = frozenset(
    {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"}
)


class Receiver:
    """Handles groups of arrivals for the MLLP server."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __call__(self, arrivals: Sequence[Arrival]) -> list[Replies]:
        """Answers to each arrival, after what is accepted has been committed."""
        try:
            judged = self._store(arrivals)
        except Exception:
            if len(arrivals) == 1:
                log.exception("an HL7 v2 message could not be stored")
                return [_replies(_failed(arrivals[0]))]
            log.warning("a group of %d HL7 v2 messages could not be stored; trying one by one", len(arrivals))
            return [answer for arrival in arrivals for answer in self([arrival])]
        return [_replies(one) for one in judged]

    def _store(self, arrivals: Sequence[Arrival]) -> list[Judged]:
        with self._platform.database.unit_of_work(system_scope("hl7v2")) as session:
            senders = load_senders(session)
            judged = [judge(arrival, senders) for arrival in arrivals]
            self._slow_down(session, judged)
            land(session, judged, clock.now())
            for one in judged:
                _announce_merges(session, one)
            keep_numbers(session, (number for one in judged for number in _numbers(one)))
        for one in judged:
            if one.asker is not None:
                self._ask(one, one.asker)
        return judged

    def _slow_down(self, session: Session, judged: Sequence[Judged]) -> None:
        """Who is over its limit is answered more slowly; what it sent is stored all the same."""
        spoken = Counter(one.speaker for one in judged if one.speaker is not None)
        limits: CallerLimits = self._platform.service(CallerLimits)
        pauses = {speaker: limits.pause(session, self._platform, speaker, count) for speaker, count in spoken.items()}
        for speaker in (speaker for speaker, pause in pauses.items() if pause):
            log.info("institution %d sends HL7 v2 messages faster than it may", speaker.institution_id)
        for one in judged:
            if one.speaker is not None:
                one.pause = pauses[one.speaker]

    def _ask(self, judged: Judged, asker: KnownSender) -> None:
        """Queries are answered under the asker's scope, not under that of the listener."""
        try:
            with self._platform.database.unit_of_work(asker.scope) as session:
                judged.answer = answer_query(session, judged.message, clock.now(), str(new_id()))
        except Exception:
            log.exception("an HL7 v2 query could not be answered")
            judged.outcome = Outcome.ERROR
            judged.faults = [Fault(Reason.INTERNAL, "the query could not be answered; ask again")]


def judge(arrival: Arrival, senders: Senders) -> Judged:
    """Everything that can be said of a message without storing it."""
    if arrival.fault:
        problem = {"too_large": "the message exceeds the size limit", "restarted": "the message was not ended by FS CR"}
        fault = Fault(Reason.SEGMENT_SEQUENCE, problem.get(arrival.fault, arrival.fault))
        return Judged(header_only(arrival.content), Outcome.REJECTED, [fault])
    try:
        message = read(arrival.content)
    except Unreadable as error:
        return Judged(header_only(arrival.content), Outcome.REJECTED, [error.fault])
    if refused := _header_faults(message):
        return Judged(message, Outcome.REJECTED, refused)
    sender = senders.of(message, arrival.peer)
    if isinstance(sender, Fault):
        return Judged(message, Outcome.REJECTED, [sender])
    judged = _judge_content(message, arrival.content, sender)
    judged.speaker = sender.sender
    return judged


def _judge_content(message: Message, content: bytes, sender: KnownSender) -> Judged:
    if message.kind in QUERIES:
        return Judged(message, Outcome.ACCEPTED, asker=sender)
    kind = kinds()[message.kind]
    if kind.refusal:
        where = Location("MSH", 9, component=2)
        return Judged(message, Outcome.REJECTED, [Fault(Reason.EVENT_CODE, kind.refusal, where)])
    if missing := faults(message, kind):
        return Judged(message, Outcome.ERROR, missing)
    return Judged(message, Outcome.ACCEPTED, sender=sender.sender, content=content)


def _header_faults(message: Message) -> list[Fault]:
    header = message.header
    code, event = header.text(9), header.text(9, 2)
    found: list[Fault] = []
    if any(segment.name == "MSH" for segment in message.segments[1:]):  # only one of them could be acknowledged
        found.append(Fault(Reason.SEGMENT_SEQUENCE, "a frame holds one message, not several", Location("MSH", sequence=2)))
    if message.kind not in QUERIES and (header.text(14) or message.first("DSC")):  # a part alone would pass for the whole
        found.append(Fault(Reason.SEGMENT_SEQUENCE, "a message in parts is not taken; send it whole", Location("MSH", 14)))
    if not header.text(10):
        found.append(Fault(Reason.REQUIRED_FIELD, "a message needs a control id", Location("MSH", 10)))
    if not code:
        found.append(Fault(Reason.REQUIRED_FIELD, "a message needs a type", Location("MSH", 9)))
    elif message.kind not in kinds() and message.kind not in QUERIES:
        known = code in codes() or any(one.startswith(f"{code}^") for one in QUERIES)
        reason = Reason.EVENT_CODE if known else Reason.MESSAGE_TYPE
        where = Location("MSH", 9, component=2 if known else 1)
        found.append(Fault(reason, f"{code[:20]}^{event[:20]} is not taken here", where))
    if header.text(11)[:1] not in ("", "P", "T", "D"):
        found.append(Fault(Reason.PROCESSING_ID, f"{header.text(11)[:20]!r} is no processing id", Location("MSH", 11)))
    if header.text(12) and header.text(12) not in _VERSIONS:
        found.append(Fault(Reason.VERSION_ID, f"version {header.text(12)[:20]!r} is not known", Location("MSH", 12)))
    return found


def _announce_merges(session: Session, judged: Judged) -> None:
    if judged.sender is None or not judged.fresh or kinds()[judged.message.kind].identity != "merge":
        return
    institution = str(judged.sender.institution_id)
    for kept, gone in merged_numbers(judged.message):
        publish(session, IdentityMerged(institution, kept, gone, judged.message.kind))


def merged_numbers(message: Message) -> list[tuple[str, str]]:
    """(number kept, number given up) of every PID with the MRG that follows it.

    Both are chosen among the identifiers of their lists as the rows choose theirs: the patient number, not the identity card
    that may stand before it.
    """
    pairs: list[tuple[str, str]] = []
    kept = ""
    for segment in message.segments:
        if segment.name == "PID":
            kept = _number_of(segment, LOCAL_ID)
        elif segment.name == "MRG" and kept:
            gone = _number_of(segment, PRIOR_ID)
            if gone not in ("", NULL, kept):
                pairs.append((kept, gone))
    return pairs


def _number_of(segment: Segment, places: Sequence[str]) -> str:
    return next((number for place in places if (number := segment.at(path(place)))), "")


def _numbers(judged: Judged) -> Iterator[tuple[Sender, str]]:
    """Patient numbers of an accepted message of the ADT family."""
    if judged.sender is not None and judged.fresh and judged.message.header.text(9) == "ADT":
        for segment in judged.message.all("PID"):
            if number := _number_of(segment, LOCAL_ID):
                yield judged.sender, number


def _failed(arrival: Arrival) -> Judged:
    fault = Fault(Reason.INTERNAL, "the message could not be stored; send it again")
    return Judged(header_only(arrival.content), Outcome.ERROR, [fault])


def _replies(judged: Judged) -> Replies:
    message = judged.message
    texts = [judged.answer] if judged.answer else replies(message, judged.outcome, judged.faults, clock.now(), str(new_id()))
    return Replies([text.encode(message.codec, "replace") for text in texts], judged.pause)
