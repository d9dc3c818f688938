-- purpose: the blocks of one pass above the cap
-- grain: one row per block
-- parameters: run, place, cap
SELECT arraySort(arrayDistinct(groupArray(position))) AS members
FROM empi_link_key
WHERE run = %(run)s AND pass = %(place)s AND key IN
(
    SELECT key
    FROM empi_link_key
    WHERE run = %(run)s AND pass = %(place)s
    GROUP BY run, pass, key
    HAVING count() > %(cap)s
    SETTINGS optimize_aggregation_in_order = 1
)
GROUP BY run, pass, key
HAVING length(members) > %(cap)s
ORDER BY key
