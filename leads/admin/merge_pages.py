"""Merging in the admin: the page that compares two rows, and what is shown of it afterwards.

A mixin for the admins of customers and leads. Old addresses of merged rows lead to the kept one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from leads.admin.base import DealerAdmin
from leads.admin.compare import compare, shown_choices
from leads.admin.display import moment
from leads.admin.wall import dealers_where, has_right_at, rows_at, user_of
from leads.models import Customer, Lead, Merge, User
from leads.services.forwarding import resolve_customer, resolve_lead
from leads.services.merge_fields import UnknownChoice
from leads.services.merge_rows import MergeRefused
from leads.services.merging import merge_customers, merge_leads

Row = Customer | Lead

SHOWN_MERGES = 10  # on the page of the kept row


def may_merge(user: User, kind: str, dealer_id: int) -> bool:
    """Both rights, in the dealer of the rows."""
    return has_right_at(user, f"leads.merge_{kind}", dealer_id) and has_right_at(
        user, f"leads.change_{kind}", dealer_id
    )


def back_url(request: HttpRequest, otherwise: str) -> str:
    """Where the click came from, if that is a page of ours."""
    came_from = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
        return came_from
    return otherwise


def with_button(request: HttpRequest, text: str, *, url: str, back: str = "") -> SafeString:
    """A message with the button that takes back what it tells."""
    return format_html(
        '{} <form class="lo-undo" method="post" action="{}">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="next" value="{}">'
        '<button class="lo-undo-button" type="submit">{}</button></form>',
        text,
        url,
        get_token(request),
        back,
        _("Undo"),
    )


# By Merge.Kind
_SERVICES: dict[str, Any] = {"customer": merge_customers, "lead": merge_leads}
_RESOLVERS: dict[str, Any] = {"customer": resolve_customer, "lead": resolve_lead}


class MergePages(DealerAdmin):
    """Rights are asked for both rows again at every click."""

    merge_kind: ClassVar[str]  # a Merge.Kind; also the model's name
    merge_title: Any
    # What the page needs of a row besides its own columns.
    compared_related: ClassVar[Sequence[str]] = ()

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "merge", obj)

    def get_urls(self) -> list[Any]:
        own = self.address("<int:kept>/merge/<int:merged>/", "merge", self.merge_view)
        return [own, *super().get_urls()]

    # Comparing

    def merge_view(self, request: HttpRequest, kept: int, merged: int) -> HttpResponse:
        for pk in (kept, merged):
            if (target := self.forwarded(request, pk)) is not None:
                self.message_user(request, _("One of the two has already been merged."))
                return HttpResponseRedirect(self._page_url(target.pk))
        first, second = self._pair(request, kept, merged)
        if request.method == "POST":
            return self._merge(request, first, second)
        return self._compare(request, first, second)

    def _pair(self, request: HttpRequest, kept: int, merged: int) -> tuple[Any, Any]:
        """Both rows; foreign ones do not exist, and nobody is compared with themselves."""
        rows = self.get_queryset(request).select_related(*self.compared_related)
        # One by one: a number too large for the database is not found, in a list it is an error.
        first, second = (rows.filter(pk=pk).first() for pk in (kept, merged))
        if first is None or second is None or kept == merged:
            raise Http404
        if first.dealer_id != second.dealer_id:
            raise Http404
        return first, second

    def _compare(self, request: HttpRequest, kept: Any, merged: Any) -> HttpResponse:
        now = timezone.now()
        user = user_of(request)
        rows = compare(kept, merged, user=user, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.merge_title,
            "sides": [
                {"row": row, "is_kept": row is kept, **self.side(request, row, now=now)}
                for row in (kept, merged)
            ],
            "different": [row for row in rows if not row.is_same],
            "same": [row for row in rows if row.is_same],
            "seen": f"{kept.version}-{merged.version}",
            "may_merge": may_merge(user, self.merge_kind, kept.dealer_id),
            "swap_url": self._swap_url(request, kept, merged),
            "back": back_url(request, ""),
            **self.compared(request, kept, merged),
        }
        return TemplateResponse(request, "admin/leads/merge/compare.html", context)

    def _swap_url(self, request: HttpRequest, kept: Any, merged: Any) -> str:
        query = urlencode({"next": back_url(request, "")}) if back_url(request, "") else ""
        url = merge_url(self.merge_kind, merged.pk, kept.pk)
        return f"{url}?{query}" if query else url

    def side(self, request: HttpRequest, row: Any, *, now: datetime) -> dict[str, Any]:
        """What stands above and below one side: name, url, lines, lists."""
        raise NotImplementedError

    def compared(self, request: HttpRequest, kept: Any, merged: Any) -> dict[str, Any]:
        """More for the page as a whole."""
        return {}

    # Merging

    def _merge(self, request: HttpRequest, kept: Any, merged: Any) -> HttpResponse:
        user = user_of(request)
        if not may_merge(user, self.merge_kind, kept.dealer_id):
            raise PermissionDenied
        names = [choice.name for choice in shown_choices(kept, user)]
        values = {
            name: request.POST[f"take-{name}"] for name in names if f"take-{name}" in request.POST
        }
        merge = _SERVICES[self.merge_kind]
        seen = _versions(request.POST.get("seen", ""))
        try:
            done = merge(kept, merged, values=values, by=user, now=timezone.now(), seen=seen)
        except (MergeRefused, UnknownChoice) as error:
            text = str(error) if isinstance(error, MergeRefused) else _("Please choose again.")
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        page = self._page_url(kept.pk)
        undo = reverse("admin:leads_merge_undo", args=[done.pk])
        text = with_button(request, self.merged_text(kept, merged), url=undo, back=page)
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(back_url(request, page))

    def merged_text(self, kept: Any, merged: Any) -> str:
        raise NotImplementedError

    @action(description=gettext_lazy("Merge …"), permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Two rows side by side; the older one is kept unless somebody swaps them."""
        rows = list(queryset.order_by("pk")[:3])
        if len(rows) != 2 or rows[0].dealer_id != rows[1].dealer_id:
            self.message_user(request, _("Please select exactly two."), messages.WARNING)
            return None
        url = merge_url(self.merge_kind, rows[0].pk, rows[1].pk)
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{url}?{query}")

    # Afterwards

    def merged_lines(
        self, request: HttpRequest, row: Row, *, now: datetime
    ) -> list[dict[str, Any]]:
        """ "Merged with … on …" for the page of the kept row, the latest first."""
        merges = list(_merges_into(self.merge_kind, row)[:SHOWN_MERGES])
        if not merges:
            return []
        rows = self.model._default_manager.in_bulk([one.merged_id for one in merges])
        may_undo = may_merge(user_of(request), self.merge_kind, row.dealer_id)
        return [
            {
                "merge": one,
                "name": self.name_of(rows[one.merged_id]),
                "at": moment(one.at, now=now),
                "by": one.by or "",
                "may_undo": may_undo,
                "back": self._page_url(row.pk),
            }
            for one in merges
            if one.merged_id in rows
        ]

    def name_of(self, row: Any) -> str:
        raise NotImplementedError

    # Old addresses

    def forwarded(self, request: HttpRequest, pk: int) -> Model | None:
        """The row that an old one became part of, as far as the user may see it."""
        allowed = dealers_where(
            user_of(request), self.permission("view"), self.permission("change")
        )
        rows = rows_at(self.rows_ever(request).filter(pk=pk), allowed)
        old = rows.exclude(merged_into=None).first()
        if old is None:
            return None
        target = _RESOLVERS[self.merge_kind](old.dealer_id, old.pk)
        return self.get_queryset(request).filter(pk=target.pk).first() if target else None

    def rows_ever(self, request: HttpRequest) -> QuerySet[Any]:
        """Merged ones too; the dealers are looked at elsewhere."""
        return self.model._default_manager.all()

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        is_number = object_id.isascii() and object_id.isdecimal()
        target = self.forwarded(request, int(object_id)) if is_number else None
        if target is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        self.message_user(request, self.forwarded_text(int(object_id)), messages.INFO)
        if request.method == "POST":
            self.message_user(request, _("What you entered was not saved."), messages.WARNING)
        return HttpResponseRedirect(self._page_url(target.pk))

    def forwarded_text(self, pk: int) -> str:
        raise NotImplementedError

    def _page_url(self, pk: int) -> str:
        return reverse(f"admin:leads_{self.merge_kind}_change", args=[pk])


def merge_url(kind: str, kept: int, merged: int) -> str:
    return reverse(f"admin:leads_{kind}_merge", args=[kept, merged])


def _merges_into(kind: str, row: Row) -> QuerySet[Merge]:
    """What became part of the row by itself, and can be separated again."""
    rows = Merge.objects.for_dealer(row.dealer_id).filter(kind=kind, kept_id=row.pk, undone_at=None)
    return rows.select_related("by").defer("before")


def _versions(text: str) -> tuple[int, int]:
    """ "3-5": the versions that somebody has compared; nothing of the kind fits no row."""
    found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)
