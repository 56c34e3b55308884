"""Object stores: what each operation of S3 does to which objects."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from privacylib.families.files.paths import file_operation, moved
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import impersonal

__all__ = ["described", "downloaded", "is_local", "is_seen_beneath", "s3_asset", "transferred", "uploaded"]

_READS = {"GetObject", "GetObjectTorrent", "GetObjectTagging", "GetObjectAnnotation", "SelectObjectContent"}
_WRITES = {
    "PutObject",
    "UploadPart",
    "WriteGetObjectResponse",
    "DeleteObject",
    "PutObjectTagging",
    "PutObjectAnnotation",
}
_COPIES = {"CopyObject", "UploadPartCopy"}
_LISTS = {"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"}
_NEITHER = {
    "HeadObject", "GetObjectAcl", "PutObjectAcl", "GetObjectAttributes", "GetObjectLegalHold", "PutObjectLegalHold",
    "GetObjectRetention", "PutObjectRetention", "GetObjectLockConfiguration", "CreateMultipartUpload", "ListParts",
    "CompleteMultipartUpload", "AbortMultipartUpload", "RestoreObject", "DeleteObjectTagging",
}  # fmt: skip
"""Operations on an object that carry none of its data."""


_REMOTE = {
    "memory",
    "ftp",
    "sftp",
    "ssh",
    "smb",
    "hdfs",
    "webhdfs",
    "gs",
    "gcs",
    "abfs",
    "az",
    "adl",
    "dbfs",
    "oss",
    "hf",
}
"""Stores of fsspec that lead to nothing else that is seen."""


def is_seen_beneath(store: Any) -> bool:
    """Return whether a file system of fsspec opens files, or asks stores, in ways that are seen themselves."""
    return _REMOTE.isdisjoint(_protocols(store))


def is_local(store: Any) -> bool:
    """Return whether a file system of fsspec is the one of this machine."""
    return not {"file", "local"}.isdisjoint(_protocols(store))


def s3_asset(bucket: str, key: str) -> Asset:
    """Name an object, or what begins with a prefix.

    Args:
        bucket: Its bucket, or the ARN of an access point.
        key: Its key.
    """
    return impersonal(Asset(f"s3://{bucket.replace('/', ':').rpartition(':')[2]}", key))


def described(operation: str, parameters: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Describe an operation of S3 by its name and parameters.

    Returns:
        Its reads, then its writes; an operation on an object that is not known is opaque.
    """
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if bucket is None:
        return ()
    if operation in _LISTS:
        return (Operation(Kind.READ, s3_asset(bucket, parameters.get("Prefix") or "")),)
    if operation == "DeleteObjects":
        assets = dict.fromkeys(s3_asset(bucket, each["Key"]) for each in parameters["Delete"]["Objects"])
        return tuple(Operation(Kind.WRITE, asset) for asset in assets)
    if key is None or operation in _NEITHER:
        return ()
    asset = s3_asset(bucket, key)
    if operation in _COPIES:
        return moved(_source(parameters["CopySource"]), asset)
    kind = Kind.READ if operation in _READS else Kind.WRITE if operation in _WRITES else Kind.OPAQUE
    return (Operation(kind, asset),)


def transferred(source: Any, bucket: str, key: str) -> tuple[Operation, ...]:
    """Describe that an object is copied inside the store."""
    return moved(_source(source), s3_asset(bucket, key))


def uploaded(path: Any, bucket: str, key: str) -> tuple[Operation, ...]:
    """Describe that a file becomes an object."""
    return _between(file_operation(path, Kind.READ), Operation(Kind.WRITE, s3_asset(bucket, key)))


def downloaded(bucket: str, key: str, path: Any) -> tuple[Operation, ...]:
    """Describe that an object becomes a file."""
    return _between((Operation(Kind.READ, s3_asset(bucket, key)),), *file_operation(path, Kind.WRITE))


def _between(sources: Iterable[Operation], *sinks: Operation) -> tuple[Operation, ...]:
    reads = tuple(sources)
    if not reads or not sinks:
        return (*reads, *sinks)
    return moved(reads[0].asset, sinks[0].asset)


def _source(given: Any) -> Asset:
    if isinstance(given, Mapping):
        return s3_asset(given["Bucket"], given["Key"])  # pyright: ignore[reportUnknownArgumentType] - of the host
    bucket, _, key = unquote(given.partition("?")[0]).removeprefix("/").partition("/")
    return s3_asset(bucket, key)


def _protocols(store: Any) -> tuple[str, ...]:
    protocol = store.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
