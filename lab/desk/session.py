# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody who has logged in at the first console of the desktop."""

import base64
import shlex

from desk.login import log_in

ENVIRONMENT = ("export XDG_RUNTIME_DIR=/run/user/$(id -u) "
               "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$(id -u)/bus; ")


class Session:
    """The session of gamer on tty1, from log_in() to log_out()."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.name = None

    def log_in(self):
        self.name = log_in(self.desktop)

    def log_out(self):
        self.desktop.run("loginctl terminate-user gamer", check=False)

    def run(self, command, **options):
        """Run a command of this user's, who is known to the session's own services."""
        return self.desktop.run(ENVIRONMENT + command, user="gamer", **options)

    def wait_until(self, command, seconds=120):
        """Wait until a command succeeds; asked inside, which is cheaper."""
        self.run(f"for try in $(seq {seconds * 2}); do {command} && exit 0; sleep 0.5; done; "
                 f"exit 1", seconds=seconds * 4)

    def spawn(self, command, log):
        """Start a command of this user's and leave it running; its output goes to the file log."""
        self.run(f"setsid bash -c {shlex.quote(command)} > {log} 2>&1 < /dev/null &")

    def write(self, path, text):
        """Make a file of this user's, and its folder."""
        self.desktop.run(f"mkdir -p $(dirname {path}); cat > {path} <<'END'\n{text}END",
                         user="gamer")

    def read(self, path):
        """The bytes of a file."""
        return base64.b64decode(self.run(f"base64 -w0 {path}").out)
