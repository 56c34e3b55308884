"""One decision: may data of a label, held for a purpose, flow to a sink in a region? Ten rules apply or do not."""

import importlib
import itertools
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import privacylib
from privacylib.context import frame_now
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import asset
from privacylib.runtime import ACTIVE, site_of
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import LABELS, PURPOSE, SINK, SOURCE, governed
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

QUESTION = {"label": "CONTACT", "purpose": PURPOSE, "region": "eu"}


def _repeated(decide: Callable[[], object]) -> Work:
    def run(times: int) -> None:
        for _ in range(times):
            decide()

    return Work(run)


@contextmanager
def held() -> Generator[None]:
    """Work in a zone that has read something labelled."""
    with governed(), privacylib.zone(purpose=PURPOSE):
        with privacylib.read(SOURCE):
            pass
        yield


@contextmanager
def warm() -> Generator[Work]:
    """A flow that has been seen: as a decorated function asks."""
    with held():
        snapshot, frame = ACTIVE.snapshot, frame_now()
        assert snapshot is not None
        site = site_of(Operation(Kind.WRITE, asset(SINK)), snapshot)
        sources = site.held(frame)
        yield _repeated(lambda: site.writing(sources, frame))


@contextmanager
def cold() -> Generator[Work]:
    """A sink that was never seen: matched with the policy's assets, and judged by every requirement."""
    fresh = itertools.count()
    with held():
        snapshot, frame = ACTIVE.snapshot, frame_now()
        assert snapshot is not None
        engine, labels, zone = snapshot.engine, frame.scope.reads.visible().labels, frame.zone
        yield _repeated(lambda: engine.write(Asset("http://shop", f"p{next(fresh)}"), (), labels, zone))


@contextmanager
def public() -> Generator[Work]:
    """`privacylib.check`, which also parses the name."""
    with held():
        yield _repeated(lambda: privacylib.check("write", SINK))


CASBIN = """\
[request_definition]
r = label, purpose, region
[policy_definition]
p = label, purpose, region
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.label == p.label && r.purpose == p.purpose && r.region == p.region
"""


@contextmanager
def casbin() -> Generator[Work]:
    """Rules as lines of a policy."""
    module: Any = importlib.import_module("casbin")
    model: Any = importlib.import_module("casbin.model").Model()
    model.load_model_from_text(CASBIN)
    enforcer = module.Enforcer(model)
    for label, purpose in itertools.product(LABELS, (PURPOSE, "reply")):
        enforcer.add_policy(label, purpose, "eu")
    assert enforcer.enforce(*QUESTION.values())
    yield _repeated(lambda: enforcer.enforce(*QUESTION.values()))


@contextmanager
def cedar() -> Generator[Work]:
    """Rules as `permit` statements, parsed once where the binding allows it."""
    module: Any = importlib.import_module("cedarpy")
    text = "\n".join(
        f'permit(principal == Purpose::"{purpose}", action == Action::"flow", resource)'
        f' when {{ context.label == "{label}" && context.region == "eu" }};'
        for label, purpose in itertools.product(LABELS, (PURPOSE, "reply"))
    )
    request = {
        "principal": f'Purpose::"{PURPOSE}"', "action": 'Action::"flow"', "resource": 'Sink::"orders"',
        "context": {"label": "CONTACT", "region": "eu"},
    }  # fmt: skip
    policies, entities = module.PolicySet.from_str(text) if hasattr(module.PolicySet, "from_str") else text, []
    assert module.is_authorized(request, policies, entities).allowed
    yield _repeated(lambda: module.is_authorized(request, policies, entities))


@contextmanager
def rego() -> Generator[Work]:
    """Rules as bodies of one Rego rule."""
    interpreter: Any = importlib.import_module("regopy").Interpreter()
    rules = "\n".join(
        f'allow if {{ input.label == "{label}"; input.purpose == "{purpose}"; input.region == "eu" }}'
        for label, purpose in itertools.product(LABELS, (PURPOSE, "reply"))
    )
    interpreter.add_module("flows", f"package flows\nimport rego.v1\ndefault allow := false\n{rules}\n")

    def decide() -> Any:
        interpreter.set_input(QUESTION)
        return interpreter.query("data.flows.allow")

    assert json.loads(str(decide()))["expressions"] == [True]
    yield _repeated(decide)


PEERS = (("casbin", side(casbin)), ("cedarpy", side(cedar)), ("regopy", side(rego)))


def _beside(goal: Goal) -> tuple[Against, ...]:
    return tuple(Against(name, peer, goal) for name, peer in PEERS)


ROWS = (
    Timed(
        "decision-warm", "decision on a flow that was seen", side(warm),
        (Against("", None, Goal(most=0.3)), *_beside(Goal(1 / 100))), times=500,
    ),
    Timed(
        "decision-cold", "decision on a sink that was never seen", side(cold),
        (Against("", None, Goal(most=30)), *_beside(Goal(1))), times=500,
    ),
    Timed("decision-check", "privacylib.check()", side(public), _beside(Goal()), times=500),
)  # fmt: skip
