"""Health resources of institutions: specialties, beds, large equipment, vehicles and places, with statistics."""
