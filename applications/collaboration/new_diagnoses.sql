-- purpose: diagnoses of some identities that may belong into a register, as one institution reported them in one dataset
-- grain: one row per patient key, code and name, at its newest mention
-- parameters: pairs, dataset, institution, since, codes
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT patient_key, code, title, max(toUnixTimestamp64Milli(event_time)), argMax(org_name, event_time)
FROM record_event FINAL
WHERE (shelf, patient_key) IN %(pairs)s AND section = 'problem' AND dataset = %(dataset)s AND institution = %(institution)s
  AND event_time >= fromUnixTimestamp64Milli(%(since)s, 'UTC')
  AND match(code, %(codes)s)
GROUP BY patient_key, code, title
ORDER BY patient_key, code, title
