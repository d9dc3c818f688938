"""The data resource catalogue (GB/T 21063): what data the region holds, where they come from, and how one may get some.

It stands in ``etl`` and not in ``registry``, because it shows what was loaded: rows of the warehouse, ways in, freshness and
quality scores, none of which the registries know.
"""
