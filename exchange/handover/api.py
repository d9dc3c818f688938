"""County exports, for pages."""

from exchange.handover.routes import STATES, ExportIn, exports

__all__ = ["STATES", "ExportIn", "exports"]
