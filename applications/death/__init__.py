"""Registration of deaths: certificate, underlying cause, review by the county, sealing of the record."""
