"""The senders: institutions' systems speaking to the platform from outside, each in its own way."""
