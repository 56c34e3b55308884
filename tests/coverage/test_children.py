"""Children that `privacylib run` does not go along with: each is a gap, also where the call that starts it is seen."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, subprocess, sys
told, python = dict(os.environ), sys.executable
def spawned(env):
    os.waitpid(os.posix_spawn(python, [python, "-c", "pass"], env), 0)
subprocess.run([python, "-c", "pass"], env={})
subprocess.run([python, "-c", "pass"], env={"PYTHONPATH": told["PYTHONPATH"], "PRIVACYLIB_RUN": "1"})
subprocess.run([python, "-c", "pass"])
subprocess.run(["/bin/true"], env={})
spawned({})
spawned(told)
os.execve(python, [python, "-c", "pass"], {})
"""


def test_a_child_of_python_without_our_environment_is_a_gap(tmp_path: Path) -> None:
    program, spool = tmp_path / "program.py", tmp_path / "spool"
    program.write_text(PROGRAM)
    ours = [sys.executable, "-m", "privacylib.cli"]
    subprocess.run([*ours, "run", "--spool", spool, "--", sys.executable, program], check=True, timeout=60)
    asked = [*ours, "doctor", "--json", "--spool", spool]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout)
    unseen = {(gap["event"], gap["site"], gap["count"]) for gap in told["gaps"] if gap["event"].endswith("(unseen)")}
    assert unseen == {
        ("subprocess.Popen(unseen)", "__main__:<module>:6", 1),
        ("os.posix_spawn(unseen)", "__main__:spawned:5", 1),
        ("os.exec(unseen)", "__main__:<module>:12", 1),
    }
