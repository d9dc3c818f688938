"""Where one placeholder states a birth order there are twins, and every other placeholder of the family may be either of them.

Alone ``张某之子`` is the one child seen. Beside ``张某之小双`` it is one of two: what the pair rules say of a pair of which one
side states an order (``Outcome.TWIN``) then holds for it as well.
"""

from __future__ import annotations

import numpy as np

from empi.definitions.schema import Outcome
from empi.matching.arrays import I32, I64, U8, Flags
from empi.matching.frame import Frame
from empi.matching.grouping import components
from empi.matching.kinds.mark import ONE_STATED
from empi.matching.model import Model
from empi.matching.scoring import bounds_of, judge, score

Pairs = tuple[I32 | I64, I32 | I64]
_ORDER = "birth_order"


def twins_known(frame: Frame, pairs: Pairs) -> Flags:
    """For every identity whether somebody it hangs together with, along these pairs, states a birth order."""
    order = frame.marks.get(_ORDER)
    if order is None or not order.any():
        return np.zeros(frame.size, dtype=bool)
    family = components(frame.size, *pairs)
    stated = np.zeros(frame.size, dtype=bool)
    stated[family[order > 0]] = True
    return np.asarray(stated[family])


def with_twins_known(frame: Frame, model: Model, known: Flags, pairs: Pairs, outcome: U8) -> U8:
    """The outcomes of pairs, where the certain ones that may be twins are ``Outcome.TWIN``."""
    left, right = pairs
    if not known.any():
        return outcome
    bare = frame.marks["newborn"] & (frame.marks[_ORDER] == 0)
    doubtful = np.flatnonzero((outcome == Outcome.CERTAIN) & known[left] & (bare[left] | bare[right]))
    found = outcome.copy()
    found[doubtful] = _as_twins(frame, model, left[doubtful].astype(np.int64), right[doubtful].astype(np.int64))
    return found


def _as_twins(frame: Frame, model: Model, left: I64, right: I64) -> U8:
    """The outcomes as if one side of each pair stated a birth order."""
    scores = score(frame, model, left, right)
    levels = scores.levels | {_ORDER: np.full(len(left), ONE_STATED, dtype=np.uint8)}
    return judge(levels, scores.weight, model, bounds_of(frame, model.rules, left, right))[0]
