"""What a business capability is made of. Frozen values, checked when the platform starts; see ``docs/engine.md``."""
