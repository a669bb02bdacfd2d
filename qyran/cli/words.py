"""Kinds of words that options take: places, ports, numbers that must be finite."""

from __future__ import annotations

import math
import re

import click

from planner.errors import SettingError
from planner.quantities import Altitude, AltitudeReference, LonLat

_PLACE = re.compile(r"\s*([+-]?\d+(?:\.\d*)?)\s*,\s*([+-]?\d+(?:\.\d*)?)\s*", re.ASCII)


class PlaceType(click.ParamType[LonLat]):
    """LAT,LON in degrees, latitude first as people say it."""

    name = "LAT,LON"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> LonLat:
        """Read it, or fail in words."""
        if isinstance(value, LonLat):
            return value
        match = _PLACE.fullmatch(str(value))
        if match is None:
            self.fail(
                f'"{value}" is not a place. Write latitude and longitude in degrees: 43.2381,76.9452.', param, ctx
            )
        lat, lon = float(match[1]), float(match[2])
        if abs(lat) > 90 and abs(lon) <= 90:
            self.fail(f"Latitude {lat} is beyond 90. Are latitude and longitude swapped?", param, ctx)
        if abs(lat) > 90 or abs(lon) > 180:
            self.fail(f"{lat},{lon} is no place on the globe.", param, ctx)
        return LonLat(lon, lat)


class NumberType(click.ParamType[float]):
    """A finite number within bounds (both inclusive unless ``above`` is given)."""

    name = "NUMBER"

    def __init__(self, *, above: float | None = None, least: float | None = None, most: float | None = None) -> None:
        self.above, self.least, self.most = above, least, most

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or fail in words."""
        try:
            number = float(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a number.', param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        if self.above is not None and number <= self.above:
            self.fail(f"{value} must be greater than {self.above:g}.", param, ctx)
        if self.least is not None and number < self.least:
            self.fail(f"{value} must be at least {self.least:g}.", param, ctx)
        if self.most is not None and number > self.most:
            self.fail(f"{value} must be at most {self.most:g}.", param, ctx)
        return number


class SettingType(click.ParamType[tuple[str, float]]):
    """NAME=VALUE of an autopilot parameter."""

    name = "NAME=VALUE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Read it, or fail in words."""
        if isinstance(value, tuple):
            return value
        name, equals, number = str(value).partition("=")
        if not equals or not re.fullmatch(r"[A-Z][A-Z0-9_]{0,15}", name.strip(), re.ASCII):
            self.fail(f'"{value}" is not a parameter. Write NAME=VALUE: FS_GCS_ENABLE=1.', param, ctx)
        return name.strip(), NumberType().convert(number, param, ctx)


class AltitudeType(click.ParamType[Altitude]):
    """An altitude with its reference, as "60 m AGL"; a bare number of metres has the reference given here."""

    name = "HEIGHT"

    def __init__(self, bare: AltitudeReference) -> None:
        self.bare = bare

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Altitude:
        """Read it, or fail in words."""
        if isinstance(value, Altitude):
            return value
        try:
            if re.fullmatch(r"\s*[+-]?[\d.]+\s*m?\s*", str(value), re.ASCII):
                return Altitude(NumberType().convert(str(value).strip(" m"), param, ctx), self.bare)
            return Altitude.parse(str(value))
        except SettingError as error:
            self.fail(str(error), param, ctx)


PLACE = PlaceType()
POSITIVE = NumberType(above=0)
SETTING = SettingType()
