"""Staff of institutions: registered by each unit, by township hospitals for their clinics; transfers; accounts."""
