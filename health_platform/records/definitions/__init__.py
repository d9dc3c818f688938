"""What the record service is made of, as data: sources, sensitive classes, key laboratory items, critical limits."""
