# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a card whose IOMMU group holds a network card in use is not lent, and it says why."""

from desk.desktop import SHARED_CARD, SHARED_NIC
from desk.guest import SMALL, Guest, expect_refused

FRESH = False
LIMIT = 600


def bind_nic(desktop, verb):
    desktop.run(f"echo {SHARED_NIC} > /sys/bus/pci/drivers/e1000e/{verb}; udevadm settle")


def tell(desktop, teller):
    guest = Guest(desktop, "shared")
    new = f"--gpu {SHARED_CARD} {SMALL}"
    with teller.phase("new refuses"):
        expect_refused(desktop, teller, f"hotseat new shared {new}", 1, SHARED_NIC, "e1000e")
    with teller.phase("up refuses, when the network card came back after new"):
        bind_nic(desktop, "unbind")
        try:
            guest.new(new)
        finally:
            bind_nic(desktop, "bind")
        expect_refused(desktop, teller, "hotseat up shared", 1, SHARED_NIC, "e1000e")
    guest.forget()
