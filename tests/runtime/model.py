"""The flow rules as a reference model: sets and lists, written from their text alone, slow and plain.

It knows one small world (`ASSETS`, `RULES`) and answers, for each operation, what must be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

USERS, EMAIL, CLICKS, PUBLIC = "db://h/users", "db://h/users#email", "db://h/clicks", "db://h/public"
OPEN, CLOSED, ABROAD, PLAIN = "file:///open", "file:///closed", "file:///abroad", "file:///plain"
MODEL, ENDPOINT, NEAR = "model://r/m", "http://far.example.org/rank", "http://127.0.0.1:9/rank"
HOP = "grpc://soundness.Hops/Ask"
JUDGING = (NEAR, HOP)
"""Endpoints that carry our context, and judge for themselves."""

POLICY = """
version: 1
labels: {CONTACT: {}, CONTACT.EMAIL: {}, CLICK: {}}
purposes: {reply: {}, reply.voice: {}, ads: {}}
assets:
  - {match: "db://h/users", labels: [CONTACT], fields: {email: [CONTACT.EMAIL]}}
  - {match: "db://h/clicks", labels: [CLICK]}
  - {match: "db://h/public", labels: []}
  - {match: "model://r/m", labels: [CLICK], resident: true}
  - {match: "file:///open", labels: [CONTACT, CLICK]}
  - {match: "file:///closed", labels: []}
  - {match: "file:///abroad", labels: [CONTACT, CLICK], region: us}
  - {match: "http://far.example.org/rank", fields: {request: [CLICK], response: [CLICK]}}
requirements:
  - {id: contact, applies_to: [CONTACT.EMAIL], allow: {purposes: [reply]}, mode: enforce}
  - {id: click, applies_to: [CLICK], allow: {purposes: [reply, ads], regions: [eu]}, mode: simulate}
reclassifications:
  - {from: [CONTACT], to: [], sink: "file:///closed", transform: "tests.runtime.driving:aggregate", reason: "counts",
     fingerprint: "sha256:95165a11c044003203610e7cb8211479251943ff51708e0a8c435aee", reviewer: "p@example.org",
     expires: 2999-12-31}
"""

SOURCES: dict[str, set[str]] = {
    USERS: {"CONTACT", "CONTACT.EMAIL"}, EMAIL: {"CONTACT.EMAIL"}, CLICKS: {"CLICK"}, PUBLIC: set(), MODEL: {"CLICK"},
    ENDPOINT: {"CLICK"}, NEAR: set(), HOP: set(),
}  # fmt: skip
SINKS: dict[str, set[str] | None] = {
    OPEN: {"CONTACT", "CLICK"}, CLOSED: set(), ABROAD: {"CONTACT", "CLICK"}, PLAIN: None, ENDPOINT: {"CLICK"},
    NEAR: None, HOP: None,
}  # fmt: skip
RULES = {
    "contact": ({"CONTACT.EMAIL"}, {"reply"}, None, 2),
    "click": ({"CLICK"}, {"reply", "ads"}, {"eu"}, 1),
}
"""Labels, purposes, regions and mode of each requirement."""
EVERY = {"CONTACT.EMAIL", "CLICK"}

Source = tuple[str, frozenset[str], bool]
"""URI, labels, and whether the data are unknown."""


def covers(upper: str, lower: str) -> bool:
    return lower == upper or lower.startswith(upper + ".")


def covered(label: str, by: set[str]) -> bool:
    return any(covers(each, label) for each in by)


def met(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    """Return the labels that both admit; None admits all."""
    if one is None or other is None:
        return one if other is None else other
    return {label for label in one | other if covered(label, one) and covered(label, other)}


@dataclass(eq=False)
class Reads:
    """What a scope has read."""

    upper: Reads | None = None
    part: bool = False
    """Whether it is part of the work of `upper`."""
    isolated: bool = False
    """Whether `upper` has what is read here returned, when the scope is left or a step of a generator hands it out."""
    own: set[Source] = field(default_factory=set[Source])
    brought: set[Source] = field(default_factory=set[Source])
    """What a job in another process brought home of isolated scopes in it."""
    handed: list[Reads] = field(default_factory=list["Reads"])
    """Isolated parts of it that were left, or handed out by a step: what these read later on is returned too."""
    open: list[Write] = field(default_factory=list["Write"])

    @property
    def returned(self) -> set[Source]:
        return self.brought.union(*(part.own | part.returned for part in self.handed))

    def visible(self) -> set[Source]:
        found, reads = self.own | self.returned, self.upper
        while reads is not None:
            found, reads = found | reads.own, reads.upper
        return found

    def take_back(self, part: Reads) -> None:
        if part not in self.handed:
            self.handed.append(part)

    def open_writes(self) -> list[Write]:
        return self.open + (self.upper.open_writes() if self.upper is not None and self.part else [])


Who = tuple[object, ...]
"""A task, or a thread twice, the thread it runs in, and all on whose behalf these work."""
MAIN: Who = ("main", "main")


@dataclass(eq=False)
class Entered:
    """A zone, or a unit of work of its own, that somebody has entered.

    Args:
        by: The task or thread; None where whoever takes the steps of a generator stands in it.
        zone: Purpose and admitted labels of a zone; None for a unit of work of its own.
        inside: Purposes and admitted labels of such a unit, and whether it is unknown.
    """

    by: object
    zone: tuple[str, set[str] | None] | None = None
    inside: tuple[tuple[str, ...], set[str] | None, bool] = ((), None, False)
    left: bool = False


@dataclass(eq=False)
class Place:
    """Where work stands."""

    reads: Reads
    purposes: tuple[str, ...] = ()
    admitted: set[str] | None = None
    unknown: bool = False
    lowered: tuple[tuple[str, set[str], str], ...] = ()
    chain: tuple[Write, ...] = ()
    inside: bool = True
    """Whether somebody opened the scope."""
    returns: bool = False
    """Whether leaving it returns its reads."""
    around: tuple[Entered, ...] = ()
    """What was entered around it, outermost first."""
    entered: Entered | None = None
    """What leaving it leaves."""


@dataclass(eq=False)
class Write:
    """A write that stays open."""

    place: Place
    asset: str
    inflow: set[Source] = field(default_factory=set[Source])
    ended: bool = False

    def held(self) -> set[Source]:
        return self.place.reads.visible() | self.inflow


@dataclass(frozen=True)
class Seen:
    """What is seen of an operation.

    Args:
        asset: Its asset.
        rules: Ids of the rules that are broken.
        verdict: The decision.
        sources: URIs of what a write depends on.
        labels: Labels of what is read, or held.
    """

    asset: str
    rules: frozenset[str]
    verdict: str
    sources: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()


@dataclass
class World:
    """All of a process under one ceiling: 0 observe, 1 simulate, 2 enforce; `command` is what all its work is for."""

    ceiling: int
    scoped: bool = False
    command: tuple[str, ...] = ()
    who: Who = MAIN
    """Who does what is done now."""
    main: object = MAIN[1]
    """The main thread."""

    def __post_init__(self) -> None:
        self.start = Reads()
        """What is in sight of all scopes."""
        self.unit = Reads(self.start)
        """What else was read outside scopes, in a process that has a zone."""
        self.process = Place(self.unit if self.command else self.start, self.command, inside=False)

    def outside(self, started: Place) -> Place:
        """Return where a task or thread stands that was started outside scopes: with all such, if there is a zone."""
        place = _like(started, self.unit if self.command else Reads(self.start))
        place.inside = False
        return place

    # -- scopes and zones

    def scope(self, place: Place, isolated: bool = False, fresh: bool = False) -> Place:
        self.scoped = True
        if fresh:
            return self._unit(place, self.narrowed_by(place))
        if not place.inside:
            return _like(place, Reads(place.reads, part=True))
        return _like(place, Reads(place.reads, True, True), returns=True) if isolated else _like(place, place.reads)

    def zone(self, place: Place, purpose: str, labels: set[str] | None) -> Place:
        inner = self.scope(place)
        inner.purposes, inner.admitted = (*place.purposes, purpose), met(place.admitted, labels)
        inner.entered = Entered(self.who[0], (purpose, labels))
        inner.around = (*place.around, inner.entered)
        return inner

    def narrowed_by(self, place: Place) -> tuple[tuple[str, ...], set[str] | None, bool]:
        """Return what a unit of work of its own starts in: what whoever does the work has entered and not left."""
        purposes, admitted, unknown = self.command, None, False
        zones: list[tuple[str, set[str] | None]] = []
        for each in reversed([each for each in place.around if not each.left]):
            if each.by is not None and each.by not in self.who:
                continue  # it only carries that one
            if each.zone is None:
                purposes, admitted, unknown = each.inside
                break
            zones.append(each.zone)
        for purpose, labels in reversed(zones):
            purposes, admitted = (*purposes, purpose), met(admitted, labels)
        return purposes, admitted, unknown

    def _unit(self, place: Place, inside: tuple[tuple[str, ...], set[str] | None, bool]) -> Place:
        """Return a unit of work of its own; the bodies that it is opened in are still around it."""
        entered = Entered(self.who[0], inside=inside)
        around = (*place.around, entered)
        return Place(Reads(self.start), *inside, chain=place.chain, around=around, entered=entered)

    def lower(self, place: Place, label: str, to: set[str], sink: str, reviewed: bool) -> Place:
        inner = _like(place, place.reads)
        inner.inside = place.inside
        if reviewed or self.ceiling < 2:
            inner.lowered = (*place.lowered, (label, to, sink))
        return inner

    def attach(self, place: Place, labels: set[str], purposes: tuple[str, ...], unknown: bool) -> Place | None:
        """Return the place under a brought context, or None where it may not come in."""
        self.scoped = True
        outer, admitted, outer_unknown = self.narrowed_by(place)
        stacked = (*(each for each in outer if each not in purposes), *purposes)
        inner = self._unit(place, (stacked, admitted, unknown or outer_unknown))
        if labels or unknown:
            brought = ("context://carried", frozenset(labels), unknown)
            if self.refused(inner, brought):
                return None
            inner.reads.own.add(brought)
        return inner

    @staticmethod
    def leave(place: Place) -> None:
        if place.entered is not None:
            place.entered.left = True
        if place.returns and place.reads.upper is not None:
            place.reads.upper.take_back(place.reads)

    @staticmethod
    def step_ends(place: Place, consumer: Place) -> None:
        """Hand out what a step of a generator that stands in a place has read in isolated scopes of its own."""
        kept, reads = [consumer.reads], place.reads
        while kept[-1].isolated and kept[-1].upper is not None:
            kept.append(kept[-1].upper)
        while reads.isolated and reads.upper is not None and not any(reads is each for each in kept):
            reads.upper.take_back(reads)
            reads = reads.upper

    # -- operations

    def read(self, place: Place, uri: str) -> Seen:
        labels = SOURCES[uri]
        seen = self._seen(uri, self._read_rules(place, labels, False), labels)
        if seen.verdict == "DENY":
            return seen
        source = (uri, frozenset(labels), False)
        into = self.refused(place, source)
        if into is not None:
            return into
        (self.start if uri == MODEL else self.taking(place)).own.add(source)
        return seen

    def taking(self, place: Place) -> Reads:
        """Return what takes in what is read in a place: the main thread begins the process until a scope is opened."""
        begins = place.reads is self.unit and not self.scoped and self.who[1] == self.main
        return self.start if begins else place.reads

    def refused(self, place: Place, source: Source) -> Seen | None:
        """Return how a read is refused by a write that is open around it, or let it flow there."""
        writes = self.open_writes(place)
        for write in writes:
            seen = self._write_seen(write.place, write.asset, write.held() | {source})
            if seen.verdict == "DENY":
                return seen
        for write in writes:
            write.inflow.add(source)
        return None

    def open_writes(self, place: Place) -> list[Write]:
        """Return the writes into which flows what is read in a place."""
        return [write for write in (*place.chain, *place.reads.open_writes()) if not write.ended]

    def begin(self, place: Place, asset: str) -> tuple[Seen, Place | None]:
        """Begin a write, and return where its body stands."""
        write = Write(place, asset)
        seen = self._write_seen(place, asset, write.held())
        if seen.verdict == "DENY":
            return seen, None
        body = _like(place, place.reads)
        body.inside, body.chain = place.inside, (*place.chain, write)
        return seen, body

    def end(self, body: Place) -> Seen:
        write = body.chain[-1]
        write.ended = True
        seen = self._write_seen(write.place, write.asset, write.held())
        verdict = "WOULD_DENY" if seen.verdict == "DENY" else seen.verdict
        return Seen(seen.asset, seen.rules, verdict, seen.sources, seen.labels)

    def respond(self, place: Place, asset: str) -> Seen | None:
        """Take in the response of a call; return how it is refused."""
        source = (f"{asset}#response", frozenset(SOURCES[asset]), False)
        refused = self.refused(place, source)
        if refused is None:
            self.taking(place).own.add(source)
        return refused

    # -- decisions

    def _write_seen(self, place: Place, asset: str, held: set[Source]) -> Seen:
        labels = set[str]().union(*(each[1] for each in held))
        unknown = any(each[2] for each in held)
        flowing = set(labels)
        for label, to, sink in place.lowered:
            gone = {each for each in flowing if covers(label, each)} if sink == asset else set[str]()
            flowing = (flowing - gone) | to if gone else flowing
        rules = self._write_rules(place, asset, flowing, unknown)
        if asset in (ENDPOINT, NEAR, HOP):
            rules += self._read_rules(place, SOURCES[asset], False)
        return self._seen(asset, rules, labels, tuple(sorted({each[0] for each in held})))

    def _write_rules(self, place: Place, asset: str, labels: set[str], unknown: bool) -> list[tuple[str, int]]:
        def judge(labels: set[str]) -> list[tuple[str, int]]:
            if not labels:
                return []
            takes, own = SINKS[asset], self._strictest(labels)
            found: list[tuple[str, int]] = []
            if takes is None:
                found += [] if asset in JUDGING else [("flow", own)]
            elif not all(covered(label, takes) for label in labels):
                found.append(("flow", own))
            for name, (_, _, regions, mode) in self._applying(labels):
                region = "us" if asset == ABROAD else None if asset in JUDGING else "eu"
                if not self._permits(place, name) or (regions and region not in (*regions, None)):
                    found.append((name, mode))
            return found

        return self._doubted(judge(labels), judge(labels | EVERY)) if unknown else judge(labels)

    def _read_rules(self, place: Place, labels: set[str], unknown: bool) -> list[tuple[str, int]]:
        found = self._admission(place, labels)
        return self._doubted(found, self._admission(place, labels | EVERY)) if unknown else found

    def _admission(self, place: Place, labels: set[str]) -> list[tuple[str, int]]:
        if not labels:
            return []
        found: list[tuple[str, int]] = []
        nowhere = not place.purposes and place.admitted is None
        admits = labels if place.admitted is None else place.admitted
        if nowhere or not all(covered(label, admits) for label in labels):
            found.append(("zone", self._strictest(labels)))
        found += [(name, rule[3]) for name, rule in self._applying(labels) if not self._permits(place, name)]
        return found

    def _doubted(self, found: list[tuple[str, int]], every: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Return what is broken by unknown data: by what is known, and by all it may be where that is stricter."""
        doubt = self._strictest(EVERY)
        return [*found, ("unknown", doubt)] if every and all(mode < doubt for _, mode in found) else found

    def _applying(self, labels: set[str]) -> list[tuple[str, tuple[set[str], set[str], set[str] | None, int]]]:
        return [
            (name, rule)
            for name, rule in RULES.items()
            if any(covers(each, label) or covers(label, each) for each in rule[0] for label in labels)
        ]

    def _permits(self, place: Place, name: str) -> bool:
        allowed = RULES[name][1]
        return bool(place.purposes) and not place.unknown and all(covered(each, allowed) for each in place.purposes)

    def _strictest(self, labels: set[str]) -> int:
        return max((rule[3] for _, rule in self._applying(labels)), default=0)

    def _seen(self, asset: str, rules: list[tuple[str, int]], labels: set[str], sources: tuple[str, ...] = ()) -> Seen:
        worst = max((min(mode, self.ceiling) for _, mode in rules), default=-1)
        verdict = "ALLOW" if worst < 0 else "DENY" if worst == 2 else "WOULD_DENY"
        return Seen(asset, frozenset(name for name, _ in rules), verdict, sources, frozenset(labels))


def _like(place: Place, reads: Reads, returns: bool = False) -> Place:
    return Place(
        reads, place.purposes, place.admitted, place.unknown, place.lowered, place.chain, returns=returns,
        around=place.around,
    )  # fmt: skip
