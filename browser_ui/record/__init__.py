"""What the record browser shows: view values, role views, and the translation from health records."""
