# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: all that is killed or fails anywhere, beyond up: down, the hook, an up that fails.

As killed-anywhere, which is for every day. Here also every call of up that only wakes a thread.
"""

from desk.guest import SMALL, Guest
from desk.points import stop_everywhere

FRESH = True
LONG = True
LIMIT = 3000

TINY = SMALL.replace("256M", "64M")
# With its keyboard pulled out the guest's start fails in libvirt, after the card was lent.
UNPLUG = """virsh dumpxml --inactive points > /tmp/points.xml
sed 's/event-kbd/event-gone/' /tmp/points.xml > /tmp/unplugged.xml
virsh define /tmp/unplugged.xml > /dev/null"""
LOOPS = (
    ("down killed", 'every_point "down killed" start "" hotseat down --force --timeout 20 points'),
    ("down, a call fails",
     'promise=back; every_point "down, a call fails" start "--errno 5" hotseat down --force --timeout 20 points'),
    ("recover, a call fails",
     'promise=back; find_lent_at; every_point "recover, a call fails" lend "--errno 5" hotseat recover'),
    ("hook killed", "hook_points"),
    ("up that fails killed", UNPLUG +
     '\nevery_point "up that fails, killed" fresh "" hotseat up points'),
    ("up that fails, a call fails", UNPLUG +
     '\npromise=up; every_point "up that fails, a call fails" fresh "--errno 5" hotseat up points'
     '\nvirsh define /tmp/points.xml > /dev/null'),
    ("up killed, with all that wakes a thread",
     'every_point "up killed, eventfds too" fresh "-a" hotseat up points'),
)


def tell(desktop, teller):
    guest = Guest(desktop, "points")
    guest.new(TINY)
    total = 0
    for name, script in LOOPS:
        with teller.phase(name):
            total += stop_everywhere(desktop, teller, "points", script, LIMIT)
    teller.say(f"{total} points, and after each everything was back.")
    guest.forget()
