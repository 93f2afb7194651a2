"""Who may undo a bulk change, and the button for it in the message that tells of one."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from leads.admin.merge_pages import may_merge, with_button
from leads.admin.wall import has_right_at, user_of
from leads.models import ChangeBatch, EntryChange, ListKind, User

UNDO = "leads.undo_changebatch"
UNDO_OWN = "leads.undo_own_changebatch"


def may_undo(user: User, batch: ChangeBatch) -> bool:
    """With the right to undo all of the dealer's; one's own edits, but no imports, with the right
    to undo these; merges with the right to merge; imports of a catalogue only with the right to
    import it, or the page would be a way round that."""
    if batch.merge is not None:
        return may_merge(user, batch.merge.kind, batch.dealer_id)
    if batch.list_kind == ListKind.ENTRIES and not _may_import_entries(user, batch):
        return False
    if has_right_at(user, UNDO, batch.dealer_id):
        return True
    is_own = batch.by_id == user.pk and batch.kind in ChangeBatch.EDITS
    return is_own and has_right_at(user, UNDO_OWN, batch.dealer_id)


def _may_import_entries(user: User, batch: ChangeBatch) -> bool:
    catalogues = EntryChange.objects.filter(change_batch=batch).values_list("catalogue", flat=True)
    catalogue = catalogues.first()
    right = f"leads.import_{catalogue}"
    return catalogue is not None and has_right_at(user, right, batch.dealer_id)


def with_undo(
    request: HttpRequest, text: str, batches: Sequence[ChangeBatch], *, back: str = ""
) -> SafeString | str:
    """A message with the button that takes back what it tells, one for each dealer; `back`: the
    page to which that leads, if not this one."""
    urls = [
        reverse("admin:leads_changebatch_undo", args=[one.pk])
        for one in batches
        if may_undo(user_of(request), one)
    ]
    if not urls:
        return text
    back = back or request.get_full_path()
    first, *more = (
        with_button(request, text if n == 0 else "", url=url, back=back)
        for n, url in enumerate(urls)
    )
    return format_html_join("", "{}", [(one,) for one in (first, *more)])
