"""Pictures for the pages of the data steward."""
