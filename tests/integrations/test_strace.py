"""What the kernel sees a program do, beside what was recorded and counted: nothing goes unexplained.

strace is an oracle that knows nothing of privacylib: each data file that is opened, each address that is connected to
and each program that is executed is one of the assets that were recorded, or was counted as a gap.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from privacylib.doctor import Diagnosis, diagnose
from privacylib.recorder import producers
from tests.integrations.databases import Server
from tests.servers import missing_server

pytestmark = [pytest.mark.slow, pytest.mark.server]

TRACED = (
    "--signal=none",
    "-qq",
    "-s",
    "4096",
    "-e",
    "trace=open,openat,creat,connect,sendto,execve,execveat,clone,clone3,fork,vfork",
)
FORKS = ("clone", "clone3", "fork", "vfork")
CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\w+)(?: (E\w+).*)?$")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_SYSTEM = ("/dev/", "/etc/", "/lib", "/proc/", "/sys/", "/usr/")
_INSTALLED = tuple({*sysconfig.get_paths().values(), sys.base_prefix, *(part for part in sys.path if part)})
_HOME = str(Path(__file__).parents[2])


def seen_by_the_kernel(directory: Path, work: Path) -> Counter[tuple[str, str]]:
    """Return what Python processes did, as (kind, name): what other programs do is their own."""
    found: Counter[tuple[str, str]] = Counter()
    calls = {file.suffix[1:]: calls_in(file) for file in directory.glob("trace.*")}
    started = {pid for each in calls.values() for name, _, pid, _ in each if name in FORKS}
    [first] = calls.keys() - started
    waiting = [first]
    while waiting:
        for number, (name, arguments, result, error) in enumerate(calls[waiting.pop()]):
            if name in FORKS:
                waiting += [result] if result in calls else []
            elif name.startswith("execve"):
                if result == "0" and "python" not in arguments.partition(",")[0]:
                    found["program", Path(quoted(arguments)).name] += 1
                    break
            elif name in ("connect", "sendto"):
                if (place := address(arguments)) and error != "ENOENT":
                    found["address", place] += 1
            elif not result.startswith("-") and "O_DIRECTORY" not in arguments and number:
                path = str(work / quoted(arguments))
                if (
                    not path.startswith((*_SYSTEM, *_INSTALLED, f"{directory}/spool", _HOME))
                    and Path(path).suffix != ".py"
                ):
                    found["file", path] += 1
    return found


def calls_in(file: Path) -> list[tuple[str, str, str, str]]:
    lines = file.read_text(errors="replace").splitlines()
    return [(match[1], match[2], match[3], match[4]) for line in lines if (match := CALL.match(line))]


def quoted(arguments: str) -> str:
    match = re.search(_QUOTED, arguments)
    assert match, arguments
    return match[1]


def address(arguments: str) -> str | None:
    """Return where a socket is connected to; None for what is of the system, such as the name service."""
    if inet := re.search(r'htons\((\d+)\).*(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"', arguments):
        return f"{inet[2]}:{inet[1]}"
    path = re.search(rf"sun_path={_QUOTED}", arguments)
    return None if path is None or path[1].startswith("/var/run/nscd") else path[1]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - says nothing
        pass


class Ran:
    """A program that was run with and under both, and what each of them says."""

    def __init__(self, directory: Path, code: str) -> None:
        strace = shutil.which("strace") or missing_server("strace", "apt-get install strace")
        work = directory / "work"
        work.mkdir()
        (work / "data.csv").write_text("a,b\n")
        (work / "program.py").write_text(code)
        trace = (strace, "-f", "-ff", "-o", str(directory / "trace"), *TRACED)
        run = (sys.executable, "-m", "privacylib.cli", "run", "--spool", str(directory / "spool"), "--")
        command = [*run, sys.executable, "program.py"]
        ended = subprocess.run([*trace, *command], cwd=work, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr
        self.work = work
        self.kernel = seen_by_the_kernel(directory, work)
        self.doctor: Diagnosis = diagnose([directory / "spool"])
        self.assets = {flow.asset.uri for each in producers(directory / "spool") for flow in each.flows.values()}

    @property
    def gaps(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for gap in self.doctor.gaps:
            found[gap.event] += gap.count
        return dict(found)

    def unexplained(self, *places: str) -> list[tuple[str, str]]:
        """Return what the kernel saw and no asset stands for; each as often as it was seen.

        Args:
            places: Addresses for which assets stand under other names.
        """
        missing: list[tuple[str, str]] = []
        for (kind, name), count in self.kernel.items():
            explained = name in places or any(stands_for(asset, kind, name) for asset in self.assets)
            missing += [] if explained else [(kind, name)] * count
        return sorted(missing)


def stands_for(asset: str, kind: str, name: str) -> bool:
    if kind == "file":
        plain = re.sub(r"-(journal|wal|mj[0-9A-F]+)$", "", name)
        return asset == f"file://{name}" or asset.startswith(f"sqlite://{plain}/")
    return asset.startswith(f"command://{name}") if kind == "program" else f"://{name}/" in asset


def test_files(tmp_path: Path) -> None:
    code = """
import io, os, pathlib, shutil, csv, json, tempfile, gzip, zipfile
open("plain.txt", "w").write("x")
pathlib.Path("data.csv").read_text()
pathlib.Path("other.txt").write_bytes(b"x")
os.close(os.open("low.bin", os.O_CREAT | os.O_WRONLY))
shutil.copy("data.csv", "copy.csv")
list(csv.reader(open("copy.csv")))
json.dump({}, open("made.json", "w"))
with gzip.open("packed.gz", "wb") as file: file.write(b"x")
with zipfile.ZipFile("packed.zip", "w") as file: file.write("data.csv")
with tempfile.NamedTemporaryFile(dir=".") as file: file.write(b"x")
try: open("missing.txt")
except OSError: pass
io.FileIO("past.bin", "w").close()
io.FileIO("past.bin").close()
os.listdir(".")
"""
    ran = Ran(tmp_path, code)
    past = ("file", str(ran.work / "past.bin"))
    assert ran.kernel["file", str(ran.work / "packed.zip")]
    assert [each for each in ran.unexplained() if "tmp" not in Path(each[1]).name] == [past, past]
    assert ran.gaps == {"open(w)": 1, "open(r)": 1}


def test_sqlite(tmp_path: Path) -> None:
    code = """
import _sqlite3, sqlite3
with sqlite3.connect("seen.db") as database:
    database.execute("create table t (x)")
    database.execute("insert into t values (1)")
    database.execute("attach 'more.db' as more")
    database.execute("create table more.u (x)")
    database.execute("insert into more.u select x from t")
made = sqlite3.Connection("made.db")
made.execute("create table t (x)")
sqlite3.Cursor(made).execute("insert into t values (1)")
_sqlite3.connect("past.db").execute("create table t (x)")
"""
    ran = Ran(tmp_path, code)
    assert {name for _, name in ran.unexplained()} <= {str(ran.work / f"past.db{end}") for end in ("", "-journal")}
    assert ran.gaps == {"sqlite3.connect": 1}


@pytest.mark.library
def test_requests_and_sockets(tmp_path: Path) -> None:
    pytest.importorskip("requests")
    code = """
import http.client, json, socket, urllib.request, requests
PORT = {port}
for _ in range(2):
    requests.get(f"http://127.0.0.1:{{PORT}}/things", timeout=5)
urllib.request.urlopen(f"http://127.0.0.1:{{PORT}}/others", timeout=5).read()
plain = socket.create_connection(("127.0.0.1", {other}), timeout=5)
"""
    with HTTPServer(("127.0.0.1", 0), Answer) as server, HTTPServer(("127.0.0.1", 0), Answer) as other:
        for each in (server, other):
            Thread(target=each.serve_forever, daemon=True).start()
        ran = Ran(tmp_path, code.format(port=server.server_port, other=other.server_port))
        server.shutdown()
        other.shutdown()
    assert ran.kernel["address", f"127.0.0.1:{server.server_port}"] >= 2
    assert ran.unexplained() == [("address", f"127.0.0.1:{other.server_port}")]
    assert ran.gaps == {"socket.connect": 1}


@pytest.mark.library
def test_psycopg(tmp_path: Path, postgres: Server) -> None:
    pytest.importorskip("psycopg")
    code = f"""
import psycopg
with psycopg.connect("host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres") as database:
    database.execute("select tablename from pg_tables")
    database.execute("create table if not exists strace_seen (x int)")
    database.execute("insert into strace_seen values (1)")
    database.execute("drop table strace_seen")
"""
    ran = Ran(tmp_path, code)
    assert ran.kernel["address", f"127.0.0.1:{postgres.port}"]
    assert ran.unexplained() == []
    assert ran.gaps == {}
    assert ran.doctor.unaudited == {"psycopg": "libpq"}


def test_subprocess(tmp_path: Path) -> None:
    code = """
import asyncio, os, subprocess
subprocess.run(["true"], check=True)
subprocess.run("cat data.csv | wc -l", shell=True, capture_output=True, check=True)
os.waitpid(os.posix_spawn("/bin/ls", ["ls"], {}), 0)
os.system("true")
async def work(): await (await asyncio.create_subprocess_exec("echo", "x")).wait()
asyncio.run(work())
if os.fork() == 0:
    os.execv("/bin/pwd", ["pwd"])
os.wait()
import posix
os.waitpid(posix.posix_spawn("/bin/uname", ["uname"], {}), 0)
"""
    ran = Ran(tmp_path, code)
    assert {name for kind, name in ran.kernel if kind == "program"} == {"true", "sh", "ls", "echo", "pwd", "uname"}
    assert ran.unexplained() == [("program", "uname")]
    assert ran.gaps == {"os.posix_spawn": 1}
