-- purpose: how one table is stored, to compare with the definition
-- grain: one row, or none when the table does not exist
-- parameters: database, table
SELECT engine, sorting_key, partition_key FROM system.tables WHERE database = %(database)s AND name = %(table)s
