"""Public door of the person index. Start here.

* ``register(session, [RawIdentity(...)]) -> [Registered(patient_key, shelf, person_id, outcome)]`` - who is this?
* ``match(session, RawIdentity(...)) -> [Match(person_id, grade, score ...)]`` - who could this be, without storing anything.
* ``by_credential``, ``by_local_id``, ``persons_with(session, [Criterion(...)])``, ``narrow(session, Clues(...))`` - find persons;
  always under the session's scope.
* ``pairs(session, person_id)``, ``numbers_of(session, person_id)`` and ``persons_of(session, patient_keys)`` - from persons to
  clinical rows and numbers, and back.
* ``merge``, ``unmerge``, ``split``, ``link``, ``unlink``, ``do_not_link``, ``allow_link`` - what people decide
  (``Ruling(Actor("person", name, id), reason)``), all undoable and in ``history_of``.
* ``answer(session, review_id, verdict, ruling)`` - the stewards' work list.
* events ``PersonLinked``, ``PersonMerged``, ``PersonUnmerged``, ``PersonSplit``, ``ReviewOpened``, ``GoldenChanged``.
* ``first_load(database, identities)`` and ``relink(database)`` - a whole city.
* for pages: ``question``, ``titles``, ``person_view``, ``weight_chart``, ``trends``, ``quality`` and the schemas of forms.
"""

from empi.answering import Answer, answer, answer_many
from empi.auditing import audit_shown
from empi.bulk_loading import Applied
from empi.candidates import over_full_counts
from empi.casework import Case, Line, Question, Side, answered, case, next_open, question, sample_case, titles
from empi.demographics import RESIDENT_ID, Criterion, Wanted, persons_with
from empi.estimating import Estimate, Quality, Stratum
from empi.evaluation import STRATA, WeightBar, latest_round, may_sample, open_samples, quality, strata_of, trends, weight_chart
from empi.events import GoldenChanged, Link, PersonLinked, PersonMerged, PersonSplit, PersonUnmerged, ReviewOpened
from empi.first_loading import first_load
from empi.golden import value_of
from empi.goldening import golden_of, golden_of_visible
from empi.history import DECISION_LABELS, history_of
from empi.identity import FACT_COLUMNS, Actor, RawIdentity, Registered, patient_key
from empi.lookup import CREDENTIAL_KINDS, Clues, Found, Narrowed, Step, by_credential, by_local_id, institution_named, narrow
from empi.matched import Match, match
from empi.merging import allow_link, do_not_link, link, merge, split, unlink
from empi.persons import Numbered, in_use, numbers_of, pairs, persons_of
from empi.presenting import found_for
from empi.relinking import relink
from empi.review import KIND_LABELS, VERDICT_LABELS, counts
from empi.routes_quality import policies, sources
from empi.routes_reviews import PAGE, listed
from empi.ruling import Outcome, Ruling, current_person
from empi.schemas_persons import CluesIn, CredentialQuery
from empi.schemas_reviews import IdentityReviewQuery
from empi.schemas_settings import SampleIn, SampleVerdictIn, TenantPolicyIn
from empi.service import register
from empi.survivorship import PREFERENCE_LABELS, SURVIVORSHIP
from empi.training import difference, models
from empi.unmerging import unmerge
from empi.viewing import IdentityView, PersonView, person_view
from empi.whole import Due, relinking_due

__all__ = [
    "CREDENTIAL_KINDS",
    "DECISION_LABELS",
    "FACT_COLUMNS",
    "KIND_LABELS",
    "PAGE",
    "PREFERENCE_LABELS",
    "RESIDENT_ID",
    "STRATA",
    "SURVIVORSHIP",
    "VERDICT_LABELS",
    "Actor",
    "Answer",
    "Applied",
    "Case",
    "Clues",
    "CluesIn",
    "CredentialQuery",
    "Criterion",
    "Due",
    "Estimate",
    "Found",
    "GoldenChanged",
    "IdentityReviewQuery",
    "IdentityView",
    "Line",
    "Link",
    "Match",
    "Narrowed",
    "Numbered",
    "Outcome",
    "PersonLinked",
    "PersonMerged",
    "PersonSplit",
    "PersonUnmerged",
    "PersonView",
    "Quality",
    "Question",
    "RawIdentity",
    "Registered",
    "ReviewOpened",
    "Ruling",
    "SampleIn",
    "SampleVerdictIn",
    "Side",
    "Step",
    "Stratum",
    "TenantPolicyIn",
    "Wanted",
    "WeightBar",
    "allow_link",
    "answer",
    "answer_many",
    "answered",
    "audit_shown",
    "by_credential",
    "by_local_id",
    "case",
    "counts",
    "current_person",
    "difference",
    "do_not_link",
    "first_load",
    "found_for",
    "golden_of",
    "golden_of_visible",
    "history_of",
    "in_use",
    "institution_named",
    "latest_round",
    "link",
    "listed",
    "match",
    "may_sample",
    "merge",
    "models",
    "narrow",
    "next_open",
    "numbers_of",
    "open_samples",
    "over_full_counts",
    "pairs",
    "patient_key",
    "person_view",
    "persons_of",
    "persons_with",
    "policies",
    "quality",
    "question",
    "register",
    "relink",
    "relinking_due",
    "sample_case",
    "sources",
    "split",
    "strata_of",
    "titles",
    "trends",
    "unlink",
    "unmerge",
    "value_of",
    "weight_chart",
]
