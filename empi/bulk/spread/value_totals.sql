-- purpose: how many records state a field, and how many values they state
-- grain: one row
-- parameters: run, field
SELECT sum(stated), uniqExact(value)
FROM
(
    SELECT value, part, any(records) AS stated
    FROM empi_link_value
    WHERE run = %(run)s AND field = %(field)s
    GROUP BY value, part
)
