"""From the bytes of an upload to columns of written values."""
