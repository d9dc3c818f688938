"""Backups that count only after they were restored and compared. Start at ``api.py``.

``stores`` what is backed up, one class each · ``sqlite``, ``postgres``, ``warehouse``, ``folders`` the classes · ``manifest``
what a backup holds · ``service`` make, verify, restore · ``commands`` the command line.
"""
