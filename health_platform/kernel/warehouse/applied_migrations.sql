-- purpose: which migrations have run, to find the pending ones and those changed afterwards
-- grain: one row per migration
SELECT number, toString(any(checksum)) FROM schema_history GROUP BY number ORDER BY number
