"""The city itself: pure generators, the same seed gives the same city on every machine."""
