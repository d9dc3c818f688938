"""Which messages are taken and what becomes of them, as tables."""
