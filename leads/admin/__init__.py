"""Each module registers the admins of its noun; Django asks this package for all of them."""

from leads.admin import (
    api_key,
    catalog,
    change_batch,
    customer,
    dealer,
    export,
    intake,
    job,
    lead,
    match_suggestion,
    merge,
    score_weights,
    task,
    unmapped,
    user,
    vehicle,
)

__all__ = [
    "api_key",
    "catalog",
    "change_batch",
    "customer",
    "dealer",
    "export",
    "intake",
    "job",
    "lead",
    "match_suggestion",
    "merge",
    "score_weights",
    "task",
    "unmapped",
    "user",
    "vehicle",
]
