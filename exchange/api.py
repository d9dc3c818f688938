"""Public door of the exchange: who may send in whose name."""

from exchange.hl7v2.models import Hl7Sender

__all__ = ["Hl7Sender"]
