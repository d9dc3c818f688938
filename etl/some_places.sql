-- purpose: where some rows of several institutions and datasets lie now, under which version, and when they first came
-- grain: one row per institution, dataset and key that was ever loaded
-- parameters: wanted
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1, max_query_size=1048576
SELECT institution, dataset, row_key, shelf, patient_key, toUnixTimestamp64Milli(event_time), version, gone, toUnixTimestamp64Milli(first_received_at)
FROM row_place FINAL
WHERE (institution, dataset, row_key) IN %(wanted)s
