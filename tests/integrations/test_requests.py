"""requests and urllib3: both send by http.client, so that a request is one record."""

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied
from tests.integrations.conformance import EGRESS, users
from tests.watched import Watched, instrumented
from tests.wsgi.serving import serving

pytestmark = pytest.mark.library
requests: Any = pytest.importorskip("requests")
urllib3: Any = pytest.importorskip("urllib3")


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path, size = environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"].read(size)
    if path == "/elsewhere":
        start_response("302 Found", [("Location", "/contacts")])
        return [b""]
    failing = path == "/contacts-busy"
    start_response("503 Busy" if failing else "200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"plain"]


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path, "http_client", more=EGRESS) as found:
        yield found


def counts(here: Watched) -> dict[str, int]:
    return {edge.sink.partition("/contacts-")[2]: edge.count for edge in here.edges() if edge.source == "db://users"}


def test_a_request_is_one_record_whichever_library_sends_it(here: Watched) -> None:
    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply"):
        users()
        answer = requests.get(f"http://{host}/contacts-requests", timeout=30)
        with requests.Session() as session:
            session.post(f"http://{host}/contacts-session", data=b"ana", timeout=30)
            session.get(f"http://{host}/contacts-session", timeout=30)
        pool = urllib3.PoolManager()
        assert pool.request("GET", f"http://{host}/contacts-urllib3").data == b"plain"
        pool.clear()
    assert answer.text == "plain"
    assert "baggage" not in answer.request.headers
    assert counts(here) == {"requests#request": 1, "session#request": 2, "urllib3#request": 1}


def test_what_auth_puts_into_a_request_is_decided_with_it(here: Watched) -> None:
    def filled(request: Any) -> Any:
        request.prepare_body(users(), None)
        return request

    def sent_again(answer: Any, **_: Any) -> Any:
        again = answer.request.copy()
        again.prepare_body(users(), None)
        return answer.connection.send(again)

    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply"), pytest.raises(PolicyDenied):
        requests.get(f"http://{host}/plain", hooks={"response": sent_again}, timeout=30)
    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply"):
        requests.post(f"http://{host}/contacts-auth", auth=filled, timeout=30)
        with pytest.raises(PolicyDenied):
            requests.post(f"http://{host}/plain", auth=filled, timeout=30)
    assert counts(here) == {"auth#request": 1}


def test_redirects_and_retries_are_calls_of_their_own(here: Watched) -> None:
    again = urllib3.Retry(2, status_forcelist=[503], backoff_factor=0)
    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply"), urllib3.PoolManager() as pool:
        requests.get(f"http://{host}/elsewhere", timeout=30)
        users()
        with pytest.raises(urllib3.exceptions.MaxRetryError):
            pool.request("GET", f"http://{host}/contacts-busy", retries=again)
    assert counts(here) == {"busy#request": 3}
    assert (f"http://{host}/elsewhere#response", f"http://{host}/contacts#request") in here.pairs()


def test_a_body_is_sent_while_it_is_made_and_a_response_read_bit_by_bit(here: Watched) -> None:
    def body() -> Iterator[bytes]:
        yield users().encode()

    with serving(app) as host, privacylib.scope("client"), privacylib.zone("reply"):
        with requests.post(f"http://{host}/contacts", data=body(), stream=True, timeout=30) as answer:
            assert b"".join(answer.iter_content(2)) == b"plain"
        with pytest.raises(PolicyDenied):
            requests.post(f"http://{host}/plain", data=body(), timeout=30)
    assert ("db://users", f"http://{host}/contacts#request") in here.pairs()


def test_what_the_library_raises_is_its_own(here: Watched) -> None:
    with pytest.raises(requests.exceptions.ConnectionError) as failed:
        requests.get("http://127.0.0.1:9/", timeout=30)
    assert failed.value.request.headers.keys() <= {"User-Agent", "Accept-Encoding", "Accept", "Connection"}
