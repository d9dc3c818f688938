-- purpose: events of one person's identities in some sections, newest first, as far as the caller may see them
-- grain: one row per reported event and section
-- parameters: pairs, sections, since, before, everywhere, divisions, every_line, lines, every_class, classes, hidden, limit
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT
    patient_key, section, toUnixTimestamp64Milli(event_time) AS at, dataset, row_key, institution, division_code, line, class,
    kind, title, code, value, unit, low, high, flag, visit, department, doctor, note, parent,
    toUnixTimestamp64Milli(ended) AS ended_at, org_code, org_name, source, toUnixTimestamp64Milli(received_at) AS received, certainty
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
  AND section IN %(sections)s
  AND event_time >= fromUnixTimestamp64Milli(%(since)s, 'UTC')
  AND event_time < fromUnixTimestamp64Milli(%(before)s, 'UTC')
  AND (%(everywhere)s OR arrayExists(prefix -> startsWith(division_code, prefix), %(divisions)s))
  AND (%(every_line)s OR line IN %(lines)s)
  AND (%(every_class)s OR class = '' OR class IN %(classes)s)
  AND NOT (section IN %(hidden)s OR class IN %(hidden)s)
ORDER BY event_time DESC, dataset, row_key
LIMIT %(limit)s
