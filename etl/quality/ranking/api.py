"""Public door of the ranking. Start here.

* ``standings(platform, session, Months(first))`` — places of the units in scope now, each with its derivation.
* ``make``, ``announce``, ``publish``, ``freeze`` — editions; ``notices`` — what is public; ``objections``.
* ``divide(standings, formula_of(text), pool)`` — the funding proposal.
"""

from etl.quality.ranking.composing import Part, Standing, Unit, as_json
from etl.quality.ranking.definitions import GROUPS, LEVELS, OBJECTION_STATES, PARTS, STATES
from etl.quality.ranking.editions import edition, editions, notice, notices, objections
from etl.quality.ranking.funding import Share, divide, formula_of
from etl.quality.ranking.models import RankingEdition, RankingNotice, RankingObjection
from etl.quality.ranking.reading import Months, institution_units, only, standings
from etl.quality.ranking.routes import months_of
from etl.quality.ranking.schemas import SPANS, AnswerIn, EditionIn, ObjectionIn, RankingQuery

__all__ = [
    "GROUPS", "LEVELS", "OBJECTION_STATES", "PARTS", "SPANS", "STATES", "AnswerIn", "EditionIn", "Months", "ObjectionIn", "Part",
    "RankingEdition", "RankingNotice", "RankingObjection", "RankingQuery", "Share", "Standing", "Unit", "as_json", "divide",
    "edition", "editions", "formula_of", "institution_units", "months_of", "notice", "notices", "objections", "only", "standings",
]  # fmt: skip
