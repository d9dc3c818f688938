"""Health management of people of 65 and more, per the national norm for basic public health services (third edition)."""
