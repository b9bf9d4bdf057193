"""Proxies, credential files and cookies of the process's surroundings play no part (A78)."""

from pathlib import Path

import pytest

from domain.outbound import OutboundRequest
from tests.outbound.conftest import MakeOutbound, Names
from tests.support.target import RecordingTarget
from tests.support.target_behaviours import raw


async def test_a_proxy_of_the_environment_is_not_used(
    make_outbound: MakeOutbound, target: RecordingTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A78."""
    async with RecordingTarget() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        outbound = await make_outbound()
        await outbound.request(OutboundRequest("GET", target.url("/direct")))
        assert proxy.received == []
    assert [call.path for call in target.received] == ["/direct"]


async def test_a_netrc_file_gives_no_credentials(
    make_outbound: MakeOutbound,
    target: RecordingTarget,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A78."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login alice password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    outbound = await make_outbound()
    await outbound.request(OutboundRequest("GET", target.url()))
    assert "authorization" not in dict(target.received[0].headers)


async def test_a_cookie_is_given_back_to_nobody(
    make_outbound: MakeOutbound, target: RecordingTarget, names: Names
) -> None:
    """A81."""
    names.say("shop.test", ["127.0.0.1"])
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: session=alice; Path=/\r\n\r\n"
    target.behave("/sign-in", "raw/" + raw(head))
    outbound = await make_outbound(resolver=names)
    url = target.url("/sign-in", host="shop.test")
    answer = await outbound.request(OutboundRequest("GET", url))
    assert dict(answer.headers)["Set-Cookie"] == "session=alice; Path=/"
    await outbound.request(OutboundRequest("GET", url))
    assert "cookie" not in dict(target.received[1].headers)
