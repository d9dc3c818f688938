"""Public door of the data resource catalogue. Start here.

* ``listing(session)``, ``in_catalogue(lines, text=...)`` — the catalogue, searched by Chinese words, pinyin initials and codes.
* ``field_lines``, ``lineage``, ``related``, ``supplies`` — one dataset in detail.
* ``entry_of``, ``steps`` and the acts ``SUBMIT`` … — review and publication.
* ``ask``, ``grant``, ``refuse``, ``revoke``, ``fetch`` — requests for data and their de-identified extracts.
"""

from etl.catalogue.definitions import ACTS, CLASSES, CYCLES, ITEMS, SHARES, SOURCES, STATES
from etl.catalogue.deidentify.roles import ROLE_LABELS, requestable, roles
from etl.catalogue.describing import (
    FieldLine,
    Listed,
    Station,
    field_lines,
    in_catalogue,
    lineage,
    listed,
    listing,
    related,
    shown,
)
from etl.catalogue.entries import entry_of, steps
from etl.catalogue.models import CatalogueEntry, CatalogueStep, DataRequest, DatasetVolume, Download
from etl.catalogue.requests import LEAST_K, MOST_DAYS, REQUEST_STATES, downloads, downloads_of, request_of, requests, waiting
from etl.catalogue.schemas import CatalogueQuery, EntryIn, GrantIn, RefuseIn, RequestIn, RequestQuery, StepIn
from etl.catalogue.scores import quality_scores
from etl.catalogue.terms import GRAINS, KINDS, Terms, terms_of
from etl.catalogue.volumes import Supply, Volume, by_institution, measure, supplies, volumes

__all__ = [
    "ACTS",
    "CLASSES",
    "CYCLES",
    "GRAINS",
    "ITEMS",
    "KINDS",
    "LEAST_K",
    "MOST_DAYS",
    "REQUEST_STATES",
    "ROLE_LABELS",
    "SHARES",
    "SOURCES",
    "STATES",
    "CatalogueEntry",
    "CatalogueQuery",
    "CatalogueStep",
    "DataRequest",
    "DatasetVolume",
    "Download",
    "EntryIn",
    "FieldLine",
    "GrantIn",
    "Listed",
    "RefuseIn",
    "RequestIn",
    "RequestQuery",
    "Station",
    "StepIn",
    "Supply",
    "Terms",
    "Volume",
    "by_institution",
    "downloads",
    "downloads_of",
    "entry_of",
    "field_lines",
    "in_catalogue",
    "lineage",
    "listed",
    "listing",
    "measure",
    "quality_scores",
    "related",
    "request_of",
    "requestable",
    "requests",
    "roles",
    "shown",
    "steps",
    "supplies",
    "terms_of",
    "volumes",
    "waiting",
]
