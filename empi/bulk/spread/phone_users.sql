-- purpose: telephones more than one person states
-- grain: one row per telephone
-- parameters: run
SELECT phone, uniqExact(person) AS users
FROM empi_link_user
WHERE run = %(run)s
GROUP BY phone
HAVING users > 1
