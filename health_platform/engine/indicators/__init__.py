"""Indicators: compiled to one scan per register or form, rolled up by division, institution, team or person."""
