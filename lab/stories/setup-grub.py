# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what setup changes, the next boot has; what it leaves alone, the old boot entry has.

A Debian desktop on its own disk, with OVMF, GRUB and initramfs-tools.
"""

FRESH = True
LIMIT = 3600
LONG = True
DISK = "grub"


def tell(desktop, teller):
    teller.say(desktop.run("cat /proc/cmdline; lspci -nnk | grep -A3 -i -E 'vga|display|audio'").out)
