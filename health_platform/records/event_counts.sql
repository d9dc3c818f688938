-- purpose: how many events there are of each kind, and how many of them the caller may see or has withheld
-- grain: one row per section, sensitive class and fate (seen, class, resident); what lies outside the jurisdiction is not counted
-- parameters: pairs, sections, since, before, everywhere, divisions, every_line, lines, every_class, classes, hidden, words, parent, abnormal, raised
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT section, class,
    multiIf(section IN %(hidden)s OR class IN %(hidden)s, 'resident',
            NOT (%(every_class)s OR class = '' OR class IN %(classes)s), 'class',
            'seen') AS fate,
    count()
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
  AND section IN %(sections)s
  AND event_time >= fromUnixTimestamp64Milli(%(since)s, 'UTC')
  AND event_time < fromUnixTimestamp64Milli(%(before)s, 'UTC')
  AND (%(everywhere)s OR arrayExists(prefix -> startsWith(division_code, prefix), %(divisions)s))
  AND (%(every_line)s OR line IN %(lines)s)
  AND (fate != 'seen' OR (
      arrayAll(word -> positionCaseInsensitiveUTF8(concat(title, ' ', code, ' ', value, ' ', note), word) > 0, %(words)s)
          AND (%(parent)s = '' OR parent = %(parent)s)
      AND (NOT %(abnormal)s OR (section IN ('lab', 'observation') AND (
      upperUTF8(flag) IN %(raised)s
      OR ifNull(toFloat64OrNull(value) > toFloat64OrNull(high), 0)
      OR ifNull(toFloat64OrNull(value) < toFloat64OrNull(low), 0))))))
GROUP BY section, class, fate
