-- purpose: what each institution has uploaded about some persons, for freshness
-- grain: one row per person (owner: its number among those asked for), institution, section, sensitive class, division and line
-- parameters: pairs, keys, owners
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT transform(patient_key, %(keys)s, %(owners)s, toUInt64(0)) AS owner,
    institution, section, toUnixTimestamp64Milli(max(received_at)), toUnixTimestamp64Milli(max(event_time)), max(org_name), class, division_code, line
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s
GROUP BY owner, institution, section, class, division_code, line
