-- purpose: rule counts without samples, for scores of many institutions
-- grain: one row per institution and rule
-- parameters: first, last, divisions, datasets, institutions
SELECT institution, rule, sum(judged) AS judged_rows, sum(bad) AS failed_rows
FROM quality_day FINAL
ARRAY JOIN rules AS rule, applicable AS judged, failed AS bad
WHERE day >= toDate32(%(first)s) AND day <= toDate32(%(last)s) AND dataset IN %(datasets)s
  AND arrayExists(p -> startsWith(division_code, p), %(divisions)s)
  AND (empty(%(institutions)s) OR has(%(institutions)s, institution))
GROUP BY institution, rule
