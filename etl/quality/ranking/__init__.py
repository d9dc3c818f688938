"""Ranking of hospitals, county platforms and public-health units by data quality, from draft to frozen publication."""
