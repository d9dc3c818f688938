"""Mechanisms without health meaning: database, scope, audit, events, jobs, warehouse, crypto, web plumbing."""
