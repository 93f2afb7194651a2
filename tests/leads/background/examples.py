"""Tasks for tests. Worker processes import them too, so nothing of pytest is imported here.

What they did is seen in the database: each run leaves a dealer named after it.
"""

import os
import time
from pathlib import Path
from uuid import uuid4

from django_tasks import task

from leads.background import Retry
from leads.models import Dealer


def leave_trace(name):
    Dealer.objects.create(name=f"{name} {uuid4()}")


def traces(name):
    return Dealer.objects.filter(name__startswith=f"{name} ").count()


@task
def work(number):
    leave_trace(f"work {number}")
    return number


@task(title="Work that fails", retry=Retry(attempts=3))
def fail(number):
    leave_trace(f"fail {number}")
    raise ValueError("@".join(["max", "example.org"]))


@task
def wait_for_gate(number):
    """Runs until the file "go" lies in the directory GATE; "started" in it says that it runs."""
    leave_trace(f"begun {number}")
    gate = Path(os.environ["GATE"])
    (gate / f"started-{os.getpid()}").touch()
    while not (gate / "go").exists():
        time.sleep(0.02)
    leave_trace(f"through {number}")


@task(retry=Retry(attempts=1))
def fail_once_and_for_all(number):
    fail.call(number)


@task
def ignore_everything(number):
    """Even what is not meant to be caught."""
    (Path(os.environ["GATE"]) / f"started-{os.getpid()}").touch()
    while True:
        try:
            time.sleep(0.02)
        except BaseException:
            continue


@task
def by_the_clock():
    leave_trace("clock")


waiting = []  # rows of a round


def handle_one():
    """A round: one row at a time."""
    if not waiting:
        return 0
    leave_trace(f"round {waiting.pop()}")
    return 1


def wait_long():
    """A round that takes its time."""
    (Path(os.environ["GATE"]) / f"started-{os.getpid()}").touch()
    time.sleep(300)


def break_down():
    raise KeyError("@".join(["max", "example.org"]))
