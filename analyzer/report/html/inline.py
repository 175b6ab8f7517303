"""A matplotlib SVG as part of an HTML page: small, without styles of its own, in the colours of the page's theme.

The page's policy allows no inline style, so declarations become presentation attributes; every colour becomes a
variable that the light and the dark theme set; ids get the figure's name in front, because a page has only one id each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from xml.etree import ElementTree

from markupsafe import Markup

from analyzer.plots import style

VARIABLES: Mapping[str, str] = {
    style.INK: "ink",
    style.MUTED: "muted",
    style.GRID: "grid",
    style.CARD: "card",
    style.ON_BAR: "on-bar",
    style.SHADE: "shade",
    style.ON_SHADE: "on-shade",
    style.FAILED: "failed",
    style.UNKNOWN: "unknown",
    style.ON_LOW: "on-low",
    style.ON_HIGH: "on-high",
    **{colour: f"node{at}" for at, colour in enumerate(style.NODES)},
    **{colour: f"heat{at}" for at, colour in enumerate(style.HEAT)},
}
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
REFERENCE = re.compile(r"^(url\()?#(.+?)(\))?$")
NUMBER = re.compile(r"-?\d+\.\d{2,}")
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
LEFT_OUT = {"metadata", "style"}
UNSTYLED = {"font-family"}
"""Left to the page."""


def inline(svg: bytes, name: str, alt: str) -> Markup:
    """An SVG document as an element. `name` is an id of its own in the page, `alt` tells what the picture shows."""
    root = ElementTree.fromstring(svg)
    used = {_name(value) for one in root.iter() for value in one.attrib.values() if REFERENCE.match(value)}
    inner = "".join(part for child in root for part in _written(child, name, used))
    # What was escaped, every attribute and every text, was escaped by `_written`.
    return Markup(
        f'<svg viewBox="{escape(root.attrib["viewBox"])}" role="img" aria-labelledby="{escape(name)}-alt">'
        f'<title id="{escape(name)}-alt">{escape(alt)}</title>{inner}</svg>'
    )


def _name(value: str) -> str:
    match = REFERENCE.match(value)
    return match[2] if match else ""


def _written(element: ElementTree.Element, name: str, used: set[str]) -> Iterator[str]:
    """An element and what is in it; groups that say nothing are left out."""
    tag = element.tag.removeprefix(SVG)
    if tag in LEFT_OUT:
        return
    attributes = _attributes(element, name, used)
    inner = [part for child in element for part in _written(child, name, used)]
    text = escape((element.text or "").strip() if tag != "text" else element.text or "")
    if tag in ("g", "defs") and not inner and not text:
        return
    if tag == "g" and not attributes:
        yield from inner
        return
    told = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    yield f"<{tag}{told}>{text}{''.join(inner)}</{tag}>"


def _attributes(element: ElementTree.Element, name: str, used: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "style":
            found |= _declared(value)
        elif key == "id":
            found |= {"id": f"{name}-{value}"} if value in used else {}
        elif key == "transform" and value.startswith("rotate(-0 "):
            continue
        else:
            found["href" if key == HREF else key] = value
    return {key: _value(key, value, name) for key, value in found.items()}


def _declared(style_text: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in style_text.split(";") if ":" in part)
    declared = {key.strip(): value.strip() for key, value in pairs}
    return {key: value for key, value in declared.items() if key not in UNSTYLED}


def _value(key: str, value: str, name: str) -> str:
    match = REFERENCE.match(value)
    if match and key in ("href", "clip-path"):
        return f"{match[1] or ''}#{name}-{match[2]}{match[3] or ''}"
    if key in ("d", "x", "y", "transform", "width", "height"):
        return NUMBER.sub(lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), " ".join(value.split()))
    return COLOUR.sub(lambda colour: f"var(--{VARIABLES[colour[0]]})" if colour[0] in VARIABLES else colour[0], value)
