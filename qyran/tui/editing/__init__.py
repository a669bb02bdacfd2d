"""Changing a site by hand: corners that can be moved, outlines that are being drawn, steps that can be taken back."""
