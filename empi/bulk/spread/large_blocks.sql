-- purpose: the blocks of some keys of one pass, those above the cap
-- grain: one row per block
-- parameters: run, place, keys, cap
SELECT arraySort(arrayDistinct(groupArray(position))) AS members
FROM empi_link_key
WHERE run = %(run)s AND pass = %(place)s AND key IN %(keys)s
GROUP BY run, pass, key
HAVING length(members) > %(cap)s
ORDER BY key
