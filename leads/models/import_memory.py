"""What is remembered about the lists of a dealer: what their columns and values mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import Dealer, DealerOwned, DealerOwnedQuerySet
from leads.models.list_import import OnExisting
from leads.models.list_kind import ListKind


def _kind() -> models.CharField[str, str]:
    """Of the lists that it is about: the same header means something else in a list of cars."""
    return models.CharField(_("list of"), max_length=10, choices=ListKind, default=ListKind.LEADS)


class ImportTemplateQuerySet(DealerOwnedQuerySet["ImportTemplate"]):
    def named(self, kind: str) -> Self:
        """For lists of this kind."""
        return self.filter(kind=kind).exclude(name="")

    def remembered(self, kind: str, fingerprint: str) -> Self:
        """What was last decided about a list of this kind with such headers."""
        return self.filter(kind=kind, name="", fingerprint=fingerprint)


class ImportTemplate(DealerOwned):
    """How lists of one kind are to be understood: saved under a name, or ("") remembered because
    a list with the same headers was imported before. `columns`: by header_key, names of columns,
    "" for further values and "-" for what is left out."""

    kind = _kind()
    name = models.CharField(_("name"), max_length=80, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    columns: Any = models.JSONField(_("columns"), default=dict)
    fixed: Any = models.JSONField(_("fixed values"), default=dict, blank=True)
    choice: Any = models.JSONField(default=dict, blank=True)
    on_existing = models.CharField(
        _("what is here already"),
        max_length=10,
        choices=OnExisting,
        default=OnExisting.UPDATE,
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("changed by"),
        related_name="+",
    )
    changed_at = models.DateTimeField(_("changed"))

    objects = ImportTemplateQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("import template")
        verbose_name_plural = _("import templates")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "kind", "name"],
                condition=~models.Q(name=""),
                name="import_template_once_per_name",
            ),
            models.UniqueConstraint(
                fields=["dealer", "kind", "fingerprint"],
                condition=models.Q(name=""),
                name="import_memory_once_per_headers",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("remembered"))


class ListValue(DealerOwned):
    """What a value means in the lists of a dealer: "offen" in a column of statuses is "Neu"."""

    kind = _kind()
    column = models.CharField(_("column"), max_length=40)  # its name in the table of the kind
    key = models.CharField(max_length=200, editable=False)  # folded
    written = models.CharField(_("in the list"), max_length=200)
    meaning = models.CharField(_("means"), max_length=200, blank=True)  # "": left out

    class Meta:
        verbose_name = _("value in lists")
        verbose_name_plural = _("values in lists")
        ordering = ["column", "written"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "kind", "column", "key"], name="list_value_once_per_column"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.written} → {self.meaning or '–'}"


class ColumnName(DealerOwned):
    """A header that this dealer's lists use for a column, beside the usual ones."""

    kind = _kind()
    written = models.CharField(_("header in the list"), max_length=200)
    key = models.CharField(max_length=200, editable=False)  # cells.header_key
    column = models.CharField(_("column"), max_length=40)  # its name in the table of the kind

    class Meta:
        verbose_name = _("column name in lists")
        verbose_name_plural = _("column names in lists")
        ordering = ["written"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "kind", "key"], name="column_name_once_per_dealer"
            ),
        ]

    def __str__(self) -> str:
        return self.written


def values_of(dealer: Dealer, kind: str, columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """What is remembered about values in lists of this kind: by column and folded value, the
    meaning."""
    found: dict[str, dict[str, str]] = {}
    rows = ListValue.objects.for_dealer(dealer).filter(kind=kind, column__in=list(columns))
    for column, key, meaning in rows.values_list("column", "key", "meaning"):
        found.setdefault(column, {})[key] = meaning
    return found
