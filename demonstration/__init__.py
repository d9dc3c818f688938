"""A demonstration city that enters the platform by its real ways in: residents, institutions, courses of life, faults.

Everything is made up and deterministic by seed. Nothing here writes tables: the senders speak to the platform as hospitals do.
"""
