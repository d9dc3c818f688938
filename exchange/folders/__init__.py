"""Watched folders: files of rows that a hospital's system puts down beside a manifest."""
