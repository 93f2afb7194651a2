"""Links in the OpenAPI document: what can be done with a row that an answer has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ID = "$response.body#/id"
# operation → operations on the row that it answers with
_WITH_ITS_ID: Mapping[str, Sequence[str]] = {
    "leads_create": (
        "leads_retrieve",
        "leads_change",
        "leads_delete",
        "activities_list",
        "activities_create",
    ),
    "leads_upsert": ("leads_retrieve", "leads_change", "leads_delete"),
    "customers_create": ("customers_retrieve", "customers_update", "customers_delete"),
    "customers_put_by_external_number": ("customers_retrieve", "customers_update"),
    "tasks_create": ("tasks_retrieve", "tasks_update", "tasks_delete"),
    "webhooks_create": (
        "webhooks_retrieve",
        "webhooks_update",
        "webhooks_delete",
        "webhooks_rotate_secret",
        "webhooks_test",
        "webhooks_deliveries_list",
    ),
}
# operation → the same row by the number in its address: (operation, parameter)
_BY_ITS_NUMBER: Mapping[str, tuple[str, str]] = {
    "leads_upsert": ("leads_retrieve_by_external_id", "external_id"),
    "customers_put_by_external_number": (
        "customers_retrieve_by_external_number",
        "external_number",
    ),
}


def link(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Writes the links to the good answers of each operation."""
    for methods in result["paths"].values():
        for operation in methods.values():
            links = _links_of(operation["operationId"])
            for status in ("200", "201"):
                if links and status in operation["responses"]:
                    operation["responses"][status]["links"] = links
    return result


def _links_of(name: str) -> dict[str, Any]:
    links = {
        target: {"operationId": target, "parameters": {"id": _ID}}
        for target in _WITH_ITS_ID.get(name, ())
    }
    if name in _BY_ITS_NUMBER:
        target, parameter = _BY_ITS_NUMBER[name]
        number = f"$request.path.{parameter}"
        links[target] = {"operationId": target, "parameters": {parameter: number}}
    return links
