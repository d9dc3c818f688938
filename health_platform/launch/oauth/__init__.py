"""Apps that act for a person: SMART on FHIR apps for a physician, mini-programme servers for a resident."""
