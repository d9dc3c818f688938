"""HL7 v2 over MLLP: read, acknowledge, map to dataset rows, answer identity queries."""
