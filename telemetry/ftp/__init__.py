"""Files in the vehicle: MAVLink's file transfer protocol, and what ArduPilot serves through it.

``@MISSION/mission.dat``, ``fence.dat`` and ``rally.dat`` are the lists of items, ``@PARAM/param.pck`` the parameters.
pymavlink's own ``mavftp`` is not used: it is GPL-3, reads the port itself, prints, and writes its answers to files.
"""
