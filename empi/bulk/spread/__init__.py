"""Linking more records than a machine has memory for: parts of the frame in a shared folder, pairs in the distributed engine.

``link_spread`` gives the answer of ``empi.bulk.steps.link_file``. No machine holds more than two parts of the records.
"""

from empi.bulk.spread.linking import link_spread, share_spread

__all__ = ["link_spread", "share_spread"]
