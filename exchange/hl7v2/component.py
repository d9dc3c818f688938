"""Registers the HL7 v2 listener, the pipeline's reader of its messages, and the merges they tell of."""

from etl.api import Decoders
from exchange.hl7v2 import merging, models
from exchange.hl7v2.commands import hl7_group
from exchange.hl7v2.decoding import decode
from exchange.hl7v2.landing import FORMAT
from health_platform.kernel.platform import Capability, Platform, Process

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Install HL7 v2 over MLLP."""
    platform.service(Decoders).register(FORMAT, decode)
    merging.install(platform)
    platform.command(hl7_group)
    platform.process(Process("hl7v2", ("hl7", "listen"), "HL7 v2 接收(MLLP)"))
    platform.capability(Capability(("A11", "A16"), "exchange.hl7v2", "working"))
