-- purpose: the keys of one pass that more records have than the cap allows, a few too many where tasks were done twice
-- grain: one row per key
-- parameters: run, place, cap
-- settings: optimize_aggregation_in_order=1
SELECT key
FROM empi_link_key
WHERE run = %(run)s AND pass = %(place)s
GROUP BY run, pass, key
HAVING count() > %(cap)s
ORDER BY key
