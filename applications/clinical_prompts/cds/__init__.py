"""The prompts as a CDS Hooks 2.0 service."""
