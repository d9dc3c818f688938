"""The batch API: whole files of rows, answered by a receipt."""
