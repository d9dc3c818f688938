"""Fuzz targets, one for each parser of ours that reads bytes from outside.

Their valid examples, changed a little, are part of the suite; long runs are started by hand, such as
``python -m tests.fuzz.fuzz_csv -runs=5000000 -rss_limit_mb=4096 FOLDER``, where FOLDER keeps what was found for the next run.
"""
