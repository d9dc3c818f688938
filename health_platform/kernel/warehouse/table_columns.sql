-- purpose: the columns of one table as the server has them, to compare with the definition
-- grain: one row per column
-- parameters: database, table
SELECT name, type FROM system.columns WHERE database = %(database)s AND table = %(table)s ORDER BY position
