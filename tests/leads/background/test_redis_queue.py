"""The queue on Redis: a real server, real workers."""

import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from django.conf import settings

from tests.leads.background.examples import traces
from tests.leads.background.processes import database_url, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on this machine"),
]


@pytest.fixture
def redis(tmp_path):
    """A server of its own; the variables of processes that use it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)

    def answers():
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    yield {
        **os.environ,
        "DATABASE_URL": database_url(),
        "QUEUE_REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "GATE": str(tmp_path),
    }
    server.kill()
    server.wait()


def manage(redis, *arguments):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=redis, capture_output=True, text=True, check=True
    )


def run(redis, *lines):
    """A process of the office that enqueues something."""
    given = "from django.db import transaction\nfrom tests.leads.background import examples"
    return manage(redis, "shell", "-v", "0", "-c", "\n".join([given, *lines])).stdout


def failures(redis):
    """What Redis keeps of jobs that were given up."""
    return run(
        redis,
        "import django_rq",
        "queue = django_rq.get_queue('default')",
        "registry = queue.failed_job_registry",
        "print([registry.job_class.fetch(one, connection=queue.connection).latest_result()"
        ".exc_string for one in registry.get_job_ids()])",
    )


def test_jobs_are_done_after_the_commit_as_often_as_their_task_says(redis):
    run(
        redis,
        "with transaction.atomic():",
        "    examples.work.enqueue(1)",
        "try:",
        "    with transaction.atomic():",
        "        examples.work.enqueue(2)",
        "        raise KeyError",
        "except KeyError:",
        "    pass",
        # Without the pauses of the policy.
        "from dataclasses import replace",
        "from datetime import timedelta",
        "from leads.background import Retry",
        "quick = Retry(attempts=3, first_delay=timedelta(0))",
        "replace(examples.fail, retry=quick).enqueue(1)",
        "from leads.background.tasks import NotAnId",
        "try:",
        "    examples.work.enqueue('Max Mustermann')",
        "except NotAnId:",
        "    examples.work.enqueue(3)",
    )
    assert traces("work 1") == 0  # nobody has worked yet

    manage(redis, "rqworker", "--burst")

    assert [traces(f"work {number}") for number in (1, 2, 3)] == [1, 0, 1]
    assert traces("fail 1") == 3
    kept = failures(redis)
    assert "ValueError" in kept
    assert "max@" not in kept


def age(redis):
    """As if nobody had heard of the running jobs for an hour."""
    run(
        redis,
        "import django_rq",
        "registry = django_rq.get_queue('default').started_job_registry",
        "for name in registry.connection.zrange(registry.key, 0, -1):",
        "    registry.connection.zincrby(registry.key, -3600, name)",
    )


def test_a_job_of_a_killed_worker_is_done_by_another(redis, tmp_path):
    run(
        redis,
        "from dataclasses import replace",
        "from datetime import timedelta",
        "from leads.background import Retry",
        "quick = Retry(attempts=2, first_delay=timedelta(0))",  # without the pause of the policy
        "replace(examples.wait_for_gate, retry=quick).enqueue(1)",
    )
    command = [sys.executable, "manage.py", "rqworker"]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=redis)
    try:
        [started] = until(lambda: list(tmp_path.glob("started-*")))
    finally:
        worker.kill()
    os.kill(int(started.name.partition("-")[2]), signal.SIGKILL)  # its copy that does the job
    worker.wait()
    (tmp_path / "go").touch()

    age(redis)
    manage(redis, "rqworker", "--burst")

    assert (traces("begun 1"), traces("through 1")) == (2, 1)


def test_a_worker_that_is_asked_to_end_finishes_its_job(redis, tmp_path):
    run(redis, "examples.wait_for_gate.enqueue(1)", "examples.work.enqueue(2)")
    command = [sys.executable, "manage.py", "rqworker"]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=redis)
    try:
        until(lambda: list(tmp_path.glob("started-*")))
        worker.send_signal(signal.SIGTERM)
        (tmp_path / "go").touch()
        assert worker.wait(30) == 0
    finally:
        worker.kill()

    assert (traces("through 1"), traces("work 2")) == (1, 0)
    manage(redis, "rqworker", "--burst")
    assert traces("work 2") == 1
