"""Matching rules as reviewed data: what is compared, how it is judged, and what may never be joined."""
