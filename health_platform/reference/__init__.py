"""Documents generated from the code; ``health-platform docs --check`` fails when one is not current."""
