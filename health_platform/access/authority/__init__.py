"""What one may do and for which rows: roles on the grid, delegated grants, relations, consent."""
