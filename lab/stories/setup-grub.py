# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what setup changes holds from the next boot on, and undo takes all of it back.

A Debian desktop on its own disk, with OVMF, GRUB and initramfs-tools. The card is on vfio-pci before its driver; the
former boot entry still leaves it alone; a kernel that comes between setup and undo boots; after
undo every file is as it was.
"""

from desk.setup import Machine, choose_grub_entry

FRESH = True
LIMIT = 7200
LONG = True
DISK = "grub"


def tell(desktop, teller):
    Machine(desktop, teller).whole_story(choose_grub_entry)
