"""The office behind a real server on loopback, and clients that go away."""

import json
import socket
import struct
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Thread

from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler

from leadoffice.wsgi import application
from tests.leads.api.conftest import LEADS


class _Server(ThreadedWSGIServer):
    daemon_threads = False  # closing waits for requests whose clients have gone
    request_queue_size = 100


class Office:
    """Sends requests of one API key over sockets of its own."""

    def __init__(self, port, secret):
        self.port = port
        self.headers = {"Authorization": f"Api-Key {secret}", "Content-Type": "application/json"}

    def send(self, method, path, body, **headers):
        """The answer: its status, its headers, and the JSON object in it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, _bytes(body), {**self.headers, **_names(headers)})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())
        finally:
            connection.close()

    def post(self, body, path=LEADS, **headers):
        return self.send("POST", path, body, **headers)

    def send_and_vanish(self, body, *, share=1.0, aborts=False, **headers):
        """POST a lead, or a share of it, and go without reading a byte of the answer.

        `aborts`: like a machine that fell over, instead of one that closes the connection.
        """
        sent = _bytes(body)
        fields = {**self.headers, **_names(headers), "Content-Length": len(sent)}
        head = [f"POST {LEADS} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        head += [f"{name}: {value}" for name, value in fields.items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as client:
            client.sendall("\r\n".join([*head, "", ""]).encode() + sent[: int(len(sent) * share)])
            if aborts:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def served(secret):
    """An Office. When the block is left, every request has been worked through to its end."""
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(application)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Office(server.server_port, secret)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _bytes(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _names(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}
