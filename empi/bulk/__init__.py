"""Linking whole files: the same rules and the same answer as online, in steps that can be resumed."""
