"""``privacylib doctor`` over spools that real processes left, or are still filling, or were killed over."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacylib import cli
from privacylib.runtime import COMPILED

pytestmark = pytest.mark.any_python

BEGIN = """
import os, signal, sys, threading, privacylib
from privacylib.runtime import faults
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2] or None, mode="enforce")
def write(uri="file:///x"):
    with privacylib.write(uri): pass
"""
POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
  - {match: "file:///known", labels: []}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: simulate}
"""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def run(spool: Path, code: str, policy: Path | str = "", check: bool = True, **environ: str) -> None:
    command = [sys.executable, "-c", BEGIN + code, str(spool), str(policy)]
    subprocess.run(command, check=check, env={**os.environ, **environ}, capture_output=True)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def diagnosis(capsys: pytest.CaptureFixture[str], *spools: Path, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    asked = [part for spool in spools for part in ("--spool", str(spool))]
    assert cli.main(["doctor", "--json", *asked, *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def told(capsys: pytest.CaptureFixture[str], spool: Path, *arguments: str) -> str:
    assert cli.main(["doctor", "--spool", str(spool), *arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture
def living(spool: Path) -> Iterator[subprocess.Popen[str]]:
    code = "write()\nprint('ready', flush=True)\nsys.stdin.read()"
    command = [sys.executable, "-c", BEGIN + code, str(spool), ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process


def test_processes_are_living_closed_or_crashed(
    spool: Path, living: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, "write(); write()")
    run(spool, "write()\nos.kill(os.getpid(), signal.SIGKILL)", check=False)
    found = diagnosis(capsys, spool)
    assert sorted((each["state"], each["records"]) for each in found["processes"]) == [
        ("closed", 2), ("crashed", 1), ("living", 1),
    ]  # fmt: skip
    [now] = [each for each in found["processes"] if each["state"] == "living"]
    assert (now["pid"], now["format"], now["flows"], now["exporters"]) == (living.pid, 1, 1, 0)
    assert now["about"]["form"] == ("compiled" if COMPILED else "pure")
    assert now["about"]["python"].endswith(sys.version.split()[0])
    assert found["spools"][0]["bytes"] < found["spools"][0]["cap"] == 256 << 20


SWALLOW = """
for number in range(1000):
    faults.swallowed("recording", ValueError("secret"))
    if number % 2: faults.swallowed("probing", KeyError("secret"))
write()
"""


def test_errors_are_counted_by_place_whether_the_process_closed_or_was_killed(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, SWALLOW)
    run(spool, SWALLOW + "os.kill(os.getpid(), signal.SIGKILL)", check=False)
    found = diagnosis(capsys, spool)
    assert found["errors"] == {"recording:ValueError": 2000, "probing:KeyError": 1000}
    assert [each["errors"] for each in found["processes"]] == [
        {"recording:ValueError": 1000, "probing:KeyError": 500}
    ] * 2
    assert "secret" not in told(capsys, spool)
    assert all(b"secret" not in file.read_bytes() for file in spool.rglob("*") if file.is_file())


def test_a_forked_child_counts_its_own_errors_only(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fork = """
faults.swallowed("recording", ValueError())
write()
if os.fork() == 0:
    faults.swallowed("recording", ValueError())
    faults.swallowed("recording", ValueError())
    os.kill(os.getpid(), signal.SIGKILL)
os.wait()
"""
    run(spool, fork)
    found = diagnosis(capsys, spool)
    assert sorted(each["errors"]["recording:ValueError"] for each in found["processes"]) == [1, 2]


def test_more_kinds_of_errors_than_there_is_room_for_are_counted_together(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, "for n in range(40): faults.swallowed(f'place {n} ' + 'x' * 100, ValueError())")
    [process] = diagnosis(capsys, spool)["processes"]
    assert len(process["errors"]) == 16
    assert sum(process["errors"].values()) == 40
    assert process["errors"]["other"] == 25


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_fault_15_refusals_are_counted_exactly_by_cause_and_survive_kill_and_fork(
    spool: Path, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    code = """
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
class Stuck(SpanExporter):
    def export(self, spans): threading.Event().wait()
privacylib.init(service="shop", spool=sys.argv[1], exporter=Stuck())
def fill():
    for number in range(12000): write(f"file:///{number % 10}")
fill()
if (child := os.fork()) == 0:
    fill()
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
"""
    run(spool, code + end, check=False, PRIVACYLIB_SPOOL_MAX=str(1 << 20))
    found = diagnosis(capsys, spool)
    assert [each["records"] + each["refused"].get("spool-full", 0) for each in found["processes"]] == [12_000] * 2
    assert found["refused"] == {"spool-full": sum(each["refused"].get("spool-full", 0) for each in found["processes"])}
    assert found["spools"][0]["cap"] == 1 << 20
    assert f"spool-full {found['refused']['spool-full']}" in told(capsys, spool)


STORY = """
def ask():
    with privacylib.read("postgres://db/users"): pass
    write("s3://out/a")
with privacylib.scope("s"), privacylib.zone("order"):
    for _ in range(3): ask()
def background(): write("file:///known")
with privacylib.scope("request"):
    import contextvars
    context = contextvars.copy_context()
context.run(background)
import _thread
done = threading.Event()
def alone(): write("file:///known"); done.set()
_thread.start_new_thread(alone, ()); done.wait()
carrier = {"baggage": "privacylib=1.x"}
with privacylib.attached(privacylib.extract(carrier)): write("file:///known")
"""


def test_breaches_unknowns_and_workers_are_named(spool: Path, policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, STORY, policy)
    found = diagnosis(capsys, spool)
    row = next(each for each in found["breaches"] if each["asset"] == "s3://out/a")
    assert (row["requirement"], row["would_deny"], row["denied"], row["site"]) == ("flow", 3, 0, "__main__:write")
    assert yaml.safe_load(row["remedy"]) == {"assets": [{"match": "s3://out/a", "labels": ["CONTACT"]}]}
    [unknown] = found["unknown"]
    assert (unknown["reason"], unknown["operations"]) == ("malformed", 1)
    [worker] = found["workers"]
    assert (worker["site"], worker["outlived"], worker["orphaned"]) == ("__main__:write", 1, 1)
    text = told(capsys, spool)
    assert row["id"] in text
    assert "malformed: 1 operations of shop" in text
    assert "__main__:write" in text


def test_a_worker_whose_call_site_is_not_known_is_named_by_what_it_does(
    spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "threading.Thread(target=lambda: open(sys.argv[3], 'w').close()).start()"
    command = [sys.executable, "-c", BEGIN + code, str(spool), "", str(tmp_path / "out.txt")]
    subprocess.run(command, check=True, env={**os.environ, "PRIVACYLIB_INSTRUMENT": "files"})
    [worker] = diagnosis(capsys, spool)["workers"]
    assert (worker["site"], worker["operation"], worker["orphaned"]) == ("", f"WRITE file://{tmp_path}/out.txt", 1)
    assert f"WRITE file://{tmp_path}/out.txt  1" in told(capsys, spool)


LOADS = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
def load():
    with privacylib.read("postgres://db/users"): pass
async def lifespan(): await asyncio.to_thread(load)
def by_executor():
    with ThreadPoolExecutor(1) as pool: pool.submit(load).result()
def by_main(): load()
{how}
with privacylib.scope("request"):
    write("file:///known")
"""


@pytest.mark.parametrize(("how", "alone"), [
    ("asyncio.run(lifespan())", True), ("by_executor()", True), ("by_main()", False),
])  # fmt: skip
def test_what_a_thread_loads_before_the_first_scope_is_named_with_what_to_do(
    spool: Path, policy: Path, capsys: pytest.CaptureFixture[str], how: str, alone: bool
) -> None:
    run(spool, LOADS.format(how=how), policy)
    named = [(row["site"], row["alone"]) for row in diagnosis(capsys, spool)["workers"]]
    assert named == ([("__main__:load", ["postgres://db/users"])] if alone else [])
    text = told(capsys, spool)
    assert ("  postgres://db/users by shop, at __main__:load" in text) is alone
    assert ("`resident: true`" in text) is alone


def test_a_resident_asset_is_not_named_whoever_loads_it(
    spool: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text(POLICY.replace("labels: [CONTACT]}", "labels: [CONTACT], resident: true}"))
    run(spool, LOADS.format(how="by_executor()"), policy)
    [worker] = diagnosis(capsys, spool, arguments=("--policy", str(policy)))["workers"]
    assert (worker["site"], worker["alone"]) == ("__main__:load", [])


def test_an_id_is_the_same_in_every_run(
    spool: Path, tmp_path: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, STORY, policy)
    run(tmp_path / "other", STORY, policy)
    both = [{row["id"] for row in diagnosis(capsys, each)["breaches"]} for each in (spool, tmp_path / "other")]
    assert both[0] == both[1]


def test_it_ends_with_a_fragment_that_a_policy_accepts(
    spool: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, STORY + "for n in 'abcdefghijkl': write(f's3://more/{n}')\nwrite('s3://more/g')", policy)
    text = told(capsys, spool, "--policy", str(policy))
    pasted = yaml.safe_load(text[text.rindex("assets:") :])
    matches = [entry["match"] for entry in pasted["assets"]]
    assert matches[:2] == ["s3://out/a", "s3://more/g"]
    assert len(matches) == 10
    assert "file:///known" not in matches
    (policy.parent / "more.yaml").write_text(POLICY.replace("assets:\n", text[text.rindex("assets:") :]))
    assert cli.main(["policy", "check", str(policy.parent / "more.yaml")]) == 0


LEAKS = """
with privacylib.zone("order"), privacylib.read("postgres://db/users"):
    try: write("file:///leak")
    except privacylib.PolicyDenied: pass
write("file:///plain")
"""


@pytest.mark.parametrize("mode", ["simulate", "enforce"])
def test_what_labelled_data_was_denied_is_not_said_to_have_never_shown_a_label(
    mode: str, spool: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text(POLICY.replace("simulate", mode))
    run(spool, LEAKS, policy)
    assert [each["asset"] for each in diagnosis(capsys, spool)["unannotated"]["assets"]] == ["file:///plain"]
    under = diagnosis(capsys, spool, arguments=("--policy", str(policy)))["unannotated"]
    assert [(each["asset"], each["denied"]) for each in under["assets"]] == [
        ("file:///leak", ["CONTACT"]), ("file:///plain", []),
    ]  # fmt: skip
    assert "1 writes by shop; denied, or would be: CONTACT" in under["fragment"]
    pasted = yaml.safe_load(under["fragment"])["assets"]
    assert [(entry["match"], entry["labels"]) for entry in pasted] == [
        ("file:///leak", ["CONTACT"]),
        ("file:///plain", []),
    ]


def test_hooks_are_told_and_those_that_do_not_hold(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = """
from pathlib import Path
package = Path(sys.argv[1] + ".d"); package.mkdir()
package.joinpath("vendored.py").write_text("from sqlite3 import connect")
sys.path.insert(0, str(package)); import vendored
privacylib.init(service="shop", spool=sys.argv[1], instrument=["sqlite3"])
write()
"""
    run(spool, code)
    [process] = diagnosis(capsys, spool)["processes"]
    assert process["about"]["covered"]["sqlite3:connect"] == "sqlite3"
    assert process["about"]["uncovered"] == {"vendored:connect": "imported before it was patched"}
    run(spool, code.replace(".mkdir()", ".mkdir(exist_ok=True)"))
    found = diagnosis(capsys, spool)
    assert found["uncovered_in"] == {"vendored:connect": {"shop": 2}}
    assert "UNCOVERED vendored:connect: imported before it was patched (shop in 2 processes)" in told(capsys, spool)


def test_a_hook_that_comes_after_the_first_record_is_told_too(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, "privacylib.init(service='shop', spool=sys.argv[1], instrument=['sqlite3'])\nwrite()\nimport sqlite3")
    [process] = diagnosis(capsys, spool)["processes"]
    assert "sqlite3:connect" in process["about"]["covered"]


def test_several_spools_are_one_answer(spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, "write()")
    run(tmp_path / "other", "write()")
    found = diagnosis(capsys, spool, tmp_path / "other")
    assert [Path(each["spool"]).name for each in found["processes"]] == ["spool", "other"]


def test_fault_55_a_damaged_and_a_missing_meta_are_told_apart(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, "write()")
    (meta,) = spool.glob("*/meta.json")
    meta.write_bytes(b"{")
    assert "(damaged meta.json)" in told(capsys, spool)
    meta.unlink()
    assert "(missing meta.json)" in told(capsys, spool)
    [process] = diagnosis(capsys, spool)["processes"]
    assert (process["undescribed"], process["records"], process["damaged"]) == ("missing", 1, 1)


def test_what_it_prints_is_bounded(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(spool, "for n in range(500): privacylib.write(f's3://b/{n}').__enter__()")
    run(spool, "for _ in range(15): os.fork() and os.wait() or write() or sys.exit()")
    text = told(capsys, spool)
    assert "and 4 more; --json has all" in text
    assert len(text.splitlines()) < 120


def test_folded_processes_keep_their_errors(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from privacylib.recorder import adopt

    run(spool, SWALLOW)
    run(spool, SWALLOW)
    assert adopt(spool) == 2
    [process] = diagnosis(capsys, spool)["processes"]
    assert (process["state"], process["records"]) == ("folded", 2)
    assert process["errors"] == {"recording:ValueError": 2000, "probing:KeyError": 1000}


def test_an_empty_spool_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nobody has recorded anything here" in told(capsys, tmp_path)


CAME = """
from privacylib.model import Asset, Kind, Operation, PolicyContext, Zone
from privacylib.runtime import answer, begin, end, finish, respond, serve, site_now
def call(brought):
    handle = begin(site_now(Operation(Kind.CALL, Asset("http://far", "rank"))))
    end(handle)
    answer(handle, brought)
"""


def test_what_came_in_unknown_is_told_though_nothing_depends_on_it(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(spool, CAME + "with privacylib.scope('s'): call(PolicyContext(unknown='bad-signature'))")
    [row] = diagnosis(capsys, spool)["unknown"]
    assert (row["reason"], row["operations"], row["services"]) == ("bad-signature", 0, ["shop"])
    assert "bad-signature: came in to shop, and nothing that was recorded depends on it" in told(capsys, spool)


def test_a_purpose_that_is_not_known_is_told_on_its_own(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "with privacylib.attached(PolicyContext(unknown='unknown-purpose', zone=Zone())): write()"
    run(spool, CAME + code)
    [row] = diagnosis(capsys, spool)["unknown"]
    assert (row["reason"], row["operations"]) == ("unknown-purpose", 1)


def test_folded_processes_keep_what_the_newest_of_a_service_saw(
    spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from privacylib.recorder import adopt

    again = "privacylib.init(service='shop', spool=sys.argv[1], instrument=['sqlite3'])\nwrite()\nimport sqlite3"
    for code in ("write()", again):
        run(spool, code)
    newest = diagnosis(capsys, spool)["processes"]
    assert adopt(spool) == 2
    run(spool, "write()")
    folded = [each for each in diagnosis(capsys, spool)["processes"] if each["state"] == "folded"]
    assert len(newest) == 2
    assert ["sqlite3:connect" in each["about"]["covered"] for each in folded] == [True]


STATEMENTS = """
import sqlite3
from privacylib import integrations
integrations.install(frozenset({"sqlite3"}))
db = sqlite3.connect(":memory:")
db.create_function("f", 0, int)
db.execute("create table users (id)")
def run():
    for statement in ("update or rollback users set id = 'canary'", "create table x(", "select id from users"):
        try: db.execute(statement)
        except sqlite3.Error: pass
run(); run()
"""


def test_sql_that_cannot_be_read_is_counted_by_what_it_names(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sqlglot")
    run(spool, STATEMENTS)
    rows = diagnosis(capsys, spool)["opaque"]
    assert {row["asset"].rpartition("/")[2]: row["count"] for row in rows} == {"users": 2, "x": 2}
    assert all((row["dialect"], row["services"]) == ("sqlite", ["shop"]) for row in rows)
    assert {row["site"].rpartition(":")[2] for row in rows} == {"run"}
    assert {row["why"] for row in rows} == {"the parser does not know it"}
    text = told(capsys, spool)
    assert "sqlite" in text[text.index("SQL that could not be read") :].splitlines()[3]
    assert "canary" not in text
