-- purpose: how many events a person has in each month, for the life-course strip and the counts of the overview
-- grain: one row per local month, section, sensitive class, division and line
-- parameters: pairs
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT toYYYYMM(event_time, 'Asia/Shanghai') AS month, section, class, division_code, line,
    count(), countIf(flag NOT IN ('', '1', 'N') AND section IN ('lab', 'observation'))
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
GROUP BY month, section, class, division_code, line
