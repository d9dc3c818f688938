-- purpose: the tables of a database that hold rows, for backup and comparison
-- grain: one row per table
-- parameters: database
SELECT name, engine FROM system.tables WHERE database = %(database)s AND engine LIKE '%%MergeTree' AND NOT startsWith(name, '.inner') ORDER BY name
