-- purpose: whether the rows of a run are in this warehouse: what it wrote first is
-- grain: one row
-- parameters: run, field, witness
SELECT sum(found)
FROM (SELECT count() AS found FROM empi_link_value WHERE run = %(run)s AND field = %(field)s AND value = %(witness)s)
