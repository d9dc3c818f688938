-- purpose: the laboratory results of some persons for trends and critical values: the last few of each item, and all recent ones; and the last few of the measurements that tell how a problem stands
-- grain: one row per person (owner: its number among those asked for) and reported result
-- parameters: pairs, keys, owners, observed, per_item, recent_since, limit
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT
    owner, patient_key, section, toUnixTimestamp64Milli(event_time) AS at, dataset, row_key, institution, division_code, line, class,
    kind, title, code, value, unit, low, high, flag, visit, department, doctor, note, parent,
    toUnixTimestamp64Milli(ended) AS ended_at, org_code, org_name, source, toUnixTimestamp64Milli(received_at) AS received, certainty
FROM (
    SELECT *, transform(patient_key, %(keys)s, %(owners)s, toUInt64(0)) AS owner,
        row_number() OVER (PARTITION BY owner, section, title, unit ORDER BY event_time DESC) AS place
    FROM record_event FINAL
    WHERE (shelf, patient_key) IN %(pairs)s AND (section = 'lab' OR (section = 'observation' AND title IN %(observed)s))
)
WHERE place <= %(per_item)s OR (section = 'lab' AND event_time >= fromUnixTimestamp64Milli(%(recent_since)s, 'UTC'))
ORDER BY owner, event_time DESC, dataset, row_key
LIMIT %(limit)s BY owner
