# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: killed at any of its writing system calls, up leaves what recover puts back.

And where a call fails instead, the exit status is true. Every third point is tried here;
HOTSEAT_LAB_STEP=1 tries all, which takes a quarter of an hour. down, recover and the hook are
stopped in killed-everywhere, which takes longer.
"""

from desk.guest import SMALL, Guest
from desk.points import stop_everywhere

FRESH = False
LIMIT = 1800

TINY = SMALL.replace("256M", "64M")
LOOPS = (
    ("up killed", 'every_point "up killed" fresh "" hotseat up points'),
    ("up with EIO", 'promise=up; every_point "up, a call fails" fresh "--errno 5" hotseat up points'),
)


def tell(desktop, teller):
    guest = Guest(desktop, "points")
    guest.new(TINY)
    total = 0
    for name, script in LOOPS:
        with teller.phase(name):
            total += stop_everywhere(desktop, teller, "points", script, LIMIT, 3)
    teller.say(f"{total} points, and after each everything was back.")
    guest.forget()
