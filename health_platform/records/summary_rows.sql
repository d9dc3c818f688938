-- purpose: the rows of some persons that their overviews are made of, except laboratory results
-- grain: one row per person (owner: its number among those asked for), reported event and section: the newest of each section; of lasting ones also the newest two and the first of every different entry
-- parameters: pairs, keys, owners, sections, lasting, per_section, limit
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT
    owner, patient_key, section, toUnixTimestamp64Milli(event_time) AS at, dataset, row_key, institution, division_code, line, class,
    kind, title, code, value, unit, low, high, flag, visit, department, doctor, note, parent,
    toUnixTimestamp64Milli(ended) AS ended_at, org_code, org_name, source, toUnixTimestamp64Milli(received_at) AS received, certainty
FROM (
    SELECT *, transform(patient_key, %(keys)s, %(owners)s, toUInt64(0)) AS owner,
        row_number() OVER (PARTITION BY owner, section ORDER BY event_time DESC, dataset, row_key) AS place,
        row_number() OVER (PARTITION BY owner, section, title, code, value, kind, institution ORDER BY event_time DESC) AS newest,
        row_number() OVER (PARTITION BY owner, section, title, code, value, kind, institution ORDER BY event_time) AS first
    FROM record_event FINAL
    WHERE (shelf, patient_key) IN %(pairs)s AND section IN %(sections)s
)
WHERE place <= %(per_section)s OR (section IN %(lasting)s AND (newest <= 2 OR first = 1))
ORDER BY owner, section, event_time DESC, dataset, row_key
LIMIT %(limit)s BY owner, section
