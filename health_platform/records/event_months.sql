-- purpose: how many events each of some persons has in each month, for the life-course strip and the counts of the overview
-- grain: one row per person (owner: its number among those asked for), local month, section, sensitive class, division and line
-- parameters: pairs, keys, owners, raised
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT transform(patient_key, %(keys)s, %(owners)s, toUInt64(0)) AS owner,
    toYYYYMM(event_time, 'Asia/Shanghai') AS month, section, class, division_code, line,
    count(), countIf(section IN ('lab', 'observation') AND (
      upperUTF8(flag) IN %(raised)s
      OR ifNull(toFloat64OrNull(value) > toFloat64OrNull(high), 0)
      OR ifNull(toFloat64OrNull(value) < toFloat64OrNull(low), 0)))
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
GROUP BY owner, month, section, class, division_code, line
