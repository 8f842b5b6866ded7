# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: however a guest ends, drivers, overrides and journals are what they were before.

After down; and without us, by the hook alone: after a shutdown from inside, after virsh destroy,
after QEMU was killed.
"""

from desk.guest import Guest, expect_lent
from desk.story import expect_same

FRESH = False
LIMIT = 600


def press_f12(guest):
    guest.desktop.keys("f12", down=True)
    guest.desktop.keys("f12", down=False)


ENDS = (
    ("down", lambda guest: guest.desktop.run("hotseat down trip", seconds=150)),
    ("shutdown from inside", press_f12),
    ("virsh destroy", lambda guest: guest.desktop.run("virsh destroy trip")),
    ("QEMU killed", lambda guest: guest.desktop.run("kill -KILL $(cat /run/libvirt/qemu/trip.pid)")),
)


def tell(desktop, teller):
    guest = Guest(desktop, "trip")
    guest.new()
    before = desktop.state()
    for how, end in ENDS:
        with teller.phase("up"):
            guest.up()
            expect_lent(desktop)
        with teller.phase(how):
            end(guest)
            guest.wait_gone()
        expect_same(before, desktop.state(), f"after {how} the desktop is not as it was before up")
    guest.forget()
