-- purpose: the pairs between two parts, of some records of the first
-- grain: one row per pair
-- parameters: run, one, two, first, last
SELECT DISTINCT left, right
FROM empi_link_pair
WHERE run = %(run)s AND one = %(one)s AND two = %(two)s AND left >= %(first)s AND left <= %(last)s
