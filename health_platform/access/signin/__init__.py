"""Proving who one is: password, one-time code, certificate; throttling and server-side sessions."""
