"""Systems of institutions: keys, signed assertions, tokens, signed requests."""
