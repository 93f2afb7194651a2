"""Real workers in processes of their own, on the database of the test."""

import os
import signal
import subprocess
import sys
import time
from urllib.parse import quote

from django.conf import settings
from django.db import connection, connections

PATIENCE = 30  # seconds


def database_url():
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password = quote(values["USER"]), quote(values["PASSWORD"])
    return f"postgres://{user}:{password}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


class Workers:
    """Starts workers; ends what is left of them."""

    def __init__(self, gate):
        self.gate = gate
        self.processes = []

    def start(self, *arguments, **environment):
        log = (self.gate / f"log-{len(self.processes)}").open("w")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database_url(),
                "DJANGO_SETTINGS_MODULE": "tests.leads.background.worker_settings",
                "GATE": str(self.gate),
                "WORKER_HEARTBEAT": "0.2",
                "WORKER_LEASE": "1",
                "WORKER_HOUSEKEEPING": "0.2",
                "WORKER_GRACE": "0.5",
                **environment,
            },
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process

    def open_gate(self):
        (self.gate / "go").touch()

    def started(self):
        """The process ids of the workers that have begun a job that waits for the gate."""
        return {int(path.name.partition("-")[2]) for path in self.gate.glob("started-*")}

    def log(self):
        """What all workers wrote so far."""
        return "".join(path.read_text() for path in sorted(self.gate.glob("log-*")))

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
        sys.stderr.write(self.log())  # shown when the test fails


def forked(work):
    """Runs work() in a copy of this process, on connections of its own; the copy's id."""
    connections.close_all()
    process = os.fork()
    if process == 0:
        try:
            for alias in connections:
                # Not those that are open in this thread: Playwright's event loop has connections of
                # its own, does not run in the copy, and what shows there instead is the connection
                # of the tests before it, whose socket all copies would share.
                connections[alias] = connections[alias].copy()
            work()
        finally:
            os._exit(0)
    return process


def until(condition, *, every=0.05):
    """Wait until the condition holds, looking every so many seconds; its value."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(every)
    raise AssertionError("it did not happen in time")
