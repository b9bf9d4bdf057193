"""Only a trusted certificate for the very name is talked to, and TLS sees the name, not the address
(reliability.md, A74 and A83)."""

import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.outbound import Outbound, OutboundRequest
from tests.outbound.conftest import MakeOutbound, Names, failure
from tests.support.target import RecordingTarget

NOW = datetime.now(UTC)


def certificate(folder: Path, *, until: datetime = NOW + timedelta(days=1)) -> Path:
    """A self-signed certificate for shop.test and 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    names = [x509.DNSName("shop.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=10))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{until:%Y%m%d}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_side(path: Path, seen: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    return context


@pytest.fixture
def seen() -> list[str | None]:
    """The names that clients asked for in their handshakes (SNI)."""
    return []


@pytest.fixture
async def secure(tmp_path: Path, seen: list[str | None]) -> AsyncIterator[RecordingTarget]:
    async with RecordingTarget(tls=server_side(certificate(tmp_path), seen)) as target:
        yield target


async def test_a_trusted_certificate_for_the_name_is_talked_to(
    make_outbound: MakeOutbound,
    secure: RecordingTarget,
    names: Names,
    seen: list[str | None],
    tmp_path: Path,
) -> None:
    """A74: SNI and Host keep the name though the address was checked."""
    names.say("shop.test", ["127.0.0.1"])
    trust = ssl.create_default_context(cafile=certificate_of(tmp_path))
    outbound = await make_outbound(resolver=names, tls=trust)
    answer = await outbound.request(OutboundRequest("GET", secure.url(host="shop.test")))
    assert answer.status == 200
    assert seen == ["shop.test"]
    assert dict(secure.received[0].headers)["host"] == f"shop.test:{secure.port}"


def certificate_of(folder: Path) -> Path:
    [path] = folder.glob("*.pem")
    return path


async def test_an_unknown_issuer_is_refused(outbound: Outbound, secure: RecordingTarget) -> None:
    """A83: self-signed."""
    refused = await failure(outbound, secure.url())
    assert refused.reason == "tls"
    assert refused.message == "The certificate is not trusted: self-signed certificate."
    assert not refused.maybe_received
    assert secure.received == []


async def test_a_certificate_for_another_name_is_refused(
    make_outbound: MakeOutbound, secure: RecordingTarget, names: Names, tmp_path: Path
) -> None:
    """A83: wrong name."""
    names.say("other.test", ["127.0.0.1"])
    trust = ssl.create_default_context(cafile=certificate_of(tmp_path))
    outbound = await make_outbound(resolver=names, tls=trust)
    assert (await failure(outbound, secure.url(host="other.test"))).reason == "tls"
    assert secure.received == []


async def test_an_expired_certificate_is_refused(
    make_outbound: MakeOutbound, tmp_path: Path
) -> None:
    """A83: expired."""
    path = certificate(tmp_path, until=NOW - timedelta(days=1))
    outbound = await make_outbound(tls=ssl.create_default_context(cafile=path))
    async with RecordingTarget(tls=server_side(path, [])) as target:
        assert (await failure(outbound, target.url())).reason == "tls"
        assert target.received == []
