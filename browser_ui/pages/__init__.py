"""One module per area; each offers ``install(platform)`` and is discovered by name."""
