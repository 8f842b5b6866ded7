# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: setup and undo, with systemd-boot and kernel-install.

As setup-grub, but without GRUB. The card is on vfio-pci before its driver; the
former boot entry still leaves it alone; a kernel that comes between setup and undo boots; after
undo every file is as it was.
"""

from desk.setup import Machine

FRESH = True
LIMIT = 7200
LONG = True
DISK = "systemd-boot"


def choose_former(machine):
    machine.desktop.run(r"""
        set -e
        cd /boot/efi/loader/entries
        bootctl set-oneshot "$(ls | grep "^hotseat-former-.*-$(uname -r).conf$")"
    """)


def tell(desktop, teller):
    Machine(desktop, teller).whole_story(choose_former)
