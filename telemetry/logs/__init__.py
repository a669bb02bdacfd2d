"""Logs of any make, opened as far as they go: columns for each kind of message, what is damaged, messages in order."""

from telemetry.logs.columns import Columns as Columns
from telemetry.logs.columns import Table as Table
from telemetry.logs.columns import read_tlog_columns as read_tlog_columns
from telemetry.logs.damage import Damage as Damage
from telemetry.logs.damage import Flaw as Flaw
from telemetry.logs.damage import Spot as Spot
from telemetry.logs.dataflash import read_dataflash_columns as read_dataflash_columns
from telemetry.logs.index import Index as Index
from telemetry.logs.index import read_index as read_index
from telemetry.logs.messages import LoggedMessage as LoggedMessage
from telemetry.logs.messages import messages as messages
from telemetry.logs.opening import open_columns as open_columns
from telemetry.logs.opening import read_log as read_log
