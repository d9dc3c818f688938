-- purpose: how many pairs wait between two parts, those of several passes counted several times
-- grain: one row
-- parameters: run, one, two
SELECT sum(pairs)
FROM (SELECT count() AS pairs FROM empi_link_pair WHERE run = %(run)s AND one = %(one)s AND two = %(two)s)
