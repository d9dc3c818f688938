-- purpose: which views fill the event index, and the hash of the definition each was made from
-- grain: one row per view
-- parameters: database
SELECT name, comment FROM system.tables WHERE database = %(database)s AND engine = 'MaterializedView' AND startsWith(name, 'to_record_')
