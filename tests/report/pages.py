"""What a page of HTML holds, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Element:
    """A tag with its attributes and the text directly in it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: list[str] = field(default_factory=list)  # tags around it


class Page(HTMLParser):
    """Every element in order; raises AssertionError for tags that are not closed as they were opened."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.declarations: list[str] = []
        self._open: list[Element] = []
        self.feed(content.decode())
        self.close()
        assert not self._open, f"never closed: {[one.tag for one in self._open]}"

    def handle_decl(self, decl: str) -> None:
        """Remember `<!...>`."""
        self.declarations.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        assert len(attrs) == len(dict(attrs)), f"an attribute twice: {tag} {attrs}"
        self.elements.append(Element(tag, dict(attrs), inside=[one.tag for one in self._open]))
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be of that tag."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Text of the innermost element."""
        if self._open:
            self._open[-1].text += data

    def all(self, tag: str) -> list[Element]:
        """The elements of a tag."""
        return [one for one in self.elements if one.tag == tag]

    def words(self) -> str:
        """All text, styles left out."""
        return " ".join(" ".join(one.text for one in self.elements if one.tag != "style").split())
