# SPDX-License-Identifier: GPL-2.0-or-later
"""A user at a prompt of the desktop: what is typed is shown, and what comes back."""

import re
import shlex
from dataclasses import dataclass

from .story import Failed

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Said:
    """What a command printed, stdout and stderr as they came, without colour."""
    status: int
    text: str
    seconds: float


class Terminal:
    """Commands run on a pseudo terminal, as a user's do: otherwise stdout would come after stderr,
    whatever was printed first."""

    def __init__(self, desktop, teller, user="gamer"):
        self.desktop = desktop
        self.teller = teller
        self.user = user

    def run(self, command, status=0, seconds=120):
        """Type a command; return what it Said. Any other exit status is a failure."""
        self.teller.say(f"{self.user}@desktop:~$ {command}", "1")
        shell = f"stty cols 100 rows 40; {command}"
        result = self.desktop.run("export TERM=xterm; script --quiet --return --echo never "
                                  f"--command {shlex.quote(shell)} /dev/null",
                                  user=self.user, seconds=seconds, check=False)
        shown = (result.out + result.err).replace("\r", "").rstrip("\n")
        text = ESCAPES.sub("", shown)
        if shown:
            # A NO_COLOR for the command itself would be lost in sudo.
            self.teller.say(shown if self.teller.colour else text)
        if result.status != status:
            raise Failed(f"{command}: exit status {result.status}, not {status}")
        return Said(result.status, text, result.seconds)
