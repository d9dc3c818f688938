-- purpose: the rows of one person that the overview is made of, except laboratory results
-- grain: one row per reported event and section, the newest of each section
-- parameters: pairs, sections, per_section
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT
    patient_key, section, toUnixTimestamp64Milli(event_time) AS at, dataset, row_key, institution, division_code, line, class,
    kind, title, code, value, unit, low, high, flag, visit, department, doctor, note, parent,
    toUnixTimestamp64Milli(ended) AS ended_at, org_code, org_name, source, toUnixTimestamp64Milli(received_at) AS received
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s AND section IN %(sections)s
ORDER BY section, event_time DESC, dataset, row_key
LIMIT %(per_section)s BY section
