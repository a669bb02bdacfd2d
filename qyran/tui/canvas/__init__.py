"""The map canvas: braille dots on Textual's line API, drawn with numpy."""
