"""Residents: real-name login, family members, who looked at my record, what I hide, results held for a doctor."""
