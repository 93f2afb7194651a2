"""Background tasks of the office; how to declare, enqueue and schedule one: leads/background.

Each reads the clock and calls one service. A task that runs at a certain time also needs its line
in settings.SCHEDULES.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from leads.admin.readers import process_again
from leads.background import Retry, pruning
from leads.models import ChangeBatch, Dealer, Export, ListImport, User
from leads.resources import (
    exporting,
    import_checking,
    import_retention,
    import_running,
    import_staging,
    import_workbooks,
)
from leads.services import retention
from leads.services.rescoring import rescore
from leads.services.undoing import carry_on

# For work that keeps what it has done: each attempt goes on where the last one was stopped.
_STEADY = Retry(attempts=50, longest_delay=timedelta(minutes=1))


@task(title=_("Delete old jobs and stored answers"))
def prune() -> int:
    """How many rows went."""
    return pruning.prune(now=timezone.now())


@task(title=_("Compute all scores anew"))
def rescore_all() -> int:
    """A job for each dealer; how many."""
    dealers = Dealer.objects.filter(is_active=True).values_list("pk", flat=True)
    for dealer_id in dealers:
        rescore_open_leads.enqueue(dealer_id)
    return len(dealers)


@task(title=_("Compute the scores of a dealer's open leads anew"))
def rescore_open_leads(dealer_id: int) -> int:
    """How many scores have changed."""
    return rescore(Dealer.objects.get(pk=dealer_id), now=timezone.now())


@task(title=_("Compute the scores with new weights"))
def rescore_every_lead(dealer_id: int) -> int:
    """How many scores have changed."""
    return rescore(Dealer.objects.get(pk=dealer_id), now=timezone.now(), with_closed=True)


@task(title=_("Delete messages as received that are old"))
def delete_raw_messages() -> int:
    """A job for each dealer, also for those that are switched off; how many."""
    dealers = Dealer.objects.values_list("pk", flat=True)
    for dealer_id in dealers:
        delete_raw_messages_of.enqueue(dealer_id)
    return len(dealers)


@task(title=_("Delete a dealer's messages as received that are old"))
def delete_raw_messages_of(dealer_id: int) -> int:
    """How many messages."""
    return retention.delete_raw_messages(Dealer.objects.get(pk=dealer_id), now=timezone.now())


@task(title=_("Undo a bulk change"))
def carry_on_undoing(batch_id: int) -> int:
    """How many leads are as before. Stopped at any time, it goes on where it was."""
    batch = ChangeBatch.objects.get(pk=batch_id)
    _go_on(carry_on, batch)
    batch.refresh_from_db()
    return batch.taken_back_count


@task(title=_("Process messages again"))
def process_entries_again(dealer_id: int, entry_ids: list[int], user_id: int) -> int:
    """How many became leads, or part of one."""
    dealer, user = Dealer.objects.get(pk=dealer_id), User.objects.filter(pk=user_id).first()
    entries = process_again(dealer, entry_ids, by=user, now=timezone.now())
    return sum(entry.lead is not None for entry in entries)


@task(title=_("Write an exported list"), retry=Retry(attempts=3))
def write_export(dealer_id: int, export_id: int) -> int:
    """How many leads."""
    export = Export.objects.for_dealer(dealer_id).get(pk=export_id)
    return exporting.write_for_download(export, clock=timezone.now)


@task(title=_("Delete exported lists after a day"))
def delete_old_exports() -> int:
    """How many files."""
    return exporting.delete_old_files(now=timezone.now())


@task(title=_("Read a list"), retry=Retry(attempts=3))
def read_list(dealer_id: int, import_id: int) -> int:
    """How many rows."""
    found = _list_import(dealer_id, import_id)
    import_staging.read_list(found, now=timezone.now())
    return found.row_count


@task(title=_("Check a list"), retry=_STEADY)
def check_list(dealer_id: int, import_id: int) -> int:
    """How many rows. Stopped at any time, it goes on where it was."""
    found = _list_import(dealer_id, import_id)
    _go_on(import_checking.check_portion, found)
    return found.checked_count


@task(title=_("Import a list"), retry=_STEADY)
def import_list(dealer_id: int, import_id: int) -> int:
    """How many rows. Stopped at any time, it goes on where it was."""
    found = _list_import(dealer_id, import_id)
    _go_on(import_running.import_portion, found)
    return found.done_count


@task(title=_("Write the result of an import"), retry=Retry(attempts=3))
def write_import_result(dealer_id: int, import_id: int) -> None:
    found = _list_import(dealer_id, import_id)
    import_workbooks.write_for_download(found, import_workbooks.RESULT)


@task(title=_("Write the bad rows of an import"), retry=Retry(attempts=3))
def write_import_errors(dealer_id: int, import_id: int) -> None:
    found = _list_import(dealer_id, import_id)
    import_workbooks.write_for_download(found, import_workbooks.ERRORS)


def _go_on(do_portion: Callable[..., bool], row: Model) -> None:
    """Until nothing is left to do."""
    while do_portion(row, now=timezone.now()):
        pass


def _list_import(dealer_id: int, import_id: int) -> ListImport:
    return ListImport.objects.for_dealer(dealer_id).get(pk=import_id)


@task(title=_("Delete rows of old imports"))
def delete_old_lists() -> int:
    """How many imports have lost their rows."""
    return import_retention.delete_old_rows(now=timezone.now())
