"""A 3xx is what the target answered; nobody goes where it points (A76)."""

from urllib.parse import quote

import pytest

from domain.outbound import Outbound, OutboundRequest
from tests.support.target import RecordingTarget

ELSEWHERE = [
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "//evil.test/",
    "/again",
]


@pytest.mark.parametrize("where", ELSEWHERE, ids=[f"A76 to {each}" for each in ELSEWHERE])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    outbound: Outbound, target: RecordingTarget, status: int, where: str
) -> None:
    target.behave("/moved", f"redirect/{status}/{quote(where, safe='')}")
    headers = [("Authorization", "Bearer alice")]
    answer = await outbound.request(OutboundRequest("POST", target.url("/moved"), headers, b"x"))
    assert answer.status == status
    assert dict(answer.headers)["Location"] == where
    assert [call.path for call in target.received] == ["/moved"]
