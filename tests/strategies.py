"""Every Hypothesis strategy of the tests, by the words of the model."""

import datetime
import string
from collections.abc import Callable
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from privacylib.model import (
    Asset,
    Decision,
    Evidence,
    Flag,
    Flow,
    Kind,
    Lowered,
    Mode,
    Operation,
    PolicyContext,
    Record,
    Served,
    Source,
    Terms,
    Verdict,
    Violation,
    Zone,
)
from privacylib.model import policy as file
from privacylib.policy.fingerprint import fingerprint
from privacylib.policy.forms import FORMS
from privacylib.propagation.reasons import CODES
from tests.replay.driving import transform

__all__ = [
    "assets", "contexts", "declared", "field_names", "flows", "foreign_members", "globs", "header_names",
    "header_values", "label_sets", "labels", "names", "namespaces", "own_policies", "patterns", "policies", "purposes",
    "records", "regions", "requirements", "retentions", "streaming_scripts", "unbroken_scripts", "uris", "violations",
]  # fmt: skip

LABELS = ("CONTACT", "CONTACT.EMAIL", "CONTACT.EMAIL.WORK", "CONTACT.PHONE", "INTERACTION", "AGGREGATE")
PURPOSES = ("assistant", "assistant.reply", "train", "train.ranker", "fraud")

labels = st.sampled_from(LABELS)
label_sets = st.frozensets(labels, max_size=4)
purposes = st.sampled_from(PURPOSES)
regions = st.sampled_from(("eu", "us", "apac"))
retentions = st.builds("{}{}".format, st.integers(1, 400), st.sampled_from("smhdwy"))

_word = st.text(string.ascii_letters + string.digits + "_-.{}@ü", min_size=1, max_size=12).filter(
    lambda word: word not in (".", "..")
)
_host = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z]{2,5})?(:[0-9]{2,5})?", fullmatch=True)
_scheme = st.sampled_from(("postgres", "s3", "http", "https", "grpc", "kafka", "model", "gs", "mysql+pymysql"))
_path = st.lists(_word, min_size=1, max_size=5).map("/".join)

namespaces = st.builds("{}://{}".format, _scheme, _host)
names = _path
assets = st.one_of(
    st.builds(Asset, namespaces, _path | _path.map("/".__add__) | st.just("")),
    st.builds(Asset, st.sampled_from(("file", "duckdb", "sqlite")), _path.map("/".__add__)),
    st.builds(Asset, st.just("bigquery"), st.from_regex(r"[a-z]+(\.[a-z]+){2}", fullmatch=True)),
)
"""Assets in the form in which parsing gives them."""
field_names = st.text(string.ascii_letters + string.digits + "_.$[]", min_size=1, max_size=20)
uris = st.builds(Asset.at, assets, st.none() | field_names)
_templates = assets.map(str).filter(FORMS["template"].accepts)
globs = st.one_of(
    assets.map(str),
    st.lists(
        st.sampled_from(("*", "**", "/", "a", "b", "ab", "{", "[", "?", ".", "s3://")), min_size=1, max_size=10
    ).map("".join),
    st.builds("{}://**/{}".format, _scheme, _word),
)

patterns = st.one_of(
    assets.map(str),
    st.builds("{}://{}".format, _scheme, st.sampled_from(("**", "*/*", "a*/**/b", "**/{id}", "*/x"))),
    st.sampled_from(("**", "*://**/b", "post*://*/a")),
)
"""Globs that a policy file accepts."""
declared = st.builds(dict[str, file.Label], st.just({name: file.Label() for name in LABELS}))
_annotated = st.builds(
    file.Annotated,
    match=patterns,
    labels=st.none() | label_sets,
    fields=st.none() | st.dictionaries(field_names, label_sets, max_size=3),
    region=st.none() | regions,
    retention=st.none() | retentions,
    resident=st.none() | st.booleans(),
    record=st.none() | st.sampled_from(("always", "never")),
)
_allow = st.builds(
    file.Allow,
    purposes=st.none() | st.frozensets(purposes, max_size=3),
    regions=st.none() | st.frozensets(regions, min_size=1, max_size=2),
    retention=st.none() | retentions,
    destinations=st.none() | st.frozensets(patterns, max_size=2),
)
_zones = st.builds(file.Zoned, match=patterns, purpose=purposes, labels=st.none() | label_sets)


def requirements(max_size: int = 4) -> st.SearchStrategy[tuple[file.Requirement, ...]]:
    """Give lists of requirements whose ids differ."""
    one = st.builds(
        file.Requirement,
        id=st.from_regex(r"r[a-z0-9-]{1,8}", fullmatch=True),
        applies_to=st.frozensets(labels, min_size=1, max_size=3),
        allow=_allow,
        mode=st.sampled_from(Mode),
        lineage=st.sampled_from(("best-effort", "mandatory")),
        why=st.sampled_from(("", "the user was told so")),
    )
    return st.lists(one, max_size=max_size, unique_by=lambda r: r.id).map(tuple)


_reclassifications = st.builds(
    file.Reclassification,
    from_=st.frozensets(labels, min_size=1, max_size=2),
    to=label_sets,
    sink=patterns,
    transform=st.sampled_from(("pkg.jobs:count", "pkg:Report.build")),
    fingerprint=st.none() | st.just("sha256:" + "0" * 64),
    reason=st.just("counts over many people"),
    reviewer=st.just("privacy@example.org"),
    expires=st.dates(datetime.date(2026, 1, 1), datetime.date(2040, 1, 1)),
)
_trust = st.builds(
    file.Trust,
    ingress=st.sampled_from(("accept", "require", "strip"))
    | st.lists(
        st.builds(file.Ingress, peer=patterns, rule=st.sampled_from(("accept", "require", "strip"))),
        min_size=1,
        max_size=3,
    ).map(tuple),
    egress=st.none() | st.lists(patterns, max_size=3).map(tuple),
    keys=st.just(()) | st.just((file.Key(id="k2", env="PL_KEY_2"), file.Key(id="k1", file="/run/secrets/k1"))),
)

policies = st.builds(
    file.Policy,
    labels=declared,
    purposes=st.just({name: file.Purpose() for name in PURPOSES}),
    assets=st.lists(_annotated, max_size=4).map(tuple),
    zones=st.lists(_zones, max_size=2).map(tuple),
    requirements=requirements(),
    reclassifications=st.lists(_reclassifications, max_size=2).map(tuple),
    naming=st.lists(st.builds(file.Naming, match=patterns, as_=_templates), max_size=2).map(tuple),
    trust=_trust,
)

_reasons = st.none() | st.sampled_from(sorted(CODES))
contexts = st.builds(
    PolicyContext,
    labels=label_sets,
    zone=st.none()
    | st.builds(
        Zone,
        purposes=st.lists(purposes, max_size=4).map(tuple),
        admitted=st.none() | label_sets,
        unknown=_reasons,
    ),
    correlation_key=st.just("") | st.integers(1, 2**128 - 1).map("{:032x}".format),
    unknown=_reasons,
    pair=st.integers(0, 2**64 - 1),
    verified=st.just(True),
)
"""Contexts as they arrive: all of what travels, and nothing else."""

_baggage_word = st.text("abcXYZ019-_.~!$&*+^%/", min_size=1, max_size=12)
foreign_members = st.lists(
    st.builds("{}={}{}".format, _baggage_word, _baggage_word, st.sampled_from(("", ";p", ";p=1;q=2"))), max_size=8
)
header_names = st.sampled_from(("baggage", "Baggage", "BAGGAGE", "traceparent", "TraceParent", "privacylib", "x"))
header_values = (
    st.text(max_size=200)
    | st.binary(max_size=200)
    | st.none()
    | st.integers()
    | st.lists(st.text(max_size=20) | st.binary(max_size=20), max_size=3)
    | st.text("privacylib=1.k10a,; \t", max_size=200)
)

_texts = st.text(st.characters(codec="utf-8") | st.just("\udc80"), max_size=12)  # file names may hold such (fault 19)
violations = st.builds(Violation, _texts, _texts, _texts, st.sampled_from(Mode))
_decisions = st.builds(Decision, st.sampled_from(Verdict), st.lists(violations, max_size=2).map(tuple))
_sources = st.builds(
    Source, assets, st.none() | field_names, label_sets, st.none() | _texts, st.sampled_from(Evidence), label_sets,
    st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
_lowered = st.builds(
    Lowered, label_sets, label_sets, _texts, _texts, st.just("2027-01-01"), st.none() | st.frozensets(field_names),
    st.none() | _texts,
)  # fmt: skip
_terms = st.builds(
    Terms,
    ceiling=st.sampled_from(Mode),
    region=st.none() | regions,
    judges=st.booleans(),
    listed=st.booleans(),
    late=st.booleans(),
    purpose_unknown=st.none() | _texts,
    lowered=st.lists(_lowered, max_size=2).map(tuple),
    taken=st.none() | _sources,
    served=st.none()
    | st.builds(
        Served,
        uri=uris,
        before=st.lists(purposes, max_size=2).map(tuple),
        brought=st.none() | label_sets,
        after=st.lists(purposes, max_size=2).map(tuple),
        admitted=st.none() | label_sets,
    ),
)
flows = st.builds(
    Flow,
    kind=st.sampled_from(Kind),
    asset=assets | st.builds(Asset, _texts, _texts),
    fields=st.lists(field_names, max_size=3).map(tuple),
    sources=st.lists(_sources, max_size=3).map(tuple),
    labels=label_sets,
    purposes=st.lists(purposes, max_size=3).map(tuple),
    admitted=st.none() | label_sets,
    unknown=st.none() | _texts,
    decision=_decisions,
    site=_texts,
    terms=st.none() | _terms,
)

_keys = st.binary(min_size=16, max_size=16).filter(any).map(bytes.hex) | st.sampled_from(("ab" * 16, "01" * 16))
_spans = st.integers(1, 2**64 - 1)


@st.composite
def _records(draw: st.DrawFn) -> Record:
    key = draw(_keys)
    own = [(key, span) for span in draw(st.lists(_spans, max_size=15))]
    foreign = draw(st.lists(st.tuples(_keys.filter(lambda other: other != key), _spans), max_size=3))
    return Record(
        flow=draw(st.integers(1, 2**32 - 1) | st.integers(1, 4)),
        start=draw(st.integers(0, 2**64 - 1)),
        duration=draw(st.integers(0, 2**32 - 1)),
        span=draw(_spans),
        parent=draw(st.integers(0, 2**64 - 1)),
        key=key,
        flags=Flag(draw(st.integers(0, 7))),
        links=(*own, *foreign),
        messages=draw(st.just(1) | st.integers(0, 2**64 - 1)),
        trace=draw(st.just(key) | _keys),
    )


records = _records()
"""Records as reading gives them: links of the own key first."""

_REPLAYED = ("db://h/users", "db://h/clicks", "file:///log", "file:///out", "model://r/m")
_ENDPOINTS = ("http://far.example.org/rank", "http://127.0.0.1:9/rank")
_FIELDS = ("email", "id")
_places = st.sampled_from(_REPLAYED)
_few_labels = st.frozensets(st.sampled_from(("CONTACT", "CONTACT.EMAIL", "INTERACTION")), max_size=2)
_few_purposes = st.sampled_from(("assistant", "assistant.reply", "train"))
_some_fields = st.lists(st.sampled_from(_FIELDS), max_size=2, unique=True).map(tuple)
_zone_steps = st.tuples(_few_purposes, st.none() | _few_labels)
_brought = st.builds(
    PolicyContext,
    labels=_few_labels,
    zone=st.none() | st.builds(Zone, st.lists(_few_purposes, max_size=2).map(tuple), st.none() | _few_labels),
    unknown=st.none() | st.none() | st.just("expired"),
    verified=st.booleans(),
)
_steps = st.one_of(
    st.tuples(st.just("read"), _places, _some_fields),
    st.tuples(st.just("read"), _places, _some_fields),
    st.tuples(st.just("write"), _places, _some_fields, st.none() | st.lists(_places, max_size=2).map(tuple)),
    st.tuples(st.just("write"), _places, _some_fields, st.none()),
    st.tuples(st.just("call"), st.sampled_from(_ENDPOINTS), st.none() | _brought),
    st.tuples(st.just("statement"), st.just(Operation(Kind.OPAQUE, Asset("db://h", "{…}")))),
)


def _lowered_flow(label: str, to: frozenset[str], source: str, sink: str) -> tuple[Any, ...]:
    """Return a read and a write with a reclassification around them that is meant for them."""
    return ("lower", label, to, sink, [("read", source, ()), ("write", sink, (), None)])


def _inside(inner: st.SearchStrategy[tuple[Any, ...]]) -> list[st.SearchStrategy[tuple[Any, ...]]]:
    return [
        st.tuples(st.just("scope"), st.booleans(), st.lists(inner, max_size=3)),
        st.tuples(st.just("zone"), _zone_steps, st.lists(inner, max_size=3)),
        st.tuples(st.just("lower"), labels, _few_labels, _places, st.lists(inner, max_size=3)),
        st.builds(_lowered_flow, st.sampled_from(("CONTACT", "INTERACTION")), _few_labels, _places, _places),
        st.tuples(st.just("attach"), _brought, st.lists(inner, max_size=3)),
        st.tuples(st.just("message"), _brought, st.lists(inner, max_size=3)),
        st.tuples(st.just("serve"), _brought, st.lists(inner, max_size=3)),
    ]


def _script(
    within: Callable[[st.SearchStrategy[tuple[Any, ...]]], list[st.SearchStrategy[tuple[Any, ...]]]],
) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    steps = st.recursive(_steps, lambda inner: st.one_of(within(inner)), max_leaves=8)
    return st.lists(steps, min_size=1, max_size=4)


def _lasting(inner: st.SearchStrategy[tuple[Any, ...]]) -> list[st.SearchStrategy[tuple[Any, ...]]]:
    return [*_inside(inner), st.tuples(st.just("body"), _places, st.lists(inner, max_size=3))]


def _streaming(inner: st.SearchStrategy[tuple[Any, ...]]) -> list[st.SearchStrategy[tuple[Any, ...]]]:
    script, presented = st.lists(inner, max_size=3), st.none() | _brought
    return [*_lasting(inner), st.tuples(st.just("stream"), st.sampled_from(_ENDPOINTS), presented, script, presented)]


streaming_scripts = _script(_streaming)
"""What a program does, step by step; steps with a list of their own do it inside. Response streams tell late, too."""
unbroken_scripts = _script(_inside)
"""The same without streams and bodies of writes, which are recorded after what they hold and stopped before it."""

TRANSFORM = fingerprint(transform)
"""Of the transform that `lower` names."""

_small_annotations = st.builds(
    file.Annotated,
    match=st.sampled_from((*_REPLAYED, *_ENDPOINTS, "http://served/ask", "db://**", "db://*/{…}", "file:///*", "**")),
    labels=st.none() | _few_labels,
    fields=st.none() | st.dictionaries(st.sampled_from((*_FIELDS, "request", "response")), _few_labels, max_size=2),
    region=st.none() | regions,
    retention=st.none() | retentions,
    resident=st.none() | st.booleans(),
)
_labelled = file.Annotated(match="db://**", labels=frozenset({"CONTACT.EMAIL", "INTERACTION"}))
_reviewed = st.builds(
    evolve, _reclassifications, sink=st.just("**"), transform=st.just("tests.replay.driving:transform"),
    from_=st.just(frozenset(LABELS)) | st.just(frozenset({"CONTACT"})),  # what the scripts declare is mostly within
    to=st.just(frozenset[str]()) | _few_labels,
    fingerprint=st.sampled_from((None, TRANSFORM, "sha256:" + "0" * 64)),
    expires=st.sampled_from((datetime.date(2020, 1, 1), datetime.date(2999, 1, 1))),
)  # fmt: skip
_AROUND = ("http://served/*", "**", "command://script")
own_policies = st.builds(
    file.Policy,
    labels=declared,
    purposes=st.just({name: file.Purpose() for name in PURPOSES}),
    assets=st.tuples(st.lists(_small_annotations, max_size=4), st.sampled_from(((), (_labelled,)))).map(
        lambda both: (*both[0], *both[1])
    ),
    zones=st.lists(st.builds(evolve, _zones, match=st.sampled_from(_AROUND)), max_size=2).map(tuple),
    requirements=requirements(),
    reclassifications=st.lists(_reviewed, max_size=2).map(tuple),
    trust=st.builds(
        file.Trust, egress=st.none() | st.lists(st.sampled_from(("http://far.*/**", "**")), max_size=1).map(tuple)
    ),
)
"""Policies that say something of what the scripts touch, and void a reclassification by its transform's fingerprint."""
