"""What the pages of business capabilities are made of."""
