"""An HTML page as a reader's browser sees it."""

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}
Attributes = dict[str, str | None]


class ReadPage(HTMLParser):
    """Elements in order, visible text, text of marked elements, and tags that are not balanced.

    figures maps the values of the `data-` attributes of an element and those around it, outermost
    first, to its text.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = text
        self.open: list[tuple[str, Attributes]] = []
        self.elements: list[tuple[str, Attributes]] = []
        self.unbalanced: list[str] = []
        self.figures: dict[tuple[str, ...], str] = {}
        self.visible = ""
        self.feed(text)
        self.close()
        self.unbalanced += [tag for tag, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop()[0] != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if "script" in tags or "style" in tags:
            return
        self.visible += data
        if any("unseen" in (attributes.get("class") or "").split() for _, attributes in self.open):
            return
        marks = tuple(
            value
            for _, attributes in self.open
            for name, value in attributes.items()
            if name.startswith("data-") and name not in {"data-when", "data-value", "data-hover"} and value
        )
        if marks:
            self.figures[marks] = self.figures.get(marks, "") + data

    def with_class(self, css: str) -> list[Attributes]:
        return [
            attributes for _, attributes in self.elements if css in (attributes.get("class") or "").split()
        ]
