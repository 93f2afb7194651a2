"""Workers to kill: a process that has loaded Django and forks a worker for each line it reads.

It answers with the worker's process id, at once: loading Django takes longer than the whole life
of a worker in these tests.
"""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import django
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).parents[3]
NAME = "nursery"  # by which PostgreSQL knows the workers' connections


@contextmanager
def nursery():
    """A function that starts a worker on the database of this test and returns its process id."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(connection.settings_dict),
        "OUTBOUND_ALLOW_LOOPBACK": "True",
        "PGAPPNAME": NAME,
    }
    command = [sys.executable, "-m", "tests.integrations.webhooks.nursery"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as mother:

        def start():
            mother.stdin.write("\n")
            mother.stdin.flush()
            return int(mother.stdout.readline())

        try:
            yield start
        finally:
            mother.stdin.close()  # she takes her last children with her


def database_url(database):
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    password = quote(database["PASSWORD"], safe="")
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return f"postgres://{database['USER']}:{password}@{place}"


def main():
    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    children = []
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            call_command("worker")
            os._exit(0)
        children.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for pid in children[-1:]:  # the others were killed, their numbers may be used again
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
