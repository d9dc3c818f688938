"""Opening the record browser from a hospital workstation: signed request, one-time ticket, frozen session."""
