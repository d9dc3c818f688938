"""The local warehouse endpoint: a process that serves ClickHouse's native TCP protocol with chDB behind it.

It exists so that a single machine needs no ClickHouse server and the platform still has one code path. It listens on
loopback only and is no security boundary against users of the same machine.

``wire`` bytes in and out · ``columns`` finding where column data ends · ``blocks`` Native blocks · ``statements``
what a statement is · ``engine`` one chDB session · ``descriptions`` columns of
tables, remembered · ``spool`` insert data on its way · ``watcher`` cancel and hang-up ·
``connection`` the protocol loop · ``server`` listener and shutdown · ``users`` who may log in · ``supervise`` start,
stop.

Protocol revision 54450 is offered: below 54451 there are no profile events, below 54454 no serialisation byte per
column and below 54458 no addendum, so a block on the wire is eight bytes of block info and chDB's FORMAT Native block
unchanged.
"""
