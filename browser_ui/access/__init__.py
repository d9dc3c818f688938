"""The pages of login and access control."""
