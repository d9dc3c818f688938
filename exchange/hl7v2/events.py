"""What messages tell beside rows, through the outbox."""

from dataclasses import dataclass

from health_platform.kernel.outbox import event


@event("hl7v2.identity_merged")
@dataclass(frozen=True)
class IdentityMerged:
    """A sender says that its patient number ``gone`` is the same person as ``kept`` (A40, A47 and the like)."""

    institution: str
    kept: str
    gone: str
    message: str
