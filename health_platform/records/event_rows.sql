-- purpose: events of one person's identities that hold some words, belong to a report or are out of range, newest first
-- grain: one row per reported event and section
-- parameters: pairs, sections, since, before, everywhere, divisions, every_line, lines, every_class, classes, hidden, words, parent, abnormal, raised, limit
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
  AND arrayAll(word -> positionCaseInsensitiveUTF8(concat(title, ' ', code, ' ', value, ' ', note), word) > 0, %(words)s)
  AND (%(parent)s = '' OR parent = %(parent)s)
  AND (NOT %(abnormal)s OR (section IN ('lab', 'observation') AND (
      upperUTF8(flag) IN %(raised)s
      OR ifNull(toFloat64OrNull(value) > toFloat64OrNull(high), 0)
      OR ifNull(toFloat64OrNull(value) < toFloat64OrNull(low), 0))))
ORDER BY event_time DESC, dataset, row_key
LIMIT %(limit)s
