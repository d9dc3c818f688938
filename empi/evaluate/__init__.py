"""Judging clusters against a truth."""
