"""Code systems and value sets with versions, and how the codes of each source system map to them."""
