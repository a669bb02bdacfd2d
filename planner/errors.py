"""The one error tree of Qyran.

    QyranError                      something the person at the screen should read
    ├── InputError                  the words or files given are wrong                         exit 2
    │   ├── FileFormatError         a file is not what it should be, with the place in it
    │   ├── GeometryError           a feature's geometry cannot be used, with the feature
    │   └── SettingError            a setting or option is out of range or unknown
    ├── PlanError                   what was asked for cannot be planned                       exit 1
    ├── StoppedError                the person stopped it                                      exit 130
    ├── LinkError                   no link                                                    exit 3
    │   ├── NoHeartbeatError        nobody answers at that address
    │   └── LinkLostError           the vehicle answered and fell silent
    ├── VehicleError                the vehicle refused                                        exit 4
    │   ├── TransferError           a mission, fence or rally transfer failed, with the item
    │   ├── CommandRefusedError     a command was not accepted, with the autopilot's reason
    │   └── NotConfirmedError       nobody confirmed what only a named person may confirm
    └── MissingPartError            something needed is not installed                          exit 5

Every error is a sentence for the person, what it is about (file, line, feature, item, vehicle) and what to do.
"""

from __future__ import annotations


class QyranError(Exception):
    """A sentence for the person; ``about`` names the thing, ``mend`` says what to do next."""

    def __init__(self, sentence: str, *, about: str | None = None, mend: str | None = None) -> None:
        self.sentence = sentence
        self.about = about
        self.mend = mend
        super().__init__(sentence)

    def __str__(self) -> str:
        text = f"{self.about}: {self.sentence}" if self.about else self.sentence
        return f"{text} {self.mend}" if self.mend else text


class InputError(QyranError):
    """The words or files given are wrong."""


class FileFormatError(InputError):
    """A file is not what it should be; ``about`` has the file and the line, item or key."""


class GeometryError(InputError):
    """A geometry cannot be used; ``about`` has the feature and the place (longitude, latitude)."""


class SettingError(InputError):
    """A setting or option is out of range, contradictory or unknown."""


class PlanError(QyranError):
    """What was asked for cannot be planned; the sentence says why."""


class StoppedError(QyranError):
    """The person stopped it; nothing was changed."""


class LinkError(QyranError):
    """There is no link to the vehicle."""


class NoHeartbeatError(LinkError):
    """Nobody answers at that address."""


class LinkLostError(LinkError):
    """The vehicle answered once and fell silent."""


class VehicleError(QyranError):
    """The vehicle refused."""


class TransferError(VehicleError):
    """A transfer of mission, fence or rally points failed; ``about`` has the item."""


class CommandRefusedError(VehicleError):
    """A command was not accepted; the sentence has the autopilot's own reason."""


class NotConfirmedError(VehicleError):
    """No named person confirmed the action for that vehicle in time."""


class MissingPartError(QyranError):
    """Something needed is not installed on this machine."""
