# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the power is cut during up, and the machine boots as if nothing had ever been lent.

QEMU is killed while up takes the card, while it starts the guest, and while the guest has the
card. Nothing of a handover outlives the kernel but one line that tells where the machine was, and
the next handover takes that away.
"""

from desk.desktop import CARD
from desk.guest import READY, Guest
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 3600
LONG = True
DISK = "grub"

LOG = "/run/up.log"
KEPT = "ls -A /var/lib/hotseat"


def cut(desktop, teller, guest, words, log):
    """Cut the power as soon as a log has these words, and boot."""
    desktop.run(f"rm -f {guest.serial}; sync")
    desktop.spawn(f"hotseat up {guest.name}", LOG)
    desktop.wait_for(words, log, 300)
    desktop.cut_power()
    teller.say(f"The power was cut after: {words}")
    with teller.phase("boot"):
        desktop.power_on()


def is_clean(desktop, teller, first):
    """Nothing is lent, nothing is left, and what status tells is true."""
    expect_same(first, desktop.state(), "the desktop after the power cut")
    told = desktop.run("hotseat status")
    kept = desktop.run(KEPT, check=False).out.split()
    teller.say(f"    left in /var/lib/hotseat: {' '.join(kept) or 'nothing'}\n{told.out.rstrip()}")
    expect("othing is lent" in told.out, "status does not say that nothing is lent")
    expect_equal("breadcrumb" in kept, "the machine went down" in " ".join(told.out.split()),
                 "status tells of the line on the disk")
    desktop.run("hotseat recover")


def works_again(desktop, guest, first, kept):
    desktop.run(f"rm -f {guest.serial}")
    guest.up(seconds=300)
    desktop.run(f"hotseat down --force --timeout 0 {guest.name}", seconds=300)
    guest.wait_gone()
    expect_same(first, desktop.state(), "the desktop after down")
    expect_equal(desktop.run(KEPT, check=False).out, kept, "what is left in /var/lib/hotseat")


def tell(desktop, teller):
    guest = Guest(desktop, "cut")
    guest.new()
    first = desktop.state()
    kept = desktop.run(KEPT, check=False).out
    for words, log in ((f"bind {CARD[0]}", LOG), ("starting cut", LOG), (READY, guest.serial)):
        cut(desktop, teller, guest, words, log)
        is_clean(desktop, teller, first)
        with teller.phase("up and down"):
            works_again(desktop, guest, first, kept)
