"""Institutions and their departments: checked codes, who manages them, mergers, and the history of every change."""
