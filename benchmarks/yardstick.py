"""The bare project's side of a benchmark, in a database of its own on the same server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.office import enquiry
from benchmarks.serving import ROOT, Post, Server, as_json, serving


class Prepared(NamedTuple):
    token: str
    dealer: int
    status: int
    source: int


@contextmanager
def yardstick() -> Iterator[tuple[Server, Prepared]]:
    with serving("benchmarks.stock.wsgi", settings="benchmarks.stock.settings") as server:
        yield server, _prepare()


def posts(prepared: Prepared, number: int) -> Iterator[Post]:
    """The same enquiries, flat."""
    headers = {
        "Authorization": f"Token {prepared.token}",
        "Content-Type": "application/json",
    }
    for _ in range(number):
        said = enquiry()
        flat = {**said, **said.pop("contact"), **said.pop("address")}
        flat |= {"dealer": prepared.dealer, "status": prepared.status, "source": prepared.source}
        yield Post("/leads/", headers, as_json(flat))


def _prepare() -> Prepared:
    command = [sys.executable, "-m", "benchmarks.stock.prepare"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.stock.settings"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    token, *ids = done.stdout.split()
    return Prepared(token, *map(int, ids))
