"""S3 under the policy: boto3 against moto's server."""

import io
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import PolicyDenied, integrations
from privacylib.families.stores.objects import described
from tests.integrations.conformance import Conformance, Host, users
from tests.integrations.differential import Differential
from tests.integrations.objects import ACCESS, s3_server
from tests.servers import free_port
from tests.watched import Watched, instrumented

pytestmark = [pytest.mark.library, pytest.mark.server]

boto3: Any = pytest.importorskip("boto3")
botocore: Any = pytest.importorskip("botocore")
pytest.importorskip("moto")

SERVER: list[str] = []
"""URL of the server that runs."""
ONCE = {"total_max_attempts": 1}
LARGE = b"ana" * (3 << 20)


@pytest.fixture(scope="module", autouse=True)
def server() -> Generator[str]:
    with s3_server() as url:
        SERVER.append(url)
        yield url
        SERVER.clear()


def connected() -> Any:
    return closing(boto3.session.Session().client("s3", endpoint_url=SERVER[0], **ACCESS))


@contextmanager
def client() -> Generator[Any]:
    """Yield a client with one empty bucket."""
    with connected() as found:
        with suppress(found.exceptions.BucketAlreadyOwnedByYou):
            found.create_bucket(Bucket="shop")
        for each in found.list_objects_v2(Bucket="shop").get("Contents", ()):
            found.delete_object(Bucket="shop", Key=each["Key"])
        yield found


class TestConformance(Conformance):
    name = "boto3"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        del directory
        with client() as s3:
            yield Host(
                sink="s3://shop/contacts",
                allowed=lambda: s3.put_object(Bucket="shop", Key="contacts", Body=b"ana"),
                refused=lambda: s3.put_object(Bucket="shop", Key="plain", Body=b"ana"),
                arrived=lambda: bool(s3.list_objects_v2(Bucket="shop", Prefix="plain").get("Contents")),
                failing=lambda: s3.get_object(Bucket="shop", Key="nowhere"),
                error=s3.exceptions.NoSuchKey,
                streamed=lambda: s3.upload_fileobj(io.BytesIO(LARGE), "shop", "contacts"),
            )


class TestDifferential(Differential):
    name = "boto3"

    def world(self, directory: Path) -> Any:
        (directory / "file").write_text("ana")
        return client()

    def effects(self, world: Any) -> object:
        return [each["Key"] for each in world.list_objects_v2(Bucket="shop").get("Contents", ())]

    calls = (
        lambda s3: s3.put_object(Bucket="shop", Key="a", Body=b"ana")["ETag"],
        lambda s3: s3.put_object(Bucket="shop", Key="b", Body=io.BytesIO(b"ana"))["ETag"],
        lambda s3: s3.get_object(Bucket="shop", Key="a")["Body"].read(),
        lambda s3: list(s3.get_object(Bucket="shop", Key="a")["Body"].iter_chunks(1)),
        lambda s3: s3.get_object(Bucket="shop", Key="a")["Body"].__class__,
        lambda s3: s3.copy_object(Bucket="shop", Key="c", CopySource="shop/a")["ResponseMetadata"]["HTTPStatusCode"],
        lambda s3: s3.copy({"Bucket": "shop", "Key": "a"}, "shop", "d"),
        lambda s3: s3.upload_fileobj(io.BytesIO(b"bo"), "shop", "e"),
        lambda s3: s3.get_object(Bucket="shop", Key="nowhere").keys(),
        lambda s3: s3.get_object(Bucket="shop"),
        lambda s3: s3.put_object(Bucket="shop", Key="f", Body=7),
        lambda s3: s3.upload_file("/nowhere/at/all", "shop", "g"),
        lambda s3: s3.delete_object(Bucket="shop", Key="a")["ResponseMetadata"]["HTTPStatusCode"],
        lambda s3: [page["KeyCount"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="shop")],
    )


@pytest.fixture
def here(tmp_path: Path) -> Generator[Watched]:
    with instrumented(tmp_path) as found:
        yield found


@contextmanager
def seen(*more: str) -> Generator[Any]:
    with client():
        integrations.install(frozenset({"boto3"}))
    with connected() as s3, privacylib.scope("work", fresh=True):
        integrations.install(frozenset(more))
        yield s3


def test_keys_are_named_by_their_template_and_a_body_is_read(here: Watched) -> None:
    with seen() as s3:
        s3.put_object(Bucket="shop", Key="users/7/photo.jpg", Body=b"x")
        assert s3.get_object(Bucket="shop", Key="users/7/photo.jpg")["Body"].read() == b"x"
        s3.put_object(Bucket="shop", Key="year=2026/part-0.csv", Body=b"x")
    assert ("s3://shop/users/{id}/photo.jpg", "s3://shop/year={date}/part-0.csv") in here.pairs()


@contextmanager
def nobody() -> Generator[Any]:
    """Give a client of a server that is not there."""
    given = {"endpoint_url": f"http://127.0.0.1:{free_port()}", "config": botocore.config.Config(retries=ONCE)}
    with closing(boto3.session.Session().client("s3", **given, **ACCESS)) as found:
        yield found


FAIL: dict[str, Callable[[Any, Any], object]] = {
    "an object that is not there": lambda s3, _: s3.get_object(Bucket="shop", Key="nowhere"),
    "a bucket that is not there": lambda s3, _: s3.get_object(Bucket="nowhere", Key="a"),
    "a copy of nothing": lambda s3, _: s3.copy_object(Bucket="shop", Key="b", CopySource="shop/nowhere"),
    "nobody listens": lambda _, nobody: nobody.get_object(Bucket="shop", Key="a"),
}


@pytest.mark.parametrize("fail", FAIL)
def test_an_object_of_which_nothing_came_is_behind_nothing(here: Watched, fail: str) -> None:
    with seen() as s3, nobody() as other:
        for _ in range(2):
            with pytest.raises((botocore.exceptions.EndpointConnectionError, botocore.exceptions.ClientError)):
                FAIL[fail](s3, other)
        s3.put_object(Bucket="shop", Key="sink", Body=b"x")
        assert not privacylib.current().reads
    assert here.pairs() == set()


def test_an_object_that_was_read_before_it_was_gone_is_behind_what_is_written(here: Watched) -> None:
    with seen() as s3:
        s3.put_object(Bucket="shop", Key="a", Body=b"x")
        s3.get_object(Bucket="shop", Key="a")
        s3.delete_object(Bucket="shop", Key="a")
        with pytest.raises(s3.exceptions.NoSuchKey):
            s3.get_object(Bucket="shop", Key="a")
        s3.put_object(Bucket="shop", Key="sink", Body=b"x")
    assert ("s3://shop/a", "s3://shop/sink") in here.pairs()


@pytest.mark.parametrize("way", ["copy", "copy_object", "parts"])
def test_a_copy_leads_from_one_object_to_the_other(here: Watched, way: str) -> None:
    with seen() as s3:
        s3.put_object(Bucket="shop", Key="a", Body=b"x")
        if way == "copy":
            s3.copy({"Bucket": "shop", "Key": "a"}, "shop", "b")
        elif way == "copy_object":
            s3.copy_object(Bucket="shop", Key="b", CopySource={"Bucket": "shop", "Key": "a"})
        else:
            upload = s3.create_multipart_upload(Bucket="shop", Key="b")["UploadId"]
            told = {"Bucket": "shop", "Key": "b", "UploadId": upload}
            etag = s3.upload_part_copy(CopySource="shop/a", PartNumber=1, **told)["CopyPartResult"]["ETag"]
            s3.complete_multipart_upload(MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]}, **told)
    edges = [(edge.source, edge.sink, edge.evidence.value, edge.count) for edge in here.edges()]
    assert edges == [("s3://shop/a", "s3://shop/b", "parsed", 1)]


def test_a_file_that_goes_up_or_comes_down_is_one_record_each(here: Watched, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    with seen("files") as s3:
        s3.upload_file(str(tmp_path / "large"), "shop", "large")
        s3.download_file("shop", "large", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == LARGE
    edges = {(edge.source, edge.sink): (edge.evidence.value, edge.count) for edge in here.edges()}
    up, down = (f"file://{tmp_path}/large", "s3://shop/large"), ("s3://shop/large", f"file://{tmp_path}/again")
    assert edges.pop((f"file://{tmp_path}/large", f"file://{tmp_path}/again")) == ("context", 1)
    assert edges == {up: ("parsed", 1), down: ("parsed", 1)}


def test_what_comes_down_outside_scopes_is_one_record_too(here: Watched, tmp_path: Path) -> None:
    with client():
        integrations.install(frozenset({"boto3"}))
    with connected() as s3:
        integrations.install(frozenset({"files"}))
        s3.put_object(Bucket="shop", Key="small", Body=b"x")
        for name in ("one", "other"):
            s3.download_file("shop", "small", str(tmp_path / name))
    edges = {(edge.source, edge.sink): (edge.evidence.value, edge.count) for edge in here.edges()}
    assert edges == {("s3://shop/small", f"file://{tmp_path}/{name}"): ("parsed", 1) for name in ("one", "other")}


def test_what_carries_an_object_is_no_call_of_its_own(here: Watched) -> None:
    with seen(*integrations.names()) as s3, privacylib.zone("reply"):
        users()
        s3.put_object(Bucket="shop", Key="contacts", Body=b"ana")
        s3.upload_fileobj(io.BytesIO(LARGE), "shop", "contacts")
        s3.head_object(Bucket="shop", Key="contacts")
    assert {pair for pair in here.pairs() if pair[0] == "db://users"} == {("db://users", "s3://shop/contacts")}


def test_what_is_read_while_a_body_goes_out_flows_into_it(here: Watched) -> None:
    class Slow(io.BytesIO):
        def read(self, *size: Any) -> bytes:
            users()
            return super().read(*size)

    with seen() as s3, privacylib.zone("reply"), pytest.raises(PolicyDenied):
        s3.upload_fileobj(Slow(b"x"), "shop", "plain")
    with client() as s3:
        assert "Contents" not in s3.list_objects_v2(Bucket="shop", Prefix="plain")


def test_a_presigned_url_is_no_operation_and_its_signature_is_kept_nowhere(here: Watched) -> None:
    with seen() as s3:
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "shop", "Key": "users/7"})
        s3.put_object(Bucket="shop", Key="a", Body=b"x")
    assert "Signature" in url
    assert here.pairs() == set()


def test_other_services_are_not_taken_for_objects(here: Watched) -> None:
    integrations.install(frozenset({"boto3"}))
    queues = boto3.session.Session().client("sqs", endpoint_url=SERVER[0], **ACCESS)
    with closing(queues) as sqs, privacylib.scope("work"):
        sqs.create_queue(QueueName="contacts")
    assert here.pairs() == set()


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("SelectObjectContent", {"Key": "a"}, "r:a"),
        ("UploadPart", {"Key": "a"}, "w:a"),
        ("DeleteObject", {"Key": "a"}, "w:a"),
        ("DeleteObjects", {"Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}}, "w:a w:b"),
        ("ListObjectsV2", {"Prefix": "users/7/"}, "r:users/{id}/"),
        ("ListObjects", {}, "r:"),
        ("CopyObject", {"Key": "b", "CopySource": "/other/a%20b?versionId=7"}, "r:a b w:b"),
        ("HeadObject", {"Key": "a"}, ""),
        ("GetBucketPolicy", {}, ""),
        ("MadeUpLater", {"Key": "a"}, "o:a"),
    ],
)
def test_operations(operation: str, parameters: dict[str, Any], expected: str) -> None:
    told = described(operation, {"Bucket": "shop", **parameters})
    assert " ".join(f"{one.kind.name[0].lower()}:{one.asset.name}" for one in told) == expected


def test_an_access_point_is_named_without_its_account() -> None:
    (told,) = described("GetObject", {"Bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/shop", "Key": "a"})
    assert told.asset.uri == "s3://shop/a"
