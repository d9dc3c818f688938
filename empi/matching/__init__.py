"""Who is this person? The pure matching core: no database, no web, only numpy and rapidfuzz.

How to use it::

    from empi.matching import RawIdentity, load_rules, model_of_priors, normalise, blocking_keys, compare_many, train

    rules = load_rules()                          # reviewed definitions, checked (InvalidRules lists numbered errors)
    model = model_of_priors(rules)                # before the city has data; afterwards train() or Model.from_json()
    a = normalise(RawIdentity(name="张伟", birth_date="1980-05-15", id_no="..."), rules)
    keys = blocking_keys(a, rules)                # 63-bit integers: index them; shared key = candidate
    evidence = compare_many(a, candidates, model) # one vectorised call for all candidates; compare(a, b) for one pair
    evidence[0].outcome                           # Outcome.CERTAIN | POSSIBLE | NO | CONFLICT (conflict -> review)
    evidence[0].contributions                     # per field: level and bits (the waterfall)
    evidence[0].rules, evidence[0].apart          # pair rules that applied; apart: never in one cluster
    decide(evidence[0], rules)                    # again under a tenant's own thresholds

    model = train([normalise(r, rules) for r in rows], rules)    # unsupervised; model.to_json() / Model.from_json()
    clusters, cuts = cluster([Edge(0, 1)], identities, model)    # persons without chains; cuts go to review

Weights are log2 likelihood ratios (bits). ``posterior = weight + model.prior_bits``; thresholds apply to the
posterior. ``model.version`` and ``rules.version`` are content hashes to be stored with each decision.
``normalise`` is the costly step (about 0.1 ms): keep the ``Identity`` of indexed records (it is hashable and can be
pickled or cached), or normalise the raw columns again.
"""

from empi.definitions.schema import Outcome, Rules, Thresholds
from empi.matching.identity import Identity, RawIdentity, normalise
from empi.matching.model import Model, model_of_priors
from empi.matching.online import (
    Edge,
    Separation,
    blocking_keys,
    cluster,
    compare,
    compare_many,
    decide,
    named_blocking_keys,
    train,
)
from empi.matching.rules import Finding, InvalidRules, checked, load_rules, validate
from empi.matching.scoring import Contribution, Evidence

__all__ = [
    "Contribution",
    "Edge",
    "Evidence",
    "Finding",
    "Identity",
    "InvalidRules",
    "Model",
    "Outcome",
    "RawIdentity",
    "Rules",
    "Separation",
    "Thresholds",
    "blocking_keys",
    "checked",
    "cluster",
    "compare",
    "compare_many",
    "decide",
    "load_rules",
    "model_of_priors",
    "named_blocking_keys",
    "normalise",
    "train",
    "validate",
]
