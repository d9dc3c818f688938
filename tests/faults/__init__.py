"""Breaking a running platform on purpose and looking, from outside, whether it kept its promises.

``python -m tests.faults`` runs every pair of fault and state and renews the table of ``docs/reliability.md``;
``test_faults.py`` runs a few of them with the suite.
"""
