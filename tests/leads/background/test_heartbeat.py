"""The sign of life of a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.background.heartbeat import Heartbeat
from leads.models import Worker

pytestmark = pytest.mark.django_db


def test_each_beat_is_seen_and_tells_the_trouble():
    heartbeat = Heartbeat("me", seconds=60)
    heartbeat.beat()
    long_ago = timezone.now() - timedelta(hours=1)
    Worker.objects.update(seen_at=long_ago)

    heartbeat.trouble = "some.round: " + "x" * 400
    heartbeat.beat()

    worker = Worker.objects.get()
    assert worker.seen_at > long_ago
    assert worker.trouble.startswith("some.round: x")
    assert list(Worker.objects.alive(timedelta(seconds=20))) == [worker]


def test_a_worker_whose_row_was_cleared_away_signs_on_again():
    heartbeat = Heartbeat("me", seconds=60)
    heartbeat.beat()
    Worker.objects.all().delete()

    heartbeat.beat()

    assert Worker.objects.get().name == "me"


def test_a_worker_that_was_not_seen_is_not_alive():
    Heartbeat("me", seconds=60).beat()
    Worker.objects.update(seen_at=timezone.now() - timedelta(seconds=21))

    assert not Worker.objects.alive(timedelta(seconds=20)).exists()
