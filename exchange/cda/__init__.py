"""Shared documents (WS/T 500, WS/T 483; HL7 CDA R2): read into the record, and the record written as one."""
