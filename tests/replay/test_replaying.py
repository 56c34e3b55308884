"""Replay of what a service recorded: its zones, its residents, and what it is told to take as it was."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from attrs import evolve

import privacylib
import privacylib.training
from privacylib.model import REQUEST, Asset, Flow, Kind, Lowered, Mode, Served, Source, Terms
from privacylib.model.policy import Policy
from privacylib.policy.loading import load, parse
from privacylib.replay import Judge, Replay, replay
from privacylib.replay.notes import notes
from privacylib.runtime import CARRIED
from privacylib.testing import capture

POLICY = """
version: 1
labels: {CONTACT: {}}
purposes: {order: {}, order.late: {}, ads: {}}
assets:
  - {match: "postgres://**", labels: [CONTACT]}
  - {match: "http://shop/ask", labels: [CONTACT]}
  - {match: "model://**", labels: [CONTACT]}
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order]}, mode: enforce}
"""
PROGRAM = """
import sys, privacylib
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.runtime import finish, respond, serve, site_now
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2], mode=sys.argv[3])
def load():
    with privacylib.zone("order"), privacylib.read("model://registry/m"): pass
def ask():
    handle = serve(site_now(Operation(Kind.SERVE, Asset("http://shop", "ask"))), PolicyContext())
    try:
        with privacylib.read("postgres://db/users"): pass
        respond(handle, verified=False)
    except privacylib.PolicyDenied: pass
    finish(handle)
def tell():
    with privacylib.scope("tell"), privacylib.write("file:///log"): pass
with privacylib.scope("first"): pass
def look(purpose):
    with privacylib.zone(purpose), privacylib.read("postgres://db/seen"): pass
load(); ask(); ask(); tell(); tell(); tell()
if sys.argv[3] == "observe": look("order"); look("order"); look("ads"); look("ads"); look("ads"); look("order.late")
"""


def recorded(path: Path, mode: str, policy: str = POLICY) -> Path:
    (path / "policy.yaml").write_text(policy)
    subprocess.run([sys.executable, "-c", PROGRAM, str(path / "spool"), str(path / "policy.yaml"), mode], check=True)
    return path / "spool"


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("observe"), "observe")


def tried(spool: Path, policy: str) -> Replay:
    file = spool.parent / "new.yaml"
    file.write_text(policy)
    return replay([spool], load(str(file)))


def test_a_zone_that_is_pasted_lets_what_is_served_through(spool: Path) -> None:
    rows = tried(spool, POLICY).still_denied
    [row] = [row for row in rows if row.kind is Kind.READ and row.asset == "postgres://db/users"]
    assert (row.requirement, row.count) == ("zone", 2)
    found = tried(spool, POLICY + row.remedies["nearest"])
    assert (found.denied, {each.site for each in found.still_denied}) == ([], {"__main__:look"})
    assert row.id in {each.id for each in found.no_longer_denied}


def test_a_zone_for_another_purpose_does_not(spool: Path) -> None:
    found = tried(spool, POLICY + 'zones: [{match: "http://shop/*", purpose: ads}]\n')
    assert {(row.requirement, row.asset) for row in found.still_denied} >= {("contact", "postgres://db/users")}


def test_fault_51_what_was_stopped_is_decided_again(tmp_path: Path) -> None:
    spool = recorded(tmp_path, "enforce")
    assert {row.before.value for row in tried(spool, POLICY).still_denied} == {"DENY"}
    found = tried(spool, POLICY + 'zones: [{match: "http://shop/*", purpose: order}]\n')
    assert (found.denied, found.still_denied) == ([], [])
    allowed = {(row.asset, row.count) for row in found.no_longer_denied}
    assert allowed == {("postgres://db/users", 2), ("http://shop/ask", 2)}


def test_what_becomes_resident_counts_for_all_later_work(spool: Path) -> None:
    before = {row.asset for row in tried(spool, POLICY).denied}
    policy = yaml.safe_load(POLICY)
    policy["assets"][2]["resident"] = True
    [row] = [row for row in tried(spool, yaml.safe_dump(policy, sort_keys=False)).denied if row.asset not in before]
    assert (row.asset, row.count, row.at_most, row.labels) == ("file:///log", 3, True, frozenset({"CONTACT"}))


def test_flows_of_one_call_site_are_counted_together(spool: Path) -> None:
    policy = POLICY.replace("[order]", "[support]").replace("ads: {}", "ads: {}, support: {}")
    rows = [row for row in tried(spool, policy).denied if row.asset == "postgres://db/seen"]
    again = [row for row in tried(spool, policy).still_denied if row.asset == "postgres://db/seen"]
    assert [(row.count, row.site) for row in (*rows, *again)] == [(3, "__main__:look"), (3, "__main__:look")]
    nobody = POLICY.replace("mode: enforce", "mode: observe").replace("purposes: [order]", "purposes: []")
    everybody = POLICY.replace("[order]", "[order, ads]")
    assert [row.count for row in tried(spool, everybody).no_longer_denied if row.asset == "postgres://db/seen"] == [3]
    assert {row.mode.name for row in tried(spool, nobody).denied} == {"OBSERVE"}


def test_a_missing_zone_is_proposed_for_what_is_served_or_for_the_command(spool: Path) -> None:
    rows = {row.site: row for row in tried(spool, POLICY).still_denied if row.requirement == "zone"}
    assert yaml.safe_load(rows["__main__:ask"].remedies["nearest"])["zones"][0]["match"] == "http://shop/ask"
    held = POLICY.replace("requirements:", '  - {match: "file:///log", labels: [CONTACT]}\nrequirements:')
    held = held.replace('model://**"', 'model://**", resident: true')
    [row] = [row for row in tried(spool, held).denied if row.site == "__main__:tell"]
    assert yaml.safe_load(row.remedies["nearest"])["zones"][0]["match"] == "command://shop"


def test_a_zone_around_the_command_lets_all_of_its_work_through(spool: Path) -> None:
    assert "__main__:ask" in {row.site for row in tried(spool, POLICY).still_denied}
    found = tried(spool, POLICY + 'zones: [{match: "command://shop", purpose: order}]\n')
    assert {row.site for row in found.still_denied} == {"__main__:look"}
    assert any("would stand in a zone, or in none" in each for each in found.caveats)


def test_a_zone_around_the_command_for_another_purpose_stops_it(spool: Path) -> None:
    found = tried(spool, POLICY + 'zones: [{match: "command://*", purpose: ads}]\n')
    assert {("contact", "model://registry/m")} <= {(row.requirement, row.asset) for row in found.denied}


def test_zones_that_stood_around_the_command_are_gone_where_the_policy_has_none(tmp_path: Path) -> None:
    zoned = POLICY + 'zones: [{match: "command://shop", purpose: order}]\n'
    spool = recorded(tmp_path, "observe", zoned)
    assert [row for row in tried(spool, zoned).denied if row.requirement == "zone"] == []
    asked = [row for row in tried(spool, POLICY).denied if row.asset == "postgres://db/users"]
    assert [(row.requirement, row.count) for row in asked] == [("zone", 2)]


GATED = """
version: 1
labels: {CONTACT: {}}
purposes: {train: {}, order: {}}
assets: [{match: "db://h/users", DATA}]
requirements:
  - {id: contact, applies_to: [CONTACT], allow: {purposes: [order, TOO]}, mode: simulate}
"""
GATES = [
    GATED.replace("DATA", data).replace(", TOO", too).replace("db://h/users", match)
    for data in ("labels: [CONTACT]", "labels: []")
    for too in ("", ", train")
    for match in ("db://h/users", "db://h/others")
]


def gated(policy: str) -> list[Flow]:
    with capture(policy, mode="simulate") as seen, privacylib.scope("job"):
        privacylib.training.gate(["db://h/users"], "train")
        producer = seen._producer  # pyright: ignore[reportPrivateUsage] - flows show nowhere else
    return [flow for flow in producer.flows.values() if flow.terms is not None and flow.terms.gate]


def test_what_a_gate_was_asked_is_asked_again() -> None:
    asked = [gated(policy) for policy in GATES]
    assert {flow.decision.requirement for [flow] in asked} == {None, "contact", "unknown"}
    for [was] in asked:
        for policy, [now] in zip(GATES, asked, strict=True):
            assert Judge(parse(policy, "policy")).decide(was) == now.decision


def test_what_a_gate_let_through_is_refused_by_a_policy_that_says_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(GATES[2])
    program = """
import sys, privacylib
privacylib.init(service="job", spool=sys.argv[1], policy=sys.argv[2], mode="simulate")
with privacylib.training.job("train-ranker", purpose="train"):
    privacylib.training.gate(["db://h/users"], "train")
    with privacylib.read("db://h/users"): pass
    with privacylib.write("model://r/m"): pass
"""
    subprocess.run([sys.executable, "-c", program, tmp_path / "spool", tmp_path / "policy.yaml"], check=True)
    found = tried(tmp_path / "spool", GATES[3])
    [row] = [row for row in found.denied if row.site == "privacylib.training:gate"]
    assert (row.requirement, row.asset, row.at_most) == ("unknown", "db://h/users", True)
    assert any("gate of a training job" in each for each in found.caveats)
    assert found.operations == tried(tmp_path / "spool", GATES[2]).operations == 2


STREAMED = """
import sys, privacylib
from privacylib.model import Asset, Kind, Operation, PolicyContext
from privacylib.runtime import finish, respond, serve, site_now
privacylib.init(service="shop", spool=sys.argv[1], policy=sys.argv[2])
handle = serve(site_now(Operation(Kind.SERVE, Asset("http://shop", "ask"))), PolicyContext(verified=True))
respond(handle, verified=True, once=True)
if sys.argv[3] == "later":
    with privacylib.zone("order"), privacylib.read("model://registry/m"): pass
finish(handle)
"""


@pytest.mark.parametrize("when", ["later", "never"])
def test_what_came_after_the_announcement_is_noted(when: str, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("http://shop/ask", "http://elsewhere"))
    command = [sys.executable, "-c", STREAMED, str(tmp_path / "spool"), str(tmp_path / "policy.yaml"), when]
    subprocess.run(command, check=True)
    caveats = tried(tmp_path / "spool", POLICY).caveats
    assert [each for each in caveats if "announced" in each] == [
        each for each in caveats if when == "later" and each.startswith("1 flows hold what may have come")
    ]
    assert any("announced" in each for each in caveats) is (when == "later")


SENDER = """
import sys, privacylib
privacylib.init(service="sender", spool=sys.argv[1], policy=sys.argv[2], mode="simulate")
carrier = {}
with privacylib.zone("order"), privacylib.read("postgres://db/users"): privacylib.inject(carrier)
print(carrier["traceparent"], carrier["baggage"])
"""
RECEIVER = """
import sys, privacylib
privacylib.init(service="receiver", spool=sys.argv[1], policy=sys.argv[2], mode="simulate")
traceparent, baggage = sys.stdin.read().split()
with privacylib.attached(privacylib.extract({"traceparent": traceparent, "baggage": baggage})):
    with privacylib.write("file:///out"): pass
"""


@pytest.mark.parametrize(
    ("labels", "told"), [("[]", "were not sent along"), ("[CONTACT]", "another service sent along")]
)
def test_labels_that_another_service_sent_along_or_would_have_are_noted(
    labels: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("k" * 32)
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("PRIVACYLIB_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "policy.yaml").write_text(
        POLICY.replace('postgres://**", labels: [CONTACT]', f'postgres://**", labels: {labels}')
    )
    sent = ""
    for name, program in (("a", SENDER), ("b", RECEIVER)):
        command = [sys.executable, "-c", program, str(tmp_path / name), str(tmp_path / "policy.yaml")]
        sent = subprocess.run(command, check=True, input=sent, capture_output=True, text=True).stdout
    (tmp_path / "new.yaml").write_text(POLICY)
    [note] = replay([tmp_path / "a", tmp_path / "b"], load(str(tmp_path / "new.yaml"))).caveats
    assert note.startswith("1 flows ")
    assert told in note


def test_what_left_no_record_is_noted_where_it_would_be_denied(tmp_path: Path) -> None:
    silent = POLICY.replace('postgres://**", labels: [CONTACT]', 'postgres://**", labels: [], record: never')
    spool = recorded(tmp_path, "observe", silent)
    assert not any("record: never" in each for each in tried(spool, silent).caveats)
    [note] = [each for each in tried(spool, POLICY).caveats if "record: never" in each]
    assert note.startswith("2 flows would be denied")


READ = Flow(Kind.READ, Asset("db://h", "users"), labels=frozenset({"CONTACT"}), purposes=("order",))
SERVED = Served("http://shop/ask")
REVIEWED = f"""
reclassifications:
  - {{from: [CONTACT], to: [], sink: "**", transform: "m:f", reason: r, reviewer: r, expires: 2999-01-01,
     fingerprint: "sha256:{"0" * 64}"}}
"""


def test_a_message_is_judged_as_it_comes_in_where_the_policy_opens_a_zone_around_it() -> None:
    asset = Asset("kafka://h:9", "letters")
    around = Served(asset.uri, after=("ads",))
    taken = Source(asset, None, frozenset({"CONTACT"}), carried=frozenset({"CONTACT"}))
    message = evolve(READ, asset=asset, purposes=("ads",), terms=Terms(taken=taken, served=around, arrived=True))
    zones = f'zones: [{{match: "{asset.uri}", purpose: order}}]\n'
    decided = [
        Judge(parse(policy, "policy")).decide(flow).allowed
        for policy in (POLICY, POLICY + zones)
        for flow in (message, evolve(message, terms=Terms(taken=taken, served=around)))
    ]
    assert decided == [False, False, True, False]


@pytest.mark.parametrize(("mode", "allowed"), [(Mode.OBSERVE, True), (Mode.ENFORCE, False)])
def test_what_nobody_reviewed_lowers_nothing_under_enforce(mode: Mode, *, allowed: bool) -> None:
    lowered = Lowered(READ.labels, frozenset(), "**", "m:f", "2999-01-01")
    held = (Source(READ.asset, None, READ.labels, carried=READ.labels),)
    flow = evolve(READ, kind=Kind.WRITE, asset=Asset("file", "/log"), sources=held, terms=Terms(lowered=(lowered,)))
    assert Judge(parse(POLICY, "policy"), mode).decide(flow).allowed is allowed


def test_nothing_is_noted_where_nothing_is_taken_as_it_was() -> None:
    assert list(notes(evolve(READ, terms=Terms(served=SERVED)), Policy(), "shop")) == []


@pytest.mark.parametrize(
    ("flow", "policy", "told"),
    [
        (READ, "", "earlier version"),
        (evolve(READ, terms=Terms()), 'naming: [{match: "db://h/*", as: "db://h/{x}"}]', "`naming` would change"),
        (
            evolve(READ, terms=Terms(taken=Source(READ.asset, REQUEST))),
            "trust: {ingress: require}",
            "came in from outside",
        ),
        (
            evolve(READ, kind=Kind.WRITE, sources=(Source(CARRIED, carried=READ.labels),), terms=Terms(served=SERVED)),
            "",
            "another service sent along",
        ),
        (evolve(READ, terms=Terms(taken=Source(READ.asset), served=SERVED)), "", "a zone that the policy does not"),
        (
            evolve(READ, terms=Terms(served=evolve(SERVED, before=("order",)))),
            'zones: [{match: "http://shop/*", purpose: order}]',
            "purposes that the caller sent",
        ),
        (
            evolve(READ, terms=Terms(ceiling=Mode.OBSERVE, lowered=(Lowered(READ.labels, frozenset(), "**", "m:f"),))),
            REVIEWED,
            "fingerprint was not recorded",
        ),
    ],
)
def test_what_is_taken_as_it_was_is_noted(flow: Flow, policy: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f"version: 1\nlabels: {{CONTACT: {{}}}}\npurposes: {{order: {{}}}}\n{policy}\n")
    [note] = notes(flow, load(str(file)), "shop")
    assert told in note
