"""Where a sign-in leads is never another site (row A104)."""

import pytest

from web.forms.credentials import own_path


@pytest.mark.parametrize("path", ["/", "/triggers", "/events?trigger=1", "/a//b", "/a@b:c"])
def test_our_own_paths_are_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "triggers",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\n//evil.example",
        " //evil.example",
        "/\r\nset-cookie: a=b",
        "//[",
        "%2f%2fevil.example",
        "/%2fevil.example",
        "/%5Cevil.example",
        "/é",
        "/<script>",
    ],
)
def test_everything_else_leads_to_the_first_page(path: str) -> None:
    assert own_path(path) == "/"
