"""Prompts inside the doctor's workstation: what the city knows of a patient, held against the orders being written (C08)."""
