"""Registration as a service: providers submit, managers review, faults are fed back, the entity gets one id (A05)."""
