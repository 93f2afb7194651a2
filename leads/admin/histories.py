"""The pages that show who changed what."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from leads.admin.base import DealerAdmin
from leads.admin.history import ChangeWords, unimportant_fields


class DealerHistoryAdmin(SimpleHistoryAdmin, DealerAdmin):
    """For models with a history of changes: who changed what, within the wall and the rights."""

    object_history_list_template = "admin/leads/history_list.html"
    history_list_per_page = 50

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        # The library falls back to the history of a row that is not there, foreign ones included.
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, *args: Any, **kwargs: Any) -> Any:
        # Old versions are shown as a list of changes; going back to one would bypass the services.
        raise Http404

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        newer = None
        for older in historical_records:
            if newer is not None:
                delta = newer.diff_against(
                    older,
                    excluded_fields=unimportant_fields(self.model)
                    | self.hidden_fields(request, older.instance),
                    foreign_keys_are_objs=foreign_keys_are_objs,
                )
                words = ChangeWords(self.model, newer)
                newer.history_delta_changes = words.context_for_delta_changes(delta)
            newer = older
