-- purpose: the division of every institution with results
-- grain: one row per institution
SELECT institution, argMax(division_code, version) FROM quality_day WHERE division_code != '' GROUP BY institution
