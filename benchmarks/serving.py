"""A real server for a benchmark, and clients that keep it busy."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Sample

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 16
_READY_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Post:
    """One request; the body is JSON already."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Server:
    """gunicorn with two processes of four threads, as the README says production runs."""

    def __init__(self, application: str, *, settings: str) -> None:
        self.port = _free_port()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            application,
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
        command += ["--no-control-socket", "--log-level", "error", "--keep-alive", "30"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment)

    def wait_until_ready(self) -> None:
        end = time.monotonic() + _READY_SECONDS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def processes(self) -> list[int]:
        """The server and its workers."""
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, path.read_text().split())]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def answer(self, posts: Iterable[Post], *, expected: int) -> Sample:
        """Send all posts over CLIENTS connections; every answer must have the expected status."""
        waiting = iter(list(posts))
        lock, answered, problems = threading.Lock(), [0], []
        cpu, started = _cpu_seconds(self.processes()), time.perf_counter()

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            for post in _taken(waiting, lock):
                connection.request("POST", post.path, post.body, dict(post.headers))
                response = connection.getresponse()
                body = response.read()
                if response.status != expected:
                    problems.append(f"{response.status}: {body[:500]!r}")
                    return
                with lock:
                    answered[0] += 1
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        if problems:
            raise RuntimeError(problems[0])
        pids = self.processes()
        return Sample(answered[0], seconds, _cpu_seconds(pids) - cpu, _peak_mb(pids))


@contextmanager
def serving(application: str, *, settings: str) -> Iterator[Server]:
    server = Server(application, settings=settings)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _taken(posts: Iterator[Post], lock: threading.Lock) -> Iterator[Post]:
    """Whatever no other client has taken."""
    while True:
        with lock:
            post = next(posts, None)
        if post is None:
            return
        yield post


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu_seconds(pids: Iterable[int]) -> float:
    total = 0
    for pid in pids:
        # The name, in brackets, may hold blanks; utime and stime are the 12th and 13th after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _peak_mb(pids: Iterable[int]) -> float:
    peak = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        peak += next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return peak / 1024
