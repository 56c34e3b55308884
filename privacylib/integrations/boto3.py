"""boto3 and aiobotocore: objects of S3 are read, written and copied. Other services of AWS are not described."""

from typing import Any

from privacylib.families.failures import nothing_came
from privacylib.families.files.paths import resolved
from privacylib.families.stores.objects import described, downloaded, s3_asset, transferred, uploaded
from privacylib.instrumentation.facts import STREAMED, Body, Outgoing, always
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation

__all__ = ["INTEGRATION"]

_COMPLETE = (bytes, bytearray, str, type(None))


def _is_s3(call: Call) -> bool:
    service: Any = call["self"].meta.service_model.service_name
    return service == "s3"


def _made(call: Call) -> tuple[Operation, ...]:
    return described(call["operation_name"], call["api_params"]) if _is_s3(call) else ()


def _streams(call: Call) -> bool:
    return not isinstance(call["api_params"].get("Body"), _COMPLETE)


def _upload(call: Call) -> tuple[Operation, ...]:
    return uploaded(call["Filename"], call["Bucket"], call["Key"])


def _upload_object(call: Call) -> tuple[Operation, ...]:
    return (Operation(Kind.WRITE, s3_asset(call["Bucket"], call["Key"])),)


def _download(call: Call) -> tuple[Operation, ...]:
    return downloaded(call["Bucket"], call["Key"], call["Filename"])


def _download_object(call: Call) -> tuple[Operation, ...]:
    return (Operation(Kind.READ, s3_asset(call["Bucket"], call["Key"])),)


def _copy(call: Call) -> tuple[Operation, ...]:
    return transferred(call["CopySource"], call["Bucket"], call["Key"])


_FILE = {"Filename": resolved}
_ONE = Body(covers=True, carries=_is_s3)
_WHOLE = Body(covers=True, carries=always)
"""Many requests, in threads of their own, make one of these."""

INTEGRATION = Integration(
    "boto3",
    (
        *(
            Patch(f"{kind}._make_api_call", _made, sends=Outgoing(streams=_streams), body=_ONE, fails=nothing_came)
            for kind in ("botocore.client:BaseClient", "aiobotocore.client:AioBaseClient")
        ),
        Patch("boto3.s3.inject:upload_file", _upload, pins=_FILE, body=_WHOLE),
        Patch("boto3.s3.inject:upload_fileobj", _upload_object, sends=STREAMED, body=_WHOLE),
        Patch("boto3.s3.inject:download_file", _download, pins=_FILE, body=_WHOLE),
        Patch("boto3.s3.inject:download_fileobj", _download_object, body=_WHOLE),
        Patch("boto3.s3.inject:copy", _copy, body=_WHOLE),
    ),
    distribution="botocore",
    versions=("1.29", "2.0"),
)
