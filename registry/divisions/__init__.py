"""Administrative divisions by year: how they are coded, how they change, and what became of each of them."""
