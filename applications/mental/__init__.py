"""Severe mental disorders under care, per the national norm for basic public health services (third edition)."""
