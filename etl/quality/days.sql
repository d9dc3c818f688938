-- purpose: rows of every dataset per institution and day, and how many of them were late
-- grain: one row per institution, dataset and day with rows
-- parameters: first, last, divisions, datasets, institutions
SELECT institution, dataset, day, sum(rows) AS row_count, any(division_code) AS division,
       sum(arraySum(arrayMap((r, f) -> if(endsWith(r, '.deadline'), f, 0), rules, failed))) AS late
FROM quality_day FINAL
WHERE part = 'rows' AND day >= toDate32(%(first)s) AND day <= toDate32(%(last)s) AND dataset IN %(datasets)s
  AND arrayExists(p -> startsWith(division_code, p), %(divisions)s)
  AND (empty(%(institutions)s) OR has(%(institutions)s, institution))
GROUP BY institution, dataset, day
HAVING row_count > 0
