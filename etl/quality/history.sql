-- purpose: what every check found by one rule at one institution
-- grain: one row per check, newest first
-- parameters: institution, dataset, rule, limit
SELECT max(checked_at) AS last_checked, uniqExact(day) AS days, sum(bad) AS failed_rows, sum(judged) AS judged_rows
FROM quality_history
ARRAY JOIN rules AS one_rule, applicable AS judged, failed AS bad
WHERE institution = %(institution)s AND dataset = %(dataset)s AND one_rule = %(rule)s
GROUP BY version
ORDER BY last_checked DESC
LIMIT %(limit)s
