"""What a camera sees from a height: footprint, ground sampling distance, lane spacing."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import SettingError


@dataclass(frozen=True, slots=True)
class Camera:
    """A frame camera that looks straight down; the sensor's wide side lies across the lane.

    ``sensor_width_mm`` × ``sensor_height_mm``, ``focal_length_mm``, image size in pixels, and the shortest time
    between two pictures in seconds. ``stabilised``: a gimbal keeps it level while the drone leans.
    """

    name: str
    sensor_width_mm: float
    sensor_height_mm: float
    focal_length_mm: float
    image_width_px: int
    image_height_px: int
    shortest_interval_s: float = 0.7
    stabilised: bool = True

    def __post_init__(self) -> None:
        for field in ("sensor_width_mm", "sensor_height_mm", "focal_length_mm", "image_width_px", "image_height_px"):
            if not getattr(self, field) > 0:
                raise SettingError(f"{field} must be greater than zero, not {getattr(self, field)}.", about=self.name)

    def swath_m(self, height_m: float) -> float:
        """Width on flat ground seen across the lane from a height above it (pinhole model)."""
        return self.sensor_width_mm / self.focal_length_mm * height_m

    def reach_m(self, height_m: float) -> float:
        """Length on flat ground seen along the lane from a height above it (pinhole model)."""
        return self.sensor_height_mm / self.focal_length_mm * height_m

    def ground_sampling_distance_m(self, height_m: float) -> float:
        """Metres on the ground per pixel."""
        return self.swath_m(height_m) / self.image_width_px

    def lane_spacing_m(self, height_m: float, side_overlap: float) -> float:
        """Distance between neighbouring lanes for an overlap of the pictures' sides, 0 ≤ overlap < 1."""
        return self.swath_m(height_m) * (1 - _share(side_overlap, "side_overlap"))

    def trigger_distance_m(self, height_m: float, front_overlap: float) -> float:
        """Distance flown between two pictures for an overlap along the lane, 0 ≤ overlap < 1."""
        return self.reach_m(height_m) * (1 - _share(front_overlap, "front_overlap"))


def _share(value: float, name: str) -> float:
    if not 0 <= value < 1:
        raise SettingError(f"{name} must be at least 0 and below 1, not {value}.")
    return value


WIDE_4_3 = Camera("4/3-inch mapping camera, 24 mm equivalent", 17.3, 13.0, 12.29, 5280, 3956)
"""A 20-megapixel 4/3-inch camera as on common survey drones (DJI Mavic 3 Enterprise data sheet)."""
