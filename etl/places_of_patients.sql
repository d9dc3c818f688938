-- purpose: the rows of some patients of an institution whose keys lie in a range, where they lie, unless they were withdrawn
-- grain: one row per key
-- parameters: dataset, institution, first, beyond
-- lists: wanted_patients
-- settings: max_threads=1, do_not_merge_across_partitions_select_final=1
SELECT row_key, shelf, patient_key
FROM row_place FINAL
WHERE dataset = %(dataset)s AND institution = %(institution)s AND row_key >= %(first)s AND row_key < %(beyond)s AND gone = 0
  AND toString(patient_key) IN wanted_patients
