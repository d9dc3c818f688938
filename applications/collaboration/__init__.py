"""What one institution learns reaches the one that must act on it (G06)."""
