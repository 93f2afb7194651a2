"""A list goes the whole way, for tests."""

import io

from django.utils import timezone

from leads.models import ImportOrigin, ImportState, Role
from leads.resources.import_checking import check_portion
from leads.resources.import_deciding import assign_columns, decide
from leads.resources.import_mapping import ListMapping
from leads.resources.import_running import import_portion, start
from leads.resources.import_staging import order_import
from tests import builders
from tests.leads.resources.making_lists import table


def upload(dealer, *rows, user=..., file_name="liste.xlsx", data=None, **options):
    """The list as it is after reading; `rows`: headers first."""
    data = data or table(*rows)
    if user is ...:
        user = builders.make_user(dealer, role=Role.MANAGER)
    return order_import(
        dealer,
        io.BytesIO(data),
        file_name=file_name,
        size=len(data),
        user=user,
        now=timezone.now(),
        # Read and checked at once, whatever the size.
        origin=ImportOrigin.COMMAND,
        **options,
    )


def check(found, *, on_existing=None, columns=None, fixed=None, **options):
    """Up to the preview, with what is proposed unless something else is said."""
    columns = columns or ListMapping.of(found).columns
    assign_columns(found, columns, fixed or {}, by=found.user, now=timezone.now())
    decide(
        found,
        on_existing=on_existing or found.on_existing,
        takes_duplicates=options.pop("takes_duplicates", False),
        takes_conflicts=options.pop("takes_conflicts", False),
        now=timezone.now(),
    )
    finish_check(found)
    return found


def finish_check(found):
    while check_portion(found, now=timezone.now()):
        pass


def run(found):
    start(found, now=timezone.now(), by_worker=False)
    while import_portion(found, now=timezone.now()):
        pass
    assert found.state == ImportState.DONE
    return found


def imported(dealer, *rows, user=..., **options):
    """All steps with what is proposed."""
    return run(check(upload(dealer, *rows, user=user), **options))


def plans(found):
    return list(found.rows.values_list("number", "plan"))


def outcomes(found):
    return list(found.rows.values_list("number", "outcome"))
