"""Maps of a plan and of a flight: one HTML file that opens anywhere, drawn with folium.

``draw_map`` loads folium when it is called, so that importing this room costs a command nothing.
"""

from __future__ import annotations

from qyran.maps.background import NO_BACKGROUND, Background
from qyran.maps.drawing import draw_map
from qyran.maps.flight_layers import MapEvent

__all__ = ["NO_BACKGROUND", "Background", "MapEvent", "draw_map"]
