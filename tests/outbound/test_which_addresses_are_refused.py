"""The deny table of `domain/rules/addresses.py`, one case a line (reliability.md, A69 to A72)."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.addresses import parse_networks, refusal

EVERYWHERE = parse_networks("0.0.0.0/0, ::/0")

NEVER = """
A69 0.0.0.0
A69 0.1.2.3
A69 ::
A70 169.254.169.254
A70 169.254.0.1
A70 169.254.170.2
A70 fd00:ec2::254
A70 fd20:ce::254
A70 fd00:42::42
A70 fd00:c1::a9fe:a9fe
A70 100.100.100.200
A70 168.63.129.16
A70 192.0.0.192
A71 fe80::1
A71 febf:ffff::1
A71 fe80::1%eth0
A71 fe80::1%25eth0
A71 ::ffff:169.254.169.254
A71 ::ffff:0.0.0.0
A71 ::ffff:224.0.0.1
A71 64:ff9b::a9fe:a9fe
A71 64:ff9b::6464:64c8
A71 64:ff9b:1::a9fe:a9fe
A71 64:ff9b:1:a9fe:a9:fe00::
A71 2002:a9fe:a9fe::1
A71 2001:0:a9fe:a9fe::1
A71 2001:0:4136:e378:8000:63bf:5601:5601
A71 ::169.254.169.254
A71 ::ffff:0:169.254.169.254
A71 2a00:1450::5efe:169.254.169.254
A71 2a00:1450::200:5efe:169.254.169.254
A72 224.0.0.1
A72 239.255.255.255
A72 255.255.255.255
A72 ff02::1
A72 ff0e::1
"""

UNLESS_ALLOWED = """
A69 127.0.0.1
A69 127.255.255.254
A69 ::1
A71 ::ffff:127.0.0.1
A71 ::ffff:10.0.0.1
A71 64:ff9b::7f00:1
A71 64:ff9b::10.1.2.3
A71 64:ff9b:1::808:808
A71 2002:7f00:1::
A71 2002:808:808::1
A71 2001:0:808:808::1
A71 ::127.0.0.1
A71 ::8.8.8.8
A71 ::ffff:0:8.8.8.8
A71 fec0::1
A71 feff::1
A72 10.0.0.0
A72 10.255.255.255
A72 172.16.0.1
A72 172.31.255.255
A72 192.168.0.1
A72 192.168.255.255
A72 100.64.0.1
A72 100.127.255.255
A72 198.18.0.1
A72 198.19.255.255
A72 192.0.0.1
A72 192.0.0.255
A72 192.88.99.1
A72 192.0.2.1
A72 198.51.100.1
A72 203.0.113.1
A72 240.0.0.1
A72 255.255.255.254
A72 fc00::1
A72 fdff:ffff::1
A72 2001:5::1
A72 2001:1::1
A72 2001:2::1
A72 2001:20::1
A72 2001:1ff::1
A72 2001:db8::1
A72 3fff::1
A72 3fff:fff::1
A72 100::1
A72 4000::1
A72 5f00::1
A72 e000::1
"""

PUBLIC = """
1.1.1.1
8.8.8.8
9.255.255.255
11.0.0.0
100.63.255.255
100.128.0.0
126.255.255.255
128.0.0.0
169.253.255.255
169.255.0.0
172.15.255.255
172.32.0.0
192.0.1.0
192.88.98.255
192.88.100.0
192.167.255.255
192.169.0.0
198.17.255.255
198.20.0.0
223.255.255.255
2001:200::1
2001:4860:4860::8888
2001:db9::1
2003::1
2606:4700::1111
3ffe:ffff::1
3fff:1000::1
::ffff:8.8.8.8
64:ff9b::808:808
"""


@pytest.mark.parametrize("case", NEVER.split("\n")[1:-1])
def test_some_addresses_are_refused_whatever_is_allowed(case: str) -> None:
    address = case.split()[1]
    assert refusal(address, EVERYWHERE)
    assert refusal(address)


@pytest.mark.parametrize("case", UNLESS_ALLOWED.split("\n")[1:-1])
def test_inner_addresses_are_refused_unless_they_are_allowed(case: str) -> None:
    address = case.split()[1]
    assert refusal(address)
    assert refusal(address, EVERYWHERE) is None


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_up_to_the_edges_of_the_table_are_reached(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f000001", "1.2.3.4.5", "[::1]"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refusal(text, EVERYWHERE) == "not an IP address"


def test_allowing_one_network_opens_no_other() -> None:
    allow = parse_networks("10.1.0.0/16")
    assert refusal("10.1.255.255", allow) is None
    assert refusal("::ffff:10.1.0.1", allow) is None
    assert refusal("10.2.0.0", allow) == "a private address"
    assert refusal("127.0.0.1", allow) == "a loopback address"


def test_allowing_an_ipv4_network_allows_no_deprecated_wrapping_of_it() -> None:
    allow = parse_networks("10.0.0.0/8")
    assert refusal("2002:a00:1::1", allow) == "a 6to4 address"
    assert refusal("::10.0.0.1", allow) == "an IPv4-compatible address"


@given(st.ip_addresses(v=4))
def test_a_mapped_or_nat64_address_is_judged_as_the_one_inside(inner: IPv4Address) -> None:
    assert refusal(str(IPv6Address(0xFFFF << 32 | int(inner)))) == refusal(str(inner))
    assert refusal(str(IPv6Address(0x64FF9B << 96 | int(inner)))) == refusal(str(inner))


@given(st.ip_addresses())
def test_what_is_refused_with_everything_allowed_is_refused_always(
    address: IPv4Address | IPv6Address,
) -> None:
    if refusal(str(address), EVERYWHERE):
        assert refusal(str(address))


def test_networks_are_read_with_commas_and_blanks_between_them() -> None:
    networks = parse_networks(" 127.0.0.0/8,10.0.0.1  fd12::/16,\n192.0.2.0/24 ")
    texts = [str(network) for network in networks]
    assert texts == ["127.0.0.0/8", "10.0.0.1/32", "fd12::/16", "192.0.2.0/24"]
    assert parse_networks("") == ()


@pytest.mark.parametrize(
    "bad", ["nonsense", "10.0.0.1/8", "10.0.0.0/33", "300.0.0.0/8", "fd00::/a"]
)
def test_a_setting_that_is_no_network_is_named(bad: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_networks(f"127.0.0.0/8, {bad}")
    assert [problem.field for problem in refused.value.problems] == [bad]
