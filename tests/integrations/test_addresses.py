"""Addresses that outsiders name: the public internet by https, nothing inside our network."""

from ipaddress import ip_network

import pytest

from integrations.addresses import AddressRefused, AddressUnknown, check_address

PUBLIC = "93.184.215.14"


@pytest.fixture(autouse=True)
def production(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = False


def names(*addresses):
    """A resolver that knows one host."""
    return lambda host, port: list(addresses)


def test_a_public_host_is_allowed_with_all_its_addresses():
    addresses = [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"]
    target = check_address("https://hooks.example.com/in?x=1", resolve=names(*addresses))

    assert target == ("https", "hooks.example.com", 443, addresses)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",  # decimal
        "0x7f000001",  # hexadecimal
        "0x7f.1",
        "0177.0.0.1",  # octal
        "0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "169.254.169.254",
        "[fe80::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
    ],
)
def test_every_spelling_of_an_inner_address_is_refused(host):
    """With the system's own resolver, which is what a connection would use."""
    with pytest.raises(AddressRefused):
        check_address(f"https://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",  # metadata of the cloud
        "100.100.100.200",  # … of another cloud, in the carriers' range
        "168.63.129.16",  # … and of a third, though public
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
        "240.0.0.1",
        "239.1.1.1",
        "fc00::1",
        "fd00:ec2::254",  # metadata of the cloud
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",  # multicast to the whole internet
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
        "64:ff9b:1::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:a00:1::1",  # 6to4 of 10.0.0.1
        "2001:0:7f00:1::1",  # Teredo by a server at 127.0.0.1
        "2001:0:5db8:d70e:0:0:f5ff:fffe",  # Teredo of a client at 10.0.0.1
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(address):
    with pytest.raises(AddressRefused) as error:
        check_address("https://hooks.example.com/", resolve=names(address))

    assert address not in str(error.value)  # what our network looks like is nobody's business


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "2606:2800:220:1::1946",
        f"::ffff:{PUBLIC}",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::1",
    ],
)
def test_a_name_that_leads_outside_is_allowed(address):
    assert check_address("https://hooks.example.com/", resolve=names(address))


def test_one_inner_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(AddressRefused):
        check_address("https://hooks.example.com/", resolve=names(PUBLIC, "10.0.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://",
        "https:///in",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com/ x",
        "https://hooks.example.com/\r\nX: y",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:x/",
        "https://[::1/",
        "https://①②⑦.⓪.⓪.①/",
        "",
    ],
)
def test_what_is_not_plain_https_is_refused(url):
    with pytest.raises(AddressRefused):
        check_address(url, resolve=names(PUBLIC))


def test_the_operator_may_allow_ports(settings):
    settings.WEBHOOK_PORTS = [443, 8443]

    assert check_address("https://hooks.example.com:8443/", resolve=names(PUBLIC)).port == 8443


def test_the_operator_may_allow_networks_of_their_own(settings):
    settings.OUTBOUND_PRIVATE_NETWORKS = [ip_network("10.20.0.0/24"), ip_network("fd12::/16")]

    assert check_address("https://crm.example/", resolve=names("10.20.0.7", "fd12::1"))
    with pytest.raises(AddressRefused):
        check_address("https://crm.example/", resolve=names("10.20.1.7"))


def test_this_machine_is_allowed_for_trials_only(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True

    assert check_address("http://127.0.0.1:8123/hook").addresses == ["127.0.0.1"]
    with pytest.raises(AddressRefused):
        check_address("http://crm.example/", resolve=names("127.0.0.1", "10.0.0.1"))
    with pytest.raises(AddressRefused):
        check_address("http://crm.example/", resolve=names(PUBLIC))


def test_a_name_that_nobody_knows_is_another_matter():
    def unknown(host, port):
        raise OSError

    with pytest.raises(AddressUnknown):
        check_address("https://hooks.example.com/", resolve=unknown)
    with pytest.raises(AddressUnknown):
        check_address("https://hooks.example.com/", resolve=names())
    with pytest.raises(AddressUnknown):
        check_address(f"https://{'a' * 70}.example/")
