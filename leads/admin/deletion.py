"""Rows that others point to are not deleted but switched off."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import model_ngettext
from django.db.models import PROTECT, Model
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

COUNT_LIMIT = 10_000  # rows; beyond it nobody asks how many exactly


class KeepsUsedRows(ModelAdmin):
    """Says in one line how many rows are in the way. Django would load and list every one."""

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        rows = list(objs)
        in_the_way = [line for row in rows for line in users_of(row)]
        if in_the_way:
            in_the_way.append(_("Switch it off instead: it is then no longer offered."))
        lacking = {
            str(self.opts.verbose_name)
            for row in rows
            if not self.has_delete_permission(request, row)
        }
        count = {str(self.opts.verbose_name_plural): len(rows)}
        return [str(row) for row in rows], count, lacking, in_the_way


def users_of(row: Model) -> list[str]:
    """What keeps the row from being deleted: ["Website: 1.204 leads", "Website: 1 vehicle"]."""
    lines = []
    for relation in row._meta.related_objects:
        if relation.on_delete is not PROTECT:
            continue
        rows = relation.related_model._base_manager.filter(**{relation.field.name: row})
        if found := rows[: COUNT_LIMIT + 1].count():
            lines.append(
                _("%(name)s: %(count)s %(things)s")
                % {
                    "name": row,
                    "count": _shown(found),
                    "things": model_ngettext(relation.related_model._meta, found),
                }
            )
    return lines


def _shown(count: int) -> str:
    if count > COUNT_LIMIT:
        return _("more than %(count)s") % {"count": number_format(COUNT_LIMIT)}
    return number_format(count)
