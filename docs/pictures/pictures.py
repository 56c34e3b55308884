"""The pictures of the documentation; ``docs/generate.py`` writes them."""

from pictures.drawing import Drawing

__all__ = ["PICTURES"]


def end_to_end() -> Drawing:
    """Show the graph of the demo: from one wearer's request to another's answer, and what was refused."""
    draw = Drawing(
        1064, 470,
        "From a web request to a log, a table, a training set, a checkpoint and an answer. "
        "An advertising job that wants the table is refused before it reads.",
    )  # fmt: skip
    wide, high, top, bottom = 180, 62, 186, 328
    columns = [24, 302, 580, 858 + 2]

    def step(column: int, row: int, *lines: str, label: str, kind: str = "box") -> None:
        draw.box(columns[column], row, wide, high, *lines, kind=kind)
        draw.pill(columns[column] + wide / 2, row + high, label)

    def right(column: int, row: int, service: str, purpose: str) -> None:
        x = columns[column] + wide
        draw.arrow((x + 4, row + high / 2), (columns[column + 1] - 4, row + high / 2))
        words(x, row, service, purpose)

    def left(column: int, row: int, service: str, purpose: str) -> None:
        x = columns[column - 1] + wide
        draw.arrow((columns[column] - 4, row + high / 2), (x + 4, row + high / 2))
        words(x, row, service, purpose)

    def words(x: float, row: int, service: str, purpose: str) -> None:
        draw.text(x + 49, row + high / 2 - 9, service, kind="small", anchor="middle")
        draw.text(x + 49, row + high / 2 + 18, purpose, kind="small", anchor="middle")

    right(0, top, "web, logger", "to reply")
    right(1, top, "warehouse", "to record")
    right(2, top, "warehouse", "to train")
    left(3, bottom, "inference", "to reply")
    left(2, bottom, "web", "to reply")
    right(0, bottom, "web", "to reply")
    down = columns[3] + wide / 2
    draw.arrow((down, top + high + 11), (down, bottom - 4))
    draw.text(down + 10, top + high + 38, "trainer, to train", kind="small")
    draw.text(down + 10, top + high + 54, "after its gate", kind="small")
    step(0, top, "http://web/ask", "what a wearer asks", label="INTERACTION")
    step(1, top, "interactions.jsonl", "the log", label="INTERACTION")
    step(2, top, "interactions", "a table", label="INTERACTION")
    step(3, top, "training_set", "a table", label="INTERACTION")
    step(3, bottom, "model: intent", "a checkpoint", label="INTERACTION")
    step(2, bottom, "Inference/Answer", "what the model answers", label="INTERACTION")
    step(1, bottom, "http://web/ask", "another wearer's reply", label="INTERACTION, CONTACT", kind="good")
    step(0, bottom, "profiles.users", "names and e-mail", label="CONTACT")
    x = columns[2] + wide / 2
    draw.arrow((x, top - 5), (x, 74), kind="bad")
    draw.cross(x, 132)
    draw.box(columns[2], 20, wide, 52, "partner/segments.csv", "0 bytes", kind="bad")
    draw.text(x + 26, 118, "The advertising job, purpose ads.targeting", kind="bad")
    draw.text(x + 26, 136, "DENY before it reads or writes anything", kind="bad title")
    draw.text(x + 26, 153, "by interactions-serve-the-assistant", kind="mono")
    draw.text(24, 42, "One graph, recorded by eight processes", kind="title")
    draw.text(24, 64, "An arrow: data flowed. Which service saw it, and why it worked.", kind="small")
    draw.text(24, 82, "A pill: what the data is, as the policy file says.", kind="small")
    draw.text(
        24,
        440,
        "What one wearer asks, and what another is answered because of it: the main way through the demo's graph.",
        kind="small",
    )
    return draw


def scopes() -> Drawing:
    """Show what writes depend on: in a scope, in an isolated scope, and after it was left."""
    draw = Drawing(
        900, 392,
        "A scope reads users, then opens two isolated scopes. Each of these sees what the scope around it read, not "
        "what the other one read. After both are left, a write of the scope around them depends on all three reads.",
    )  # fmt: skip
    draw.area(20, 20, 860, 306, 'scope("digest")')
    draw.area(232, 52, 400, 118, 'scope("user 1", isolated=True)', kind="box")
    draw.area(232, 190, 400, 118, 'scope("user 2", isolated=True)', kind="box")
    draw.box(40, 134, 150, 54, "read users", "A")
    for top, letter, other in ((86, "B", "C"), (224, "C", "B")):
        draw.box(250, top, 150, 54, "read inbox", letter)
        draw.box(462, top, 150, 54, "write mail", f"depends on A, {letter}", kind="good")
        draw.arrow((404, top + 27), (458, top + 27))
        draw.text(537, top + 71, f"not on {other}", kind="small", anchor="middle")
    draw.arrow((115, 130), (115, 104), (246, 104), kind="soft")
    draw.arrow((115, 192), (115, 242), (246, 242), kind="soft")
    draw.text(122, 96, "seen inside", kind="small")
    draw.box(700, 150, 160, 54, "write report", "depends on A, B, C", kind="good")
    draw.arrow((636, 111), (780, 111), (780, 146), kind="soft")
    draw.arrow((636, 249), (780, 249), (780, 208), kind="soft")
    draw.text(648, 102, "returned on leaving", kind="small")
    draw.text(648, 268, "returned on leaving", kind="small")
    draw.text(
        20, 356, "A scope sees what was read around it. What an isolated scope reads stays inside until", kind="small"
    )
    draw.text(
        20, 374, "it is left; then the scope around it may depend on it, and its siblings still do not.", kind="small"
    )
    return draw


def decision() -> Drawing:
    """Show how a flow is decided, and what the three modes make of a denial."""
    draw = Drawing(
        1000, 424,
        "A read is asked whether the zone admits its labels, a write whether the sink is annotated for them; "
        "both then pass every requirement. A denial goes ahead in observe and simulate, and stops the I/O in enforce.",
    )  # fmt: skip
    draw.box(24, 60, 150, 56, "READ", "data enters the work")
    draw.box(24, 190, 150, 56, "WRITE", "data leaves the work")
    draw.box(236, 60, 220, 56, "zone", "does it admit these labels?")
    draw.box(236, 190, 220, 56, "flow", "is the sink annotated for them?")
    draw.arrow((178, 88), (232, 88))
    draw.arrow((178, 218), (232, 218))
    draw.box(532, 112, 220, 82, "requirements", "every one on these labels:", "purposes, regions")
    draw.arrow((460, 88), (494, 88), (494, 140), (528, 140))
    draw.arrow((460, 218), (494, 218), (494, 166), (528, 166))
    draw.box(824, 60, 150, 56, "ALLOW", "all of them pass", kind="good")
    draw.arrow((756, 132), (790, 132), (790, 88), (820, 88))
    draw.box(824, 190, 150, 56, "denied", "rule, reason, remedy", kind="bad")
    draw.arrow((756, 174), (790, 174), (790, 218), (820, 218), kind="bad")
    draw.text(236, 276, "unknown data is judged as carrying every label that has a requirement", kind="small")
    draw.text(236, 44, "built-in rules, in the strictest mode of the requirements in play", kind="small")
    draw.area(24, 300, 950, 106, "the mode says what a denial does", kind="box")
    modes = (
        ("observe", "WOULD_DENY", "the I/O goes ahead", "box"),
        ("simulate", "WOULD_DENY", "the I/O goes ahead", "box"),
        ("enforce", "DENY", "PolicyDenied, no I/O", "bad"),
    )
    for i, (mode, verdict, then, kind) in enumerate(modes):
        draw.box(44 + 313 * i, 328, 284, 66, mode, verdict, then, kind=kind)
    draw.arrow((899, 250), (899, 296), kind="bad")
    return draw


def wire() -> Drawing:
    """Show how the policy context travels with a call, and how labels come back."""
    draw = Drawing(
        1000, 380,
        "The caller signs its context into one baggage member. The callee verifies it and starts from it; the labels "
        "of its response come back signed. A party without the key passes the member on and learns no name.",
    )  # fmt: skip
    draw.area(24, 24, 250, 226, "service web")
    draw.area(726, 24, 250, 226, "service ranker")
    draw.box(44, 62, 210, 76, "its context", "labels read, purposes,", "correlation key")
    draw.box(746, 62, 210, 76, "verified", "its scope starts with them,", "its own policy judges")
    draw.box(44, 164, 210, 62, "read #response", "with the labels brought")
    draw.box(746, 164, 210, 62, "write #response", "what it read meanwhile")
    draw.arrow((258, 100), (742, 100))
    draw.text(500, 72, "traceparent: 00-<correlation key>-…", kind="mono", anchor="middle")
    draw.text(500, 90, "baggage: privacylib=1.k1.….<signature>", kind="mono", anchor="middle")
    draw.text(500, 120, "signed, for five minutes, without names", kind="small", anchor="middle")
    draw.arrow((742, 195), (258, 195))
    draw.text(500, 185, "privacylib: 1r.k1.….<signature>", kind="mono", anchor="middle")
    draw.text(500, 215, "answers this call and no other", kind="small", anchor="middle")
    draw.box(24, 282, 300, 70, "endpoint not in trust.egress", "no context is sent;", "it needs an annotation")
    draw.box(350, 282, 300, 70, "party without the key", "passes the member on,", "learns no label and no purpose")
    draw.box(
        676,
        282,
        300,
        70,
        "expired, forged",
        "UNKNOWN, with the reason;",
        "judged as every label with a rule",
        kind="bad",
    )
    return draw


PICTURES = {"end-to-end": end_to_end, "scopes": scopes, "decision": decision, "wire": wire}
