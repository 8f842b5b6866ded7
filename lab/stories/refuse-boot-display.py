# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: neither the only display that is on is taken, nor a card that somebody has open."""

from desk.desktop import BOOT_DISPLAY, CARD
from desk.guest import SMALL, Guest, expect_refused

FRESH = False
LIMIT = 600


def tell(desktop, teller):
    boot, held = Guest(desktop, "boot"), Guest(desktop, "held")
    with teller.phase("the boot display"):
        boot.new(f"--gpu {BOOT_DISPLAY} {SMALL}")
        expect_refused(desktop, teller, "hotseat up boot", 1, BOOT_DISPLAY, "display|monitor")
        boot.forget()
    with teller.phase("a card that is open"):
        held.new(f"--gpu {CARD[0]} {SMALL}")
        desktop.run(f"setsid sleep 1000 < /dev/dri/$(cd /sys/bus/pci/devices/{CARD[0]}/drm; "
                    "echo card*) > /dev/null 2>&1 & echo $! > /tmp/holder")
        holder = desktop.run("cat /tmp/holder").out.strip()
        expect_refused(desktop, teller, "hotseat up held", 1, CARD[0], "sleep", rf"\b{holder}\b")
        desktop.run(f"kill {holder}")
        held.forget()
