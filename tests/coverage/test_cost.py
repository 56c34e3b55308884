"""What the account costs: nothing where no event is audited, and operations that are known raise none."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import collections, sqlite3, sys
import privacylib
privacylib.init(service="shop", spool=sys.argv[1], instrument=["sqlite3"])
counted, counting = collections.Counter(), False
sys.addaudithook(lambda event, _: counting and counted.update([event]))
@privacylib.reads("db://orders")
def reading(): pass
@privacylib.writes("db://sums")
def writing(): reading()
database = sqlite3.connect(":memory:")
database.execute("create table t (x)")
def work():
    with privacylib.zone("order"):
        writing()
        privacylib.current()
        privacylib.check("write", "db://sums")
    database.execute("select x from t where x = ?", (1,)).fetchall()
for _ in range(20): work()
counting = True
for _ in range(200): work()
counting = False
print(dict(counted))
"""


def test_operations_that_are_known_raise_no_event(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "spool")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "{}\n"


def test_nothing_of_it_is_imported_where_no_account_is_kept(tmp_path: Path) -> None:
    code = (
        "import sys, privacylib; privacylib.init(service='shop', spool=sys.argv[1]); "
        "print([name for name in ('hook', 'events', 'explaining') if f'privacylib.coverage.{name}' in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "spool")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"
