"""The ground's height and what stands on it: files, profiles, altitudes that follow it, clearance, rays.

rasterio is loaded with the first terrain file. A patrol holds a :class:`Ground`; what makes plans of it is in
``planner.terrain.follow`` and ``planner.terrain.clearance``.
"""

from planner.terrain.ground import Ground
from planner.terrain.obstacle_files import read_obstacles
from planner.terrain.obstacles import Obstacle
from planner.terrain.surface import Profile, Terrain

__all__ = ["Ground", "Obstacle", "Profile", "Terrain", "read_obstacles"]
