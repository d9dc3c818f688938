"""What FHIR resources mean to the platform, as tables."""
