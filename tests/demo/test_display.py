"""What a person sees while the demo runs: a line that lives on a terminal, plain lines elsewhere."""

import io

import pytest

from privacylib.demo.display import Display


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_elsewhere_each_stage_is_one_line() -> None:
    stream = io.StringIO()
    with Display(stream).stage("the model answers") as stage:
        stage.progress(1, 2)
        stage.note = "2 requests"
    assert stream.getvalue() == "ok the model answers: 2 requests  [0.0 s]\n"


def test_on_a_terminal_the_line_is_drawn_again() -> None:
    stream = Terminal()
    with Display(stream).stage("the model answers") as stage:
        stage.progress(1, 2)
        stage.progress(2, 2)
    drawn = stream.getvalue().split("\r\x1b[K")
    assert drawn[1] == ".. the model answers"
    assert drawn[-2] == ".. the model answers (2/2)"
    assert drawn[-1].startswith("ok the model answers  [")


def test_a_stage_that_fails_is_crossed_out() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), Display(stream).stage("the model answers"):
        raise ValueError("no")
    assert stream.getvalue() == "failed the model answers\n"


def test_ticks_are_drawn_where_they_can_be() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="UTF-8")
    with Display(stream).stage("the model answers"):
        pass
    assert written.getvalue().decode().startswith("✓ the model answers")
