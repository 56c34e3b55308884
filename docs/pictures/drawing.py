"""Boxes, arrows and words as SVG that reads on light and on dark pages."""

from html import escape

__all__ = ["Drawing"]

_STYLE = """
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2933; }
  .name { font: 600 13px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
  .small { font-size: 11.5px; fill: #52606d; }
  .mono { font: 11.5px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; fill: #52606d; }
  .title { font-weight: 600; font-size: 14px; }
  .page { fill: #fbfcfd; stroke: #d5dce3; }
  .box { fill: #ffffff; stroke: #7b8794; stroke-width: 1.3; }
  .zone { fill: #e6f0fb; stroke: #5b8fc7; stroke-dasharray: 5 4; }
  .good { fill: #e5f5ec; stroke: #2f8f5b; stroke-width: 1.3; }
  .bad { fill: #fdeceb; stroke: #c4342b; stroke-width: 1.5; }
  .pill { fill: #d9e8fa; stroke: #5b8fc7; }
  .line { fill: none; stroke: #2f6db5; stroke-width: 1.8; }
  .line.bad { fill: none; stroke: #c4342b; stroke-dasharray: 6 4; }
  .line.soft { stroke: #7b8794; stroke-width: 1.3; stroke-dasharray: 3 4; }
  .head { fill: #2f6db5; } .head.bad { fill: #c4342b; stroke: none; } .head.soft { fill: #7b8794; }
  text.bad { fill: #b02a22; stroke: none; } text.good { fill: #1f7a48; stroke: none; } .pilltext { font-size: 10.5px; fill: #1d4f8c; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e9ee; } .small, .mono { fill: #a9b5c1; }
    .page { fill: #12171d; stroke: #323d48; } .box { fill: #1b232c; stroke: #7b8794; }
    .zone { fill: #16273a; stroke: #5b8fc7; } .good { fill: #14301f; stroke: #4cb87c; } .bad { fill: #3a1a18; stroke: #f0776d; }
    .pill { fill: #1d3a5c; stroke: #5b8fc7; } .pilltext { fill: #bcd7f5; }
    .line { stroke: #6fa8e6; } .head { fill: #6fa8e6; } .line.bad { stroke: #f0776d; } .head.bad { fill: #f0776d; }
    text.bad { fill: #ff9a91; } text.good { fill: #7fd6a4; }
  }
"""  # noqa: E501 - one rule a line


class Drawing:
    """Collect the parts of a picture; coordinates are pixels from the top left.

    Args:
        width: Width of the picture.
        height: Height of the picture.
        says: What the picture shows, for people who do not see it.
    """

    def __init__(self, width: int, height: int, says: str) -> None:
        self._size = width, height
        self._says = says
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, *lines: str, kind: str = "box") -> None:
        """Draw a box with a name on its first line and words below."""
        self._parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>')
        top = y + height / 2 - 8 * (len(lines) - 1) + 4.5
        for i, line in enumerate(lines):
            self.text(x + width / 2, top + 17 * i, line, kind="small" if i else "name", anchor="middle")

    def area(self, x: float, y: float, width: float, height: float, title: str, kind: str = "zone") -> None:
        """Draw an area around other parts, with its title at the top left."""
        self._parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>')
        self.text(x + 12, y + 20, title, kind="mono")

    def pill(self, x: float, y: float, text: str) -> None:
        """Draw a label, centred."""
        width = 6.9 * len(text) + 14
        self._parts.append(
            f'<rect class="pill" x="{x - width / 2:.1f}" y="{y - 9}" width="{width:.1f}" height="18" rx="9"/>'
        )
        self.text(x, y + 4, text, kind="pilltext", anchor="middle")

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """Write one line; `y` is its base line."""
        self._parts.append(
            f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text, quote=False)}</text>'
        )

    def arrow(self, *points: tuple[float, float], kind: str = "") -> None:
        """Draw an arrow along points, in steps that are horizontal or vertical."""
        (px, py), (x, y) = points[-2:]
        along, across = ((x > px) - (x < px), (y > py) - (y < py))
        shortened = (*points[:-1], (x - 7 * along, y - 7 * across))
        way = " ".join(f"{a},{b}" for a, b in shortened)
        left = f"{x - 9 * along - 5 * across},{y - 9 * across - 5 * along}"
        right = f"{x - 9 * along + 5 * across},{y - 9 * across + 5 * along}"
        self._parts.append(f'<polyline class="line {kind}" points="{way}"/>')
        self._parts.append(f'<polygon class="head {kind}" points="{x},{y} {left} {right}"/>')

    def cross(self, x: float, y: float) -> None:
        """Draw the sign of a refusal."""
        self._parts.append(f'<circle class="bad" cx="{x}" cy="{y}" r="13"/>')
        self._parts.append(
            f'<path class="bad" stroke-width="2.5" d="M{x - 5},{y - 5} l10,10 M{x + 5},{y - 5} l-10,10"/>'
        )

    def svg(self) -> str:
        """Return the picture."""
        width, height = self._size
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
                f"<title>{escape(self._says)}</title>",
                f"<style>{_STYLE}</style>",
                f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="12"/>',
                *self._parts,
                "</svg>\n",
            )
        )
