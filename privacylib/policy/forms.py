"""Forms that texts in a policy file have.

Each is one regular expression in the part of the language that Python and ECMAScript share, so
that the loader and the JSON Schema accept the same texts.
"""

import re

from attrs import frozen

__all__ = ["FORMS", "Form"]

_DOTTED = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_PYTHON = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_SCHEME = r"[A-Za-z][A-Za-z0-9+._-]*"


@frozen
class Form:
    """Say how a text is written.

    Args:
        regex: What the whole text matches.
        problem: What is wrong with one that does not.
        remedy: What to write instead.
    """

    regex: str
    problem: str
    remedy: str

    def accepts(self, text: str) -> bool:
        """Return whether the whole of `text` has the form."""
        return re.fullmatch(self.regex, text) is not None


_NAME = Form(_DOTTED, "is no dotted name", "write letters, digits, _ and - joined by dots, such as CONTACT.EMAIL")

FORMS = {
    "name": _NAME,
    "label": _NAME,
    "purpose": _NAME,
    "text": Form(r"[\s\S]*\S[\s\S]*", "is empty", "write at least one word"),
    "pattern": Form(
        rf"(?:\*|{_SCHEME}(?:\*|://[^#\x00-\x1f]))[^#\x00-\x1f]*",
        "is no pattern of asset URIs",
        "start with a scheme and '://' or with '*', and name fields under `fields`, not behind '#'",
    ),
    "asset": Form(
        rf"{_SCHEME}://[^#*\x00-\x1f]{{1,200}}",
        "is no asset URI",
        "write a whole URI with {…} for what varies, such as s3://photos/{user}/{…}, without '*' and '#'",
    ),
    "template": Form(
        rf"{_SCHEME}://(?=[\s\S]{{1,200}}$)(?:[^#*{{}}\x00-\x1f]|\{{[^#*{{}}/\x00-\x1f]*\}})+",
        "is no template of an asset URI",
        "write a whole URI with {…} for what varies, such as s3://photos/{user}/{…}, each '{' closed before the next "
        "'/', without '*' and '#'",
    ),
    "field": Form(r"[^#\x00-\x1f]{1,200}", "is no field name", "write the name as it stands behind '#' in a URI"),
    "region": Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "is no region", "write a short name such as eu or eu-west-1"),
    "retention": Form(
        r"[1-9][0-9]{0,5}[smhdwy]", "is no retention", "write a number and one of s m h d w y, such as 30d"
    ),
    "id": Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "is no id", "write up to 100 letters, digits, '.', '_' and '-'"),
    "callable": Form(rf"{_PYTHON}:{_PYTHON}", "names no function", "write module:qualname, such as pkg.jobs:count"),
    "fingerprint": Form(
        r"sha256:(?:[0-9a-f]{8,64}(?: [^\s=]{1,200}=[0-9a-f]{4})*|…)",
        "is no fingerprint",
        "write sha256: and its hex digits, or sha256:… until they are known",
    ),
    "host": Form(
        r"[^\s/@*?#]{1,260}",
        "is no host",
        "write it as callers do, such as ranker.internal:8080 or shop.Reviews, without scheme, path and '*'",
    ),
    "key id": Form(r"[A-Za-z0-9]{1,16}", "is no key id", "write 1 to 16 letters or digits"),
    "variable": Form(r"[A-Za-z_][A-Za-z0-9_]*", "is no environment variable", "write its name, without '$'"),
}
"""Every form by the name that the classes of the policy file use. `label` and `purpose` refer to declared names."""
