"""A partner that answers whatever a test tells it, in whatever manner."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Partner:
    """Answers each request with the next of its answers; the last one stays."""

    def __init__(self):
        self.answers = []
        self.requests = []
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                partner.requests.append((self.command, self.path, self.headers, body))
                answers = partner.answers
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            do_POST = do_GET

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()


def says(status=200, body=b"{}", **headers):
    """An answer in one piece; `body` as bytes or as what becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()

    def send(handler):
        handler.send_response(status)
        for name, value in {"Content_Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def drips(head, *, endless):
    """Sends `head`, then one byte every now and then until the other side hangs up."""

    def send(handler):
        handler.close_connection = True
        try:
            handler.wfile.write(head)
            while True:
                handler.wfile.write(endless)
                time.sleep(0.02)
        except OSError:
            pass

    return send
