"""Identifiers and section codes of the shared documents, as data."""
