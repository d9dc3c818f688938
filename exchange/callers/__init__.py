"""Who sends to the platform, and how much they may."""
