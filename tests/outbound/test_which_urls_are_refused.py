"""What `domain/rules/urls.py` refuses and what it makes of the rest (reliability.md, A69, A77)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from domain.rules.urls import MAX_LENGTH, InvalidUrl, destination, parse_url

REFUSED = {
    "A77 backslash before userinfo": "http://127.0.0.1\\@evil.com/",
    "A77 backslash in the path": "http://example.com\\..\\x",
    "A77 fragment with a host": "http://evil.com#@127.0.0.1",
    "A77 fragment": "http://example.com/page#top",
    "A77 two at signs": "http://a@b@c",
    "A77 user": "http://alice@example.com/",
    "A77 user and password": "http://alice:secret@example.com/",
    "A77 empty userinfo": "http://@example.com/",
    "A77 tab": "http://exam\tple.com/",
    "A77 newline": "http://example.com/\nHost: evil.com",
    "A77 carriage return": "http://example.com/\r",
    "A77 NUL": "http://example.com/\x00",
    "A77 blank before": " http://example.com/",
    "A77 blank inside": "http://example.com/a b",
    "A77 no-break space": "http://example.com/\xa0",
    "A77 ideographic space": "http://example.com/\u3000x",
    "A77 line separator": "http://example.com/\u2028x",
    "A77 port 0": "http://example.com:0/",
    "A77 port 65536": "http://example.com:65536/",
    "A77 port 99999": "http://example.com:99999/",
    "A77 port of letters": "http://example.com:http/",
    "A77 port with a sign": "http://example.com:+80/",
    "A77 port in other digits": "http://example.com:\uff18\uff10/",
    "A77 empty port": "http://example.com:/",
    "A77 two ports": "http://example.com:80:80/",
    "A77 no host": "http:///path",
    "A77 only a port": "http://:80/",
    "A77 one slash": "http:/example.com/",
    "A77 three slashes": "http:////example.com/",
    "A77 two dots at the end": "http://example.com../",
    "A77 empty label": "http://a..b/",
    "A77 only a dot": "http://./",
    "A77 hyphen first": "http://-a.com/",
    "A77 label of 64": f"http://{'a' * 64}.com/",
    "A77 name of 254": f"http://{'a.' * 126}aa/",
    "A77 percent in the host": "http://%31%32%37.0.0.1/",
    "A77 encoded at sign": "http://a%40b/",
    "A77 solidus from IDNA": "http://evil.com\uff0fexample.com/",
    "A77 account-of sign": "http://evil.c\u2100.example.com/",
    "A77 zero-width joiner": "http://exam\u200dple.com/",
    "A77 long international name": f"http://{'ä' * 400}.com/",
    "A77 scheme file": "file:///etc/passwd",
    "A77 scheme gopher": "gopher://127.0.0.1:6379/_INFO",
    "A77 scheme javascript": "javascript:alert(1)",
    "A77 no scheme": "//example.com/",
    "A77 a name": "example.com",
    "A77 empty": "",
    "A77 long s in the scheme": "http\u017f://example.com/",
    "A77 lone surrogate": "http://example.com/\ud800",
    "A77 too long": "http://example.com/" + "a" * MAX_LENGTH,
    "A77 too long once encoded": "http://example.com/" + "ä" * (MAX_LENGTH // 4),
    "A69 zero": "http://0/",
    "A69 two parts": "http://127.1/",
    "A69 three parts": "http://127.0.1/",
    "A69 decimal": "http://2130706433/",
    "A69 hexadecimal": "http://0x7f000001/",
    "A69 hexadecimal parts": "http://0x7f.1/",
    "A69 hexadecimal in capitals": "http://0X7F.0.0.1/",
    "A69 octal": "http://017700000001/",
    "A69 octal parts": "http://0177.0.0.1/",
    "A69 leading zeros": "http://127.000.000.001/",
    "A69 full-width digits, two parts": "http://\uff11\uff12\uff17.1/",
    "A69 five parts": "http://1.2.3.4.5/",
    "A69 over 255": "http://256.1.1.1/",
    "A69 empty hexadecimal": "http://example.0x/",
    "A69 number after a name": "http://example.1/",
    "A71 zone": "http://[fe80::1%25eth0]/",
    "A71 zone, bare": "http://[fe80::1%eth0]/",
    "A71 no IPv6 address": "http://[1::2::3]/",
    "A71 IPv6 without brackets": "http://::1/",
    "A71 future version": "http://[v1.a]/",
    "A71 bracket left open": "http://[::1/",
    "A71 text after the bracket": "http://[::1]evil.com/",
}

MADE = {
    "HTTP://Example.COM": "http://example.com/",
    "http://example.com:80/": "http://example.com/",
    "https://example.com:443": "https://example.com/",
    "https://example.com:80/a": "https://example.com:80/a",
    "http://example.com./x": "http://example.com/x",
    "http://example.com?a=1": "http://example.com/?a=1",
    "http://a_b.example.com/": "http://a_b.example.com/",
    "http://127.0.0.1./": "http://127.0.0.1/",
    "http://①②⑦.⓪.⓪.①/": "http://127.0.0.1/",
    "http://evil。com/": "http://evil.com/",
    "http://bücher.example/straße?q=ä": "http://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4",
    "http://\u0440\u0430ypal.com/": "http://xn--ypal-43d9g.com/",
    "http://[::FFFF:1.2.3.4]:8080/": "http://[::ffff:102:304]:8080/",
    "http://[0:0::1]/": "http://[::1]/",
    "http://example.com/a/../b?x=[1]&y={z}|": "http://example.com/a/../b?x=[1]&y=%7Bz%7D%7C",
    "http://example.com/100%/%41?q='\"<>": "http://example.com/100%/%41?q='%22%3C%3E",
    "http://example.com/?u=http://other.com/@x": "http://example.com/?u=http://other.com/@x",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_url_that_parsers_disagree_about_is_refused(text: str) -> None:
    with pytest.raises(InvalidUrl) as refused:
        parse_url(text)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(("text", "expected"), MADE.items(), ids=[*MADE])
def test_a_url_has_one_spelling(text: str, expected: str) -> None:
    """A77: this spelling is what is stored and used."""
    assert parse_url(text).text == expected


def test_a_url_is_taken_apart() -> None:
    url = parse_url("https://[2001:DB8::1]:8443/a?b=c")
    assert (url.scheme, url.host, url.port, url.target) == ("https", "2001:db8::1", 8443, "/a?b=c")
    assert destination(url) == "[2001:db8::1]:8443"


def test_a_destination_always_names_its_port() -> None:
    assert destination(parse_url("https://Example.com/a")) == "example.com:443"


parts = st.text(st.sampled_from("aZ09.-_~:@/?#[]!$&'()*+,;=%\\ äß①。\u200d\t\x00é日"), max_size=12)


@given(parts, st.sampled_from(["", ":1", ":65535"]), parts)
def test_what_is_accepted_is_printable_ascii_and_read_the_same_by_the_client(
    host: str, port: str, target: str
) -> None:
    """A77: parser differences."""
    try:
        url = parse_url(f"http://{host}{port}/{target}")
    except InvalidUrl:
        return
    assert url.text.isascii()
    assert url.text.isprintable()
    assert parse_url(url.text) == url
    made = URL(url.text, encoded=True)
    assert (made.raw_host, made.port, made.raw_path_qs) == (url.host, url.port, url.target)
    assert made.user is None
