-- purpose: everything of some sections and the recent of others of one person's identities, in one reading
-- grain: one row per reported event and section, of withheld classes too (the reader counts and drops them); newest first
-- Reference range, department, doctor and note are left out: no check asks them, and every column of a wide part costs its reading.
-- parameters: pairs, lasting, recent, since, everywhere, divisions, every_line, lines, limit
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT
    patient_key, section, toUnixTimestamp64Milli(event_time) AS at, dataset, row_key, institution, division_code, line, class,
    kind, title, code, value, unit, '' AS low, '' AS high, flag, visit, '' AS department, '' AS doctor, '' AS note, parent,
    toUnixTimestamp64Milli(ended) AS ended_at, org_code, org_name, source, toUnixTimestamp64Milli(received_at) AS received, certainty
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
  AND (section IN %(lasting)s
       OR (section IN %(recent)s AND event_time >= fromUnixTimestamp64Milli(%(since)s, 'UTC')))
  AND (%(everywhere)s OR arrayExists(prefix -> startsWith(division_code, prefix), %(divisions)s))
  AND (%(every_line)s OR line IN %(lines)s)
ORDER BY event_time DESC, dataset, row_key
LIMIT %(limit)s BY section, class
