"""What the fork server of ``health_platform.serving`` imports: importing this builds the application."""

from __future__ import annotations

import logging

from health_platform import prepared

try:
    prepared.build()
except Exception:  # a child meets the same error and tells it where somebody reads it
    logging.getLogger("health_platform").debug("nothing was prepared", exc_info=True)
