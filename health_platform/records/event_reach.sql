-- purpose: what each institution has uploaded about one person, for freshness
-- grain: one row per institution, section, sensitive class, division and line
-- parameters: pairs
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT institution, section, toUnixTimestamp64Milli(max(received_at)), toUnixTimestamp64Milli(max(event_time)), max(org_name), class, division_code, line
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
GROUP BY institution, section, class, division_code, line
