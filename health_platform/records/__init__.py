"""Reading health records: one person's whole life from all institutions. Start at ``api.py``."""
