"""Code for one curve, with buttons that copy it, and a link to the page as it is."""

from collections.abc import Sequence
from typing import Any

from fastlr.explorer.chart_data import Source
from fastlr.explorer.code import python_code, spec_code, torch_code
from fastlr.explorer.styles import stylesheet, wide

__all__ = ["CodePanel"]

_COPY = """
const done = () => { const text = cb_obj.label; cb_obj.label = "Copied";
  setTimeout(() => { cb_obj.label = text }, 1200) };
const text = TEXT;
if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
else window.prompt("Copy:", text);
"""
_LINK = 'IN_PAGE ? location.origin + location.pathname + "?" + query.value : "?" + query.value'


class CodePanel:
    """The code below the chart."""

    def __init__(self, in_page: bool) -> None:
        import panel as pn

        self._query = pn.widgets.TextInput(visible=False)
        self._coded: Sequence[Source] = ()
        self._of = pn.widgets.Select(name="Code of", margin=(0, 12, 4, 0), **wide())
        self._as = pn.widgets.RadioButtonGroup(
            options=["Python", "torch", "Spec"], margin=(18, 12, 4, 0), stylesheets=[stylesheet()]
        )
        self._text = pn.widgets.TextAreaInput(
            disabled=True,
            auto_grow=True,
            rows=4,
            max_rows=16,
            margin=(4, 0),
            max_length=10**8,
            css_classes=["explorer-code"],
            **wide(),
        )
        self._of.param.watch(lambda _: self._show_code(), "value")
        self._as.param.watch(lambda _: self._show_code(), "value")
        self._copy = _copies("Copy code", "code.value", code=self._text)
        link = _copies(
            "Copy link", _LINK.replace("IN_PAGE", "true" if in_page else "false"), query=self._query
        )
        if in_page:
            self._query.jscallback(
                value='history.replaceState(null, "", "?" + cb_obj.value)', args={}
            )
        self.layout = pn.Column(
            pn.FlexBox(self._of, self._as, self._copy, link, self._query, margin=0),
            self._text,
            margin=(10, 0),
            **wide(),
        )

    def link_to(self, query: str) -> None:
        """Set what the link holds."""
        self._query.value = query

    def show(self, sources: Sequence[Source]) -> None:
        """Offer the code of these curves; the chosen one stays."""
        self._coded = sources
        options = {f"{i + 1}. {source.label}": i for i, source in enumerate(sources)}
        chosen = self._of.value
        self._of.options = options
        self._of.value = (
            chosen if chosen in options.values() else next(iter(options.values()), None)
        )
        self._show_code()

    def _show_code(self) -> None:
        """The code of the chosen curve; none while its text has an error."""
        i = self._of.value
        source = self._coded[i] if i is not None and i < len(self._coded) else None
        self._copy.disabled = source is None or source.stale
        if source is None or source.stale:
            self._text.value = "" if source is None else "# correct the expression first"
            return
        makers = {"Python": python_code, "torch": torch_code}
        try:
            maker = makers.get(self._as.value)
            code = maker(source.schedule, source.run) if maker else spec_code(source.schedule)
        except ValueError as error:
            self._copy.disabled = True
            code = f"# {str(error).removeprefix('explore: ')}"
        self._text.value = code


def _copies(name: str, text: str, **arguments: Any) -> Any:
    import panel as pn

    button = pn.widgets.Button(name=name, margin=(18, 8, 4, 0), stylesheets=[stylesheet()])
    button.js_on_click(args=arguments, code=_COPY.replace("TEXT", text))
    return button
