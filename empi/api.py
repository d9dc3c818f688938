"""Public door of the person index. Start here.

* ``register(session, [RawIdentity(...)]) -> [Registered(patient_key, shelf, person_id, outcome)]`` - who is this?
* ``match(session, RawIdentity(...)) -> [Match(person_id, grade, score ...)]`` - who could this be, without storing anything.
* ``by_credential``, ``by_local_id``, ``narrow(session, Clues(...))`` - find persons; always under the session's scope.
* ``pairs(session, person_id)`` and ``persons_of(session, patient_keys)`` - from persons to clinical rows and back.
* ``merge``, ``unmerge``, ``split``, ``link``, ``unlink``, ``do_not_link``, ``allow_link`` - what people decide
  (``Ruling(Actor("person", name, id), reason)``), all undoable and in ``history_of``.
* ``answer(session, review_id, verdict, ruling)`` - the stewards' work list.
* events ``PersonLinked``, ``PersonMerged``, ``PersonUnmerged``, ``PersonSplit``, ``ReviewOpened``, ``GoldenChanged``.
* ``first_load(database, identities)`` and ``relink(database)`` - a whole city.
"""

from empi.answering import Answer, answer, answer_many
from empi.bulk_loading import Applied, first_load, relink
from empi.events import GoldenChanged, Link, PersonLinked, PersonMerged, PersonSplit, PersonUnmerged, ReviewOpened
from empi.golden import value_of
from empi.goldening import golden_of
from empi.history import history_of
from empi.identity import FACT_COLUMNS, Actor, RawIdentity, Registered, patient_key
from empi.lookup import CREDENTIAL_KINDS, Clues, Found, Narrowed, Step, by_credential, by_local_id, narrow
from empi.matched import Match, match
from empi.merging import (
    Outcome,
    Ruling,
    allow_link,
    current_person,
    do_not_link,
    link,
    merge,
    split,
    unlink,
    unmerge,
)
from empi.persons import in_use, pairs, persons_of
from empi.service import register

__all__ = [
    "CREDENTIAL_KINDS",
    "FACT_COLUMNS",
    "Actor",
    "Answer",
    "Applied",
    "Clues",
    "Found",
    "GoldenChanged",
    "Link",
    "Match",
    "Narrowed",
    "Outcome",
    "PersonLinked",
    "PersonMerged",
    "PersonSplit",
    "PersonUnmerged",
    "RawIdentity",
    "Registered",
    "ReviewOpened",
    "Ruling",
    "Step",
    "allow_link",
    "answer",
    "answer_many",
    "by_credential",
    "by_local_id",
    "current_person",
    "do_not_link",
    "first_load",
    "golden_of",
    "history_of",
    "in_use",
    "link",
    "match",
    "merge",
    "narrow",
    "pairs",
    "patient_key",
    "persons_of",
    "register",
    "relink",
    "split",
    "unlink",
    "unmerge",
    "value_of",
]
