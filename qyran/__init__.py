"""The faces: command line, terminal screens, maps, configuration."""
