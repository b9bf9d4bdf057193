import shutil

import pytest

from tests.browser.watching import path_of_the_browser


def test_in_ci_it_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(pytest.fail.Exception, match="no browser is installed here"):
        path_of_the_browser()


def test_elsewhere_the_test_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(pytest.skip.Exception, match="no browser is installed here"):
        path_of_the_browser()
