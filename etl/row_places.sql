-- purpose: where the rows with these keys lie now, under which version, and when they first came
-- grain: one row per key that was ever loaded
-- parameters: dataset, institution
-- lists: wanted_keys
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT row_key, shelf, patient_key, toUnixTimestamp64Milli(event_time), version, gone, toUnixTimestamp64Milli(first_received_at)
FROM row_place FINAL
WHERE dataset = %(dataset)s AND institution = %(institution)s AND row_key IN wanted_keys
