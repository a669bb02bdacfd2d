"""Flight modes: what the vehicle does by itself, one file a family."""
