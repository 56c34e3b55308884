"""Assets from paths, URLs and gRPC methods."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.errors import AssetNameError
from privacylib.naming import file_asset, grpc_asset, parse, url_asset


def test_a_file_has_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_asset("/data/x.parquet").uri == "file:///data/x.parquet"
    assert file_asset("a/../x.csv").uri == f"file://{tmp_path}/x.csv"
    assert file_asset(tmp_path / "y").uri == f"file://{tmp_path}/y"
    assert file_asset("//data//x").uri == "file:///data/x"
    assert file_asset(b"/data/\xff#1").uri == "file:///data/%FF%231"


def test_a_link_keeps_its_own_name(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    assert file_asset(link).name == str(link)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_law_any_path_gives_an_asset_that_parses(path: str) -> None:
    one = file_asset("/" + path.encode("utf-8", "surrogateescape" if path.isascii() else "replace").decode())
    assert parse(one.uri) == (one, None)


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://ana:pw@Host.Example:8443/users/7?page=2#top", "https://host.example:8443/users/{id}"),
        ("http://host", "http://host/"),
        ("http://host:80/x", "http://host/x"),
        ("https://host:443", "https://host/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://host//x", "http://host//x"),
        ("http://host/a%20b/c%2Fd", "http://host/a b/c%2Fd"),
        ("http://host/u/ana%40example.org", "http://host/u/{email}"),
        ("http://host/%23/%00", "http://host/%23/%00"),
        ("http://host/%FF", "http://host/%FF"),
    ],
)
def test_a_url_keeps_host_and_route(url: str, uri: str) -> None:
    one = url_asset(url)
    assert one.uri == uri
    assert parse(uri) == (one, None)


@pytest.mark.parametrize("url", ["/users/7", "host/x", "http://", "http://host:port/", "http://[::1/x", ""])
def test_a_url_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(AssetNameError) as caught:
        url_asset(url)
    assert "users" not in str(caught.value)


@pytest.mark.parametrize("method", ["/shop.Reviews/Get", "shop.Reviews/Get", b"/shop.Reviews/Get"])
def test_a_grpc_method_has_its_service_as_host(method: str | bytes) -> None:
    assert grpc_asset(method).uri == "grpc://shop.Reviews/Get"


@pytest.mark.parametrize("method", ["", "/", "/Get", "Get", "/shop.Reviews/", "//Get"])
def test_half_a_grpc_method_is_refused(method: str) -> None:
    with pytest.raises(AssetNameError, match="gRPC method"):
        grpc_asset(method)
