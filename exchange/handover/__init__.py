"""A county that builds its own platform takes its data along: an archive of everything, taken in through the exchange."""
