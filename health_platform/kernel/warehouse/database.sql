-- purpose: whether the platform's database exists
-- grain: one row, or none
-- parameters: database
SELECT 1 FROM system.databases WHERE name = %(database)s
