"""OpenID Connect for all systems on the platform and for third-party systems."""
