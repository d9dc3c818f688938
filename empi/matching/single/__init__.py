"""The same comparison for a handful of identities, without arrays.

``empi.matching.scoring`` compares columns: right for millions of pairs, but each of its few hundred array operations has a fixed
cost, two milliseconds together. An arriving person has a handful of candidates; here they are compared value by value in some ten
microseconds a pair. Both must land on the same levels, weights and outcomes (``tests/empi_core/test_single.py``).
"""

from empi.matching.single.scoring import Judged, Single, single_of

__all__ = ["Judged", "Single", "single_of"]
