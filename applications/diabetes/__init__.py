"""Type 2 diabetes under care, per the national norm for basic public health services (third edition)."""
