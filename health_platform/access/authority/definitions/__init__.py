"""The tables every platform starts with: levels, lines, predefined roles."""
