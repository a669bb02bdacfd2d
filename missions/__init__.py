"""What the autopilot is told: sorties as mission items, fence and rally points; their files; comparing two of them."""
