"""The HTTP room against a partner that misbehaves."""

import gzip
import ipaddress
import socket
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.http import (
    PartnerClient,
    PartnerMisconfigured,
    PartnerRefused,
    PartnerUnavailable,
)
from tests.integrations.rough_partner import Partner, drips, says


@pytest.fixture
def partner():
    with Partner() as partner:
        yield partner


@pytest.fixture
def client(partner):
    with PartnerClient(partner.url) as client:
        client.total_timeout = 5
        yield client


# --- what comes back -------------------------------------------------------------------------


def test_returns_the_json(partner, client):
    partner.answers = [says(body={"a": "ä"})]

    assert client.request("GET", "/x", params={"q": "1 2"}) == {"a": "ä"}
    [(method, path, headers, _body)] = partner.requests
    assert (method, path) == ("GET", "/x?q=1+2")
    assert headers["User-Agent"].startswith("LeadOffice")


def test_an_empty_answer_is_none(partner, client):
    partner.answers = [says(204, b"")]

    assert client.request("POST", "/x", json={}) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, PartnerRefused),
        (400, PartnerRefused),
        (401, PartnerMisconfigured),
        (403, PartnerMisconfigured),
        (404, PartnerRefused),
        (410, PartnerRefused),
        (422, PartnerRefused),
        (429, PartnerUnavailable),
        (500, PartnerUnavailable),
    ],
)
def test_the_status_decides_which_error_it_is(partner, client, status, error):
    partner.answers = [says(status, {"status": 200, "code": "ODD"}, Location="/elsewhere")]

    with pytest.raises(error) as raised:
        client.request("GET", "/x")

    assert raised.value.status == status
    assert len(partner.requests) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "about:blank", "status": 400, "code": "INVALID_REQUEST"}, "INVALID_REQUEST"),
        ({"timestamp": 1, "status": 400, "error": "Bad", "message": "m", "path": "/x"}, "Bad"),
        ({"error": "invalid_scope", "error_description": "no"}, "invalid_scope"),
        ({"code": "Max Mustermann, 0171 3920012"}, ""),
        ({"code": ["x"]}, ""),
        ([], ""),
        (b"", ""),
        (b"<html>Fehler</html>", ""),
        (b'{"code": "X', ""),
    ],
)
def test_error_bodies_of_all_kinds_are_understood(partner, client, body, code):
    partner.answers = [says(400, body)]

    with pytest.raises(PartnerRefused) as raised:
        client.request("GET", "/x")

    assert raised.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        says(body=b"<html></html>", Content_Type="text/html"),
        says(body=b'{"a": 1}', Content_Type="text/html"),
        says(body=b'{"leads": [{"leadId": "1"'),
        says(body=b'{"a": "\xff"}'),
        says(body=b"[" * 100_000),
        says(body=b"[" * 60 + b"]" * 60),
        says(body={"status": 503, "title": "Service Unavailable"}),
        says(body={"timestamp": "x", "status": 500, "error": "Internal Server Error"}),
        says(body={"error": "temporarily_unavailable"}),
    ],
)
def test_a_good_status_with_an_unusable_body_is_an_error(partner, client, answer):
    partner.answers = [answer]

    with pytest.raises(PartnerUnavailable):
        client.request("GET", "/x")


def test_numbers_that_json_does_not_know_stay_text(partner, client):
    partner.answers = [says(body=b'{"price": NaN, "rate": -Infinity}')]

    assert client.request("GET", "/x") == {"price": "NaN", "rate": "-Infinity"}


# --- repeating -------------------------------------------------------------------------------


def test_a_get_is_repeated_at_once_but_a_post_is_not(partner):
    with PartnerClient(partner.url) as client:
        partner.answers = [says(503), says(503), says(body={"ok": True})]
        assert client.request("GET", "/x") == {"ok": True}
        assert len(partner.requests) == 3

        partner.answers = [says(503), says(body={"ok": True})]
        with pytest.raises(PartnerUnavailable):
            client.request("POST", "/x", json={})
        assert len(partner.requests) == 4


def test_a_post_whose_answer_got_lost_is_not_repeated(partner, client):
    partner.answers = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]

    with pytest.raises(PartnerUnavailable):
        client.request("POST", "/x", json={})

    assert len(partner.requests) == 1


def test_nobody_listening_is_unavailable():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with (
            PartnerClient(f"http://127.0.0.1:{port}") as client,
            pytest.raises(PartnerUnavailable),
        ):
            client.request("POST", "/x")


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        says(body=b'"' + b"x" * 5000 + b'"'),
        says(body=gzip.compress(b'"' + b"x" * 5_000_000 + b'"'), Content_Encoding="gzip"),
        drips(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 900, endless=b"x" * 50),
    ],
    ids=["declared", "packed", "endless"],
)
def test_an_answer_over_the_byte_budget_is_not_read_to_its_end(partner, client, answer):
    client.max_bytes = 1000
    partner.answers = [answer]

    with pytest.raises(PartnerUnavailable, match="MB"):
        client.request("GET", "/x")


@pytest.mark.parametrize(
    ("head", "endless"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status line", "header", "body", "body without length", "chunks"],
)
def test_an_answer_that_drips_ends_with_the_total_time(partner, client, head, endless):
    client.total_timeout = 0.3
    partner.answers = [drips(head, endless=endless)]
    started_at = time.monotonic()

    with pytest.raises(PartnerUnavailable, match=r"(?i) 0 s"):
        client.request("GET", "/x")

    assert time.monotonic() - started_at < 3
    assert len(partner.requests) == 1


def test_a_short_answer_cut_off_by_the_partner_is_unavailable(partner, client):
    def send(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        handler.close_connection = True

    partner.answers = [send]

    with pytest.raises(PartnerUnavailable):
        client.request("GET", "/x")


def test_why_a_partner_cannot_be_reached_is_told_in_words(partner, client, monkeypatch):
    def hang_up(handler):
        handler.close_connection = True

    partner.answers = [hang_up, says(429)]
    with pytest.raises(PartnerUnavailable, match=r"\(die Verbindung brach ab\)"):
        client.request("POST", "/x")
    with pytest.raises(PartnerUnavailable, match=r"Fehler 429 \(zu viele Anfragen\) geantwortet"):
        client.request("POST", "/x")
    with (
        PartnerClient("http://127.0.0.1:1") as nobody,
        pytest.raises(PartnerUnavailable, match=r"\(dort antwortet niemand\)"),
    ):
        nobody.request("POST", "/x")

    def unknown(*_asked, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        PartnerClient("https://partner.example.org") as nowhere,
        pytest.raises(PartnerUnavailable, match=r"\(der Name ist unbekannt\)"),
    ):
        nowhere.request("POST", "/x")


def test_connections_are_kept_between_requests(partner, client):
    ports = []

    def send(handler):
        ports.append(handler.client_address[1])
        says()(handler)

    partner.answers = [send]
    client.request("GET", "/x")
    client.request("GET", "/x")

    assert ports[0] == ports[1]


# --- where to ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.org",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pass@partner.example.org",
        "https://",
        "partner.example.org",
        "https://partner.example.org/?key=1",
        "http://localhost.example.org",
        "http://127.0.0.1:port",
        "",
    ],
)
def test_other_addresses_than_https_are_not_called(url):
    with pytest.raises(PartnerMisconfigured):
        PartnerClient(url)


@pytest.mark.parametrize(
    "url", ["https://partner.example.org/api", "http://localhost:1", "http://[::1]:1"]
)
def test_https_and_this_machine_may_be_called(url):
    assert PartnerClient(url).base_url == url


def test_nothing_in_our_own_network_is_called(partner, settings):
    """A dealer's administrator enters the address, under whatever name."""
    with PartnerClient(partner.url) as client:
        settings.OUTBOUND_ALLOW_LOOPBACK = False
        with pytest.raises(PartnerMisconfigured, match=r"127\.0\.0\.1"):
            client.request("GET", "/health")
    with PartnerClient("https://localhost:1") as client, pytest.raises(PartnerMisconfigured):
        client.request("GET", "/")  # not even whether anybody listens there
    with pytest.raises(PartnerMisconfigured):
        PartnerClient(partner.url)  # plain http
    assert partner.requests == []

    settings.OUTBOUND_PRIVATE_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    with PartnerClient("https://127.0.0.1:1") as client, pytest.raises(PartnerUnavailable):
        client.request("GET", "/")


def test_a_proxy_of_the_environment_is_not_used(partner, client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    partner.answers = [says()]

    assert client.request("GET", "/x") == {}


# --- TLS ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "partner.pem"
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(pem, private, serialization.NoEncryption()) + signed.public_bytes(pem)
    )
    return path


@pytest.fixture
def tls_partner(certificate):
    with Partner() as partner:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        partner.server.socket = context.wrap_socket(partner.server.socket, server_side=True)
        partner.url = partner.url.replace("http://", "https://")
        yield partner


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tls_partner):
    tls_partner.answers = [says()]

    with PartnerClient(tls_partner.url) as client, pytest.raises(PartnerUnavailable):
        client.request("POST", "/x")

    assert tls_partner.requests == []


def test_the_total_time_holds_under_tls(tls_partner, certificate):
    tls_partner.answers = [says(body={"ok": True}), drips(b"HTTP/1.1 200 OK\r\n", endless=b"X")]
    with PartnerClient(tls_partner.url) as client:
        client._session.verify = str(certificate)
        client.total_timeout = 5
        assert client.request("GET", "/x") == {"ok": True}

        client.total_timeout = 0.3
        started_at = time.monotonic()
        with pytest.raises(PartnerUnavailable, match=r"(?i) 0 s"):
            client.request("GET", "/x")

    assert time.monotonic() - started_at < 3


def test_the_total_time_holds_while_tls_is_agreed():
    def agree(listener):
        connection, _address = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KB follows
            while True:
                connection.sendall(b"\x02")
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=agree, args=[listener], daemon=True).start()
        with PartnerClient(f"https://127.0.0.1:{listener.getsockname()[1]}") as client:
            client.total_timeout = 0.3
            started_at = time.monotonic()
            with pytest.raises(PartnerUnavailable, match=r"(?i) 0 s"):
                client.request("POST", "/x")

    assert time.monotonic() - started_at < 3
