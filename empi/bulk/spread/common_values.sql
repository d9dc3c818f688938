-- purpose: the values of a field that more than one record states, the most common ones
-- grain: one row per value
-- parameters: run, field, keep
SELECT value, sum(stated) AS counted
FROM
(
    SELECT value, part, any(records) AS stated
    FROM empi_link_value
    WHERE run = %(run)s AND field = %(field)s
    GROUP BY value, part
)
GROUP BY value
HAVING counted > 1
ORDER BY counted DESC, value
LIMIT %(keep)s
