"""The checksum of the compiled form, in both ways, against zlib's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

ROOT = Path(__file__).parents[2] / "privacylib"
PROGRAM = """
#include <stdio.h>
#include "recorder/checksum.h"
int main(void)
{
    unsigned char body[PRIVACYLIB_BODY];
    privacylib_crc_tables();
    while (fread(body, PRIVACYLIB_BODY, 1, stdin) == 1)
        printf("%u %u\\n", privacylib_checksum(body), privacylib_crc_by_tables(body));
    return 0;
}
"""


@pytest.mark.skipif(not (ROOT / "recorder" / "checksum.h").exists(), reason="a wheel is without its sources in C")
@pytest.mark.skipif(sys.byteorder != "little", reason="the compiled form is for little-endian machines")
def test_checksums_are_those_of_zlib(tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        pytest.skip("no C compiler (apt-get install gcc)")
    source, program = tmp_path / "checksums.c", tmp_path / "checksums"
    source.write_text(PROGRAM)
    subprocess.run([compiler, "-O1", "-Wall", "-Werror", f"-I{ROOT}", source, "-o", program], check=True)
    bodies = [bytes(60), b"\xff" * 60, *(os.urandom(60) for _ in range(500))]
    told = subprocess.run([program], input=b"".join(bodies), check=True, capture_output=True).stdout.split()
    expected = [crc32(body) for body in bodies for _ in range(2)]
    assert [int(one) for one in told] == expected
