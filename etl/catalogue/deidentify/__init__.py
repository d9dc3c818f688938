"""Making rows about persons safe to hand out. Pure: no database, no clock, no configuration."""
