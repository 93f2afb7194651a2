"""One message on the wire: to the checked address, within limits, following nothing."""

import ipaddress
import socket
import ssl
import time
from datetime import timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone, translation

from integrations.webhooks import sending
from tests.integrations.rough_partner import drips, says

BODY = '{"ort":"Köln"}'.encode()


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def send(url, resolve=None):
    return sending.post(
        url, BODY, {"webhook-id": "msg_1"}, **({"resolve": resolve} if resolve else {})
    )


def test_body_and_headers_arrive_as_they_were_given(receiver):
    answer = send(f"{receiver.url}/hook?key=1")

    [(method, path, headers, body)] = receiver.requests
    assert (method, path, body) == ("POST", "/hook?key=1", BODY)
    assert headers["webhook-id"] == "msg_1"
    assert headers["User-Agent"].startswith("LeadOffice")
    assert (answer.status, answer.is_good, answer.problem) == (204, True, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(receiver, status):
    receiver.answers = [says(status, b"")]

    assert send(receiver.url).is_good


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_everything_else_is_not(receiver, status):
    receiver.answers = [says(status, b"broken", Retry_After="7")]
    answer = send(receiver.url)

    assert not answer.is_good
    assert (answer.status, answer.text, answer.retry_after) == (status, "broken", "7")
    assert str(status) in answer.problem


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    receiver.answers = [says(status, b"", Location=f"{receiver.url}/elsewhere")]
    answer = send(receiver.url)

    assert answer.status == status
    assert "not followed" in answer.problem
    assert len(receiver.requests) == 1


def test_of_the_answer_the_first_kilobyte_is_kept_as_text(receiver):
    receiver.answers = [says(500, b"<b>\x00\x1b[31m\xff" + b"x" * 50_000)]
    answer = send(receiver.url)

    assert answer.text.startswith("<b>")
    assert "\x00" not in answer.text
    assert "\x1b" not in answer.text
    assert len(answer.text) <= 1024


def test_an_answer_that_never_ends_is_cut_off(receiver, monkeypatch):
    monkeypatch.setattr(sending, "TOTAL_TIMEOUT", 1)
    receiver.answers = [drips(b"HTTP/1.1 ", endless=b"2")]
    started_at = time.monotonic()
    answer = send(receiver.url)

    assert not answer.is_good
    assert "did not answer within 1 seconds" in answer.problem
    assert time.monotonic() - started_at < 3


def test_success_said_and_then_dripping_is_success(receiver, monkeypatch):
    monkeypatch.setattr(sending, "TOTAL_TIMEOUT", 1)
    receiver.answers = [drips(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", endless=b"x")]

    assert send(receiver.url).is_good


def test_nobody_there(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = send(f"http://127.0.0.1:{port}/")

    assert (answer.status, answer.problem) == (None, "The receiver cannot be reached.")


def test_no_proxy_and_no_passwords_of_this_machine_are_used(receiver, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert send(receiver.url).is_good
    assert "Authorization" not in receiver.requests[0][2]


# --- where the connection goes -------------------------------------------------------------------


def test_an_inner_address_is_never_connected_to(receiver, settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    answer = send(receiver.url)

    assert receiver.requests == []
    assert answer.status is None
    assert answer.problem


def test_a_name_that_points_inside_by_now_is_refused_before_connecting(receiver, settings):
    """It was public when it was saved; each sending asks again."""
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    settings.WEBHOOK_PORTS = [receiver.server.server_port]
    answer = send(f"https://hooks.example.com:{receiver.server.server_port}/", inside)

    assert receiver.requests == []
    assert "not an address of the public internet" in answer.problem


def inside(host, port):
    return ["127.0.0.1"]


def test_the_connection_goes_to_the_checked_address_under_the_hosts_name(receiver):
    """The name is asked for once: whatever it says a moment later does not matter."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["203.0.113.9"]

    port = receiver.server.server_port
    answer = send(f"http://hooks.example.invalid:{port}/hook", rebinding)

    assert answer.is_good
    assert asked == ["hooks.example.invalid"]
    assert receiver.requests[0][2]["Host"] == f"hooks.example.invalid:{port}"


def test_of_several_addresses_the_first_that_is_open_is_used(receiver):
    answer = send(
        f"http://hooks.example.invalid:{receiver.server.server_port}/",
        lambda host, port: ["127.0.0.2", "::1", "127.0.0.1"],
    )

    assert answer.is_good
    assert len(receiver.requests) == 1


class TlsServer:
    """Notes the name that callers ask for, and offers a certificate that nobody vouches for."""

    def __init__(self):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.invalid")])
        now = timezone.now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName(
                    [
                        x509.DNSName("hooks.example.invalid"),
                        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    ]
                ),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.names = []

    def serve(self, path):
        (path / "server.pem").write_bytes(self.pem + self.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path / "server.pem")
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        Thread(target=self._serve, args=(context,), daemon=True).start()

    def _serve(self, context):
        connected, _address = self.socket.accept()
        try:
            with context.wrap_socket(connected, server_side=True):
                pass
        except OSError:
            pass  # the caller did not like the certificate


def test_tls_asks_for_the_host_by_name_and_checks_its_certificate(settings, tmp_path):
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    server = TlsServer()
    server.serve(tmp_path)
    with server.socket:
        answer = send(f"https://hooks.example.invalid:{server.port}/", inside)

    assert server.names == ["hooks.example.invalid"]
    assert (answer.status, answer.problem) == (None, "The receiver's certificate is not valid.")
