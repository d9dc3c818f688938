"""Virtual counties: a county without a platform of its own gets one on the city's, opened in one form."""
