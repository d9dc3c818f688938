"""Health statistics of the region, counted over the regional datasets."""
