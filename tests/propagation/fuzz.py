"""Let atheris look for bytes that break a promise: ``python -m tests.propagation.fuzz SECONDS``."""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(seconds: str) -> None:
    """Fuzz; libFuzzer ends the process, with an exit status that tells of a finding."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["privacylib.propagation"]):
        fuzzing = importlib.import_module("tests.propagation.fuzzing")
    corpus = Path(tempfile.mkdtemp(prefix="contexts-"))
    for number, seed in enumerate(fuzzing.seeds()):
        (corpus / str(number)).write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={fuzzing.LONGEST}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={corpus}/", *options], fuzzing.attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1])
