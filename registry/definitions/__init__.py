"""Words and rules of the registries that are data rather than code."""
