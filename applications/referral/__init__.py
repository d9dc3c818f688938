"""Two-way referral between institutions (C03)."""
