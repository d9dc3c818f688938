"""Who people and systems are, what they may do, and for whose data (A19-A21, B01-B03, B08)."""
