"""Analysis reports: what is wrong with an institution's data, why, how to mend it, and what mending it changed."""
