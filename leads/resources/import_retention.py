"""Rows and files of lists are kept for a while and then deleted; the line about each list stays."""

from __future__ import annotations

from datetime import datetime

from leads.models.list_import import ImportState, ListImport, ListRow


def delete_old_rows(*, now: datetime) -> int:
    """Of how many imports. Those that nobody has finished are cancelled by it."""
    old = list(ListImport.objects.with_old_rows(now))
    for one in old:
        one.delete_file()
        one.delete_workbooks()
        ListRow.objects.for_dealer(one.dealer_id).filter(list_import=one).delete()
        one.info, one.rows_deleted_at = {}, now
        if not one.is_over:
            one.state = ImportState.DONE if one.done_count else ImportState.CANCELLED
        one.save()
    return len(old)
