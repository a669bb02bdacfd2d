"""The talk with vehicles: links, freshness, commands, mission transfer, recording."""
