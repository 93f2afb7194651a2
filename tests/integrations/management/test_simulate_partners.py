"""The simulator as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation


def test_does_not_start_where_it_could_do_harm(settings):
    settings.DEBUG = False

    with translation.override("de"), pytest.raises(CommandError, match="Geheimnis"):
        call_command("simulate_partners")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_tells_its_address_and_ends_at_once_when_asked(number):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_partners", "--port", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DEBUG": "True"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().split()[3]
        assert requests.get(f"{address}/log", timeout=5).json() == []
        started_at = time.monotonic()
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - started_at < 3
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_taken_port_is_named(settings):
    settings.DEBUG = True
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        before = signal.getsignal(signal.SIGTERM)
        try:
            with (
                translation.override("de"),
                pytest.raises(CommandError, match=f"Port {port} kann nicht"),
            ):
                call_command("simulate_partners", port=port)
        finally:
            signal.signal(signal.SIGTERM, before)
            signal.signal(signal.SIGINT, signal.default_int_handler)
