"""The JSON API of the person index, by subject."""

from empi.routes_persons import identities, persons
from empi.routes_quality import quality
from empi.routes_reviews import changes, reviews

BLUEPRINTS = (persons, identities, reviews, changes, quality)
