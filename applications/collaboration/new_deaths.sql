-- purpose: deaths of some identities as one institution reported them
-- grain: one row per patient key, its newest report
-- parameters: pairs, institution
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT patient_key, max(toUnixTimestamp64Milli(event_time)), argMax(title, event_time), argMax(code, event_time), argMax(org_name, event_time)
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s AND section = 'visit' AND dataset = 'emr_death_info' AND institution = %(institution)s
GROUP BY patient_key
ORDER BY patient_key
