-- purpose: what every rule found at every institution in scope over a period
-- grain: one row per institution and rule
-- parameters: first, last, divisions, datasets, institutions
SELECT institution, rule, any(dataset) AS of_dataset, max(rule_version) AS newest_version,
       sum(judged) AS judged_rows, sum(bad) AS failed_rows, arraySlice(arrayFlatten(groupArray(100)(keys)), 1, 30) AS bad_keys
FROM quality_day FINAL
ARRAY JOIN rules AS rule, versions AS rule_version, applicable AS judged, failed AS bad, samples AS keys
WHERE day >= toDate32(%(first)s) AND day <= toDate32(%(last)s) AND dataset IN %(datasets)s
  AND arrayExists(p -> startsWith(division_code, p), %(divisions)s)
  AND (empty(%(institutions)s) OR has(%(institutions)s, institution))
GROUP BY institution, rule
