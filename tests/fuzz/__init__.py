"""Fuzz drivers. Short runs are part of the suite; long ones are started by hand: python -m tests.fuzz.fuzz_hl7v2 -runs=5000000"""
