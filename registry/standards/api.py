"""Public door of standards: code systems, versions, value sets, and local codes with their mappings."""

from registry.standards.mapping import (
    Coverage,
    LocalFilter,
    bulk_plan,
    coverage,
    history,
    local_code,
    local_codes,
    source,
    sources,
    suggestions,
)
from registry.standards.models import CodeSystem, LocalCode, SourceSystem, SystemVersion
from registry.standards.schemas import (
    LOCAL_STATES,
    MARKS,
    REASONS,
    STATES,
    CodeSystemIn,
    CodeSystemsQuery,
    DictionaryIn,
    LocalQuery,
    OneDecisionIn,
    SourceIn,
    TermsFileIn,
    ValueSetIn,
)
from registry.standards.systems import (
    SystemFilter,
    current,
    current_terms,
    search,
    system,
    systems,
    terms_of,
    version,
    versions,
)
from registry.standards.terms import Difference, State, Term, compare
from registry.standards.value_sets import value_set_terms, value_sets

__all__ = [
    "LOCAL_STATES", "MARKS", "REASONS", "STATES", "CodeSystem", "CodeSystemIn", "CodeSystemsQuery", "Coverage",
    "DictionaryIn", "Difference", "LocalCode", "LocalFilter", "LocalQuery", "OneDecisionIn", "SourceIn",
    "SourceSystem", "State", "SystemFilter", "SystemVersion", "Term", "TermsFileIn", "ValueSetIn", "bulk_plan",
    "compare", "coverage", "current", "current_terms", "history", "local_code", "local_codes", "search", "source",
    "sources", "suggestions", "system", "systems", "terms_of", "value_set_terms", "value_sets", "version", "versions",
]
