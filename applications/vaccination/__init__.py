"""Vaccination: the national schedule with catch-up, adult doses, screening, adverse reactions, coverage and use."""
