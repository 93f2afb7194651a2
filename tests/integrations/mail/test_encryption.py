"""Passwords and mails travel encrypted, to a server that shows who it is."""

import socket
import ssl
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from integrations import mail_inbox
from integrations.models import SyncRun
from integrations.simulator.imap import SimulatedMailbox
from leads.models import Lead
from tests.builders import make_mailbox
from tests.integrations.mail.letters import mail

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with key and certificate of this machine, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_only_a_server_with_a_trusted_certificate_hears_the_password(
    certificate, monkeypatch, encryption, is_trusted
):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with SimulatedMailbox(encryption=encryption, tls=tls) as server:
        connection = make_mailbox(port=server.port, mail_encryption=encryption)
        server.put(mail())

        run = mail_inbox.fetch(connection, now=timezone.now())

    assert Lead.objects.count() == int(is_trusted)
    assert ("LOGIN" in server.heard) is is_trusted
    assert ("Zertifikat" in run.error) is not is_trusted


def test_no_server_in_our_own_network_is_spoken_to(settings):
    """Outside of trials: a dealer's administrator enters its name."""
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    with SimulatedMailbox() as server:
        run = mail_inbox.fetch(make_mailbox(port=server.port), now=timezone.now())

        assert server.heard == []
    assert run.state == SyncRun.State.FAILED
    assert "„127.0.0.1“ ist keine Adresse im öffentlichen Internet." in run.error


def test_a_name_that_leads_into_our_own_network_a_moment_later_is_not_spoken_to(
    settings, monkeypatch
):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    answers = ["93.184.215.14"]

    def look_up(_host, port, *_options, **_more):
        address = answers.pop() if answers else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]

    with SimulatedMailbox() as server:
        connection = make_mailbox(
            port=server.port, mail_host="mail.example.com", mail_encryption="starttls"
        )
        monkeypatch.setattr(socket, "getaddrinfo", look_up)

        run = mail_inbox.fetch(connection, now=timezone.now())

        assert server.heard == []
    assert "„mail.example.com“ ist keine Adresse im öffentlichen Internet." in run.error
