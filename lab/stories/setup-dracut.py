# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: setup and undo, with an initramfs by dracut.

As setup-grub, but for dracut. The card is on vfio-pci before its driver; the
former boot entry still leaves it alone; a kernel that comes between setup and undo boots; after
undo every file is as it was.
"""

from desk.setup import Machine, choose_grub_entry

FRESH = True
LIMIT = 7200
LONG = True
DISK = "dracut"


def tell(desktop, teller):
    Machine(desktop, teller).whole_story(choose_grub_entry)
