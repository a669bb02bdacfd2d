"""The folium page: Leaflet and our own script and style come along in it, so that it asks nobody for anything.

folium's own pages fetch Leaflet, jQuery, Bootstrap and fonts from the internet. Here its lists of those are emptied;
Leaflet is taken from the package ``django-js-lib-leaflet`` (Leaflet's published files, no Django needed), the others
are not used. A content security policy forbids the page every load but its background's tiles.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TypeVar

import folium
from branca.element import Element, Figure, MacroElement
from folium.map import Layer as FoliumLayer
from folium.template import Template
from folium.utilities import JsCode

from qyran.maps import words
from qyran.maps.background import Tiles
from qyran.maps.features import Layer
from qyran.maps.scale import Scale

Named = TypeVar("Named", bound=Element)
Bounds = tuple[tuple[float, float], tuple[float, float]]
"""South-west and north-east corner, each latitude and longitude in degrees."""

EMPTY_TILE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
FARTHEST_IN = 22
LEAFLET = "js_lib_leaflet"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that stands on one page."""

    title: str
    panel: str
    layers: Sequence[Layer]
    bounds: Bounds
    spacing_m: float
    tiles: Tiles | None = None
    credit: str = ""
    scales: Sequence[tuple[str, Scale]] = ()
    samples: dict[str, object] | None = None

    def render(self) -> str:
        """The page as HTML. The same content gives the same text."""
        figure = Figure(title=_plain_html(escape(self.title)))
        (south, west), (north, east) = self.bounds
        sheet = folium.Map(
            location=((south + north) / 2, (west + east) / 2),
            tiles=None,
            zoom_start=15,
            zoom_control="bottomright",
            prefer_canvas=True,
            font_size="12px",
            max_zoom=FARTHEST_IN,
            zoomSnap=0.25,
        )
        sheet.default_js, sheet.default_css = [], []
        _name(sheet, "sheet")
        figure.add_child(sheet)
        _head(figure, "policy", f'<meta http-equiv="Content-Security-Policy" content="{self._policy}">')
        _head(figure, "leaflet", f"<style>{_leaflet_css()}</style>\n<script>{_leaflet_text('leaflet.js')}</script>")
        _head(figure, "own", f"<style>{_own_text('map.css')}</style>\n<script>{_own_text('map.js')}</script>")
        if self.tiles is not None:
            sheet.add_child(_background(self.tiles, self.credit))
        for layer in self.layers:
            sheet.add_child(_Drawing(layer))
        sheet.add_child(_name(folium.LayerControl(collapsed=JsCode("window.innerWidth <= qyran.narrow")), "control"))
        sheet.add_child(_Start(self, sheet.get_name()))
        return str(figure.render())

    @property
    def _policy(self) -> str:
        pictures = f"data: {self.tiles.source}" if self.tiles else "data:"
        return (
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
            f"img-src {escape(pictures)}; base-uri 'none'; form-action 'none'"
        )


class _Drawing(FoliumLayer):  # type: ignore[misc] # folium is untyped
    """One of our layers as a folium layer, so that folium's layer control knows it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = qyran.layer({{ this.data }});
        {% endmacro %}
        """
    )

    def __init__(self, layer: Layer) -> None:
        super().__init__(name=layer.name, overlay=True, control=True, show=layer.show)
        self.data = _json(list(layer.features))
        _name(self, _layer_id(layer))


class _Start(MacroElement):  # type: ignore[misc] # branca is untyped
    """The panel, the legend and the call that sets the page going, after all layers are there."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <details id="panel" class="sheet" open><summary><h1>{{ this.title }}</h1></summary>{{ this.panel }}</details>
        <div id="north" class="sheet" title="{{ this.north_word }}">{{ this.north }}</div>
        {{ this.legend }}
        <div id="sample" class="sheet" hidden></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        qyran.begin({{ this.sheet }}, { {{ this.layers }} }, {{ this.setup }});
        {% endmacro %}
        """
    )

    def __init__(self, page: Page, sheet: str) -> None:
        super().__init__()
        self.sheet = sheet
        self.title = _plain_html(escape(page.title))
        self.panel = _plain_html(page.panel)
        self.north, self.north_word = words.NORTH, words.NORTH_WORD
        self.legend = _legend(page.scales)
        self.layers = ", ".join(f"{json.dumps(layer.key)}: qyran_{_layer_id(layer)}" for layer in page.layers)
        self.setup = _json({"bounds": page.bounds, "spacing": page.spacing_m, "samples": page.samples})
        _name(self, "start")


def _background(tiles: Tiles, credit: str) -> folium.TileLayer:
    layer = folium.TileLayer(
        tiles=tiles.address,
        attr=_plain_html(escape(credit)) or "&nbsp;",
        control=False,
        max_native_zoom=tiles.nearest_zoom,
        max_zoom=FARTHEST_IN,
        min_native_zoom=tiles.farthest_zoom,
        error_tile_url=EMPTY_TILE,
    )
    return _name(layer, "background")


def _legend(scales: Sequence[tuple[str, Scale]]) -> str:
    if not scales:
        return ""
    tables = []
    for key, scale in scales:
        pairs = list(zip(scale.edges, scale.edges[1:], scale.colours, strict=False))
        rows = "".join(
            f'<tr><td><i style="background:{colour}"></i></td><td>{low:g} – {high:g}</td></tr>'
            for low, high, colour in reversed(pairs)
        )
        body = rows or f"<tr><td>{escape(words.UNKNOWN)}</td></tr>"
        tables.append(f'<div id="{key}">{escape(scale.title)}<table>{body}</table></div>')
    return f'<div id="legend" class="sheet">{"".join(tables)}</div>'


def _name(element: Named, name: str) -> Named:
    """Give an element a name of its own instead of a random one, so that equal maps are equal files."""
    element._name, element._id = "qyran", name
    return element


def _head(figure: Figure, name: str, html: str) -> None:
    # The text is a value of the template, not the template: nothing in it is taken for a command.
    element = Element("{{ this.html }}")
    element.html = html
    figure.header.add_child(element, name=name)


def _layer_id(layer: Layer) -> str:
    return f"layer_{layer.key.replace('-', '_')}"


def _json(value: object) -> str:
    """JSON that may stand inside a script element: no tag and no template command can begin in it.

    Template commands matter because branca takes what a template has made for a template again, so that ``{{ … }}``
    in somebody's file would be carried out here, in Python. In JSON such a pair stands only inside a string.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    for second in "{%#":
        text = text.replace("{" + second, f"{{\\u{ord(second):04x}")
    return text


def _plain_html(html: str) -> str:
    """HTML in which no template command can begin; see ``_json``."""
    return html.replace("{", "&#123;")


def _leaflet_text(name: str) -> str:
    text = (files(LEAFLET) / "static" / LEAFLET / name).read_text(encoding="utf-8")
    return re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)


def _leaflet_css() -> str:
    """Leaflet's style sheet with its pictures inside."""

    def picture(match: re.Match[str]) -> str:
        data = (files(LEAFLET) / "static" / LEAFLET / "images" / match["name"]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(data).decode()})"

    return re.sub(r"url\(images/(?P<name>[\w.-]+)\)", picture, _leaflet_text("leaflet.css"))


def _own_text(name: str) -> str:
    return (files("qyran.maps") / name).read_text(encoding="utf-8")
