"""Menus and their buttons as data."""
