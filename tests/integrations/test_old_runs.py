"""Which runs are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import old_runs
from integrations.models import SyncRun
from tests.builders import make_connection

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.mark.django_db
def test_runs_that_brought_nothing_go_soon_the_others_after_more_than_a_year(settings):
    settings.KEEP_EMPTY_RUNS = 2 * DAY
    connection = make_connection()

    def run(days, **values):
        given = {"state": SyncRun.State.DONE, "started_at": NOW - days * DAY, **values}
        return SyncRun.objects.create(dealer=connection.dealer, connection=connection, **given)

    kept = [
        run(1),
        run(3, received=1),
        run(3, reported=1),
        run(3, state=SyncRun.State.FAILED, error="nicht erreichbar"),
        run(399, received=1),
        run(500, state=SyncRun.State.RUNNING),
    ]
    run(3)
    run(401, received=1)

    assert old_runs.prune(now=NOW) == 2
    assert set(SyncRun.objects.all()) == set(kept)
