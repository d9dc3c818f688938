"""Charts as pure functions: numbers in, inline SVG out."""
