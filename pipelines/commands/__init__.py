"""The commands of `forecast`, one file each, found by their file names.

A command module has `command`, a click command. At its top it imports options, requests and what talks to the
terminal: what does the work is imported inside the command, so that `forecast --help` stays instant.
"""

from forecasting.config.catalog import Catalog

COMMANDS = Catalog(__name__, "command")
