-- purpose: all pairs of records that share a key of one pass, of the blocks within the cap
-- grain: one row per pair and pass; a pair of several passes stands there several times
-- parameters: run, place, first, last, cap, each
-- settings: optimize_aggregation_in_order=1
INSERT INTO empi_link_pair (run, one, two, left, right)
SELECT %(run)s, intDiv(one.1, %(each)s), intDiv(other.1, %(each)s), one.1, other.1
FROM
(
    SELECT members[place] AS one, arrayJoin(arraySlice(members, place + 1)) AS other
    FROM
    (
        SELECT members, arrayJoin(range(1, length(members))) AS place
        FROM
        (
            SELECT arraySort(arrayDistinct(groupArray((position, stated)))) AS members
            FROM empi_link_key
            WHERE run = %(run)s AND pass = %(place)s AND key >= %(first)s AND key <= %(last)s
            GROUP BY run, pass, key
            HAVING length(members) > 1 AND length(members) <= %(cap)s
        )
    )
)
WHERE one.2 = other.2 OR one.2 = 0 OR other.2 = 0
