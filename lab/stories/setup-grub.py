# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what setup changes holds from the next boot on, and undo takes all of it back.

A Debian desktop on its own disk, with OVMF, GRUB and initramfs-tools. The card is on vfio-pci
before its driver; the former boot entry still leaves it alone; a kernel that comes between setup
and undo boots; after undo every file is as it was.
"""

from desk.setup import Machine

FRESH = True
LIMIT = 5400
LONG = True
DISK = "grub"


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    first = machine.sources()
    machine.set_up()
    machine.reboot("the usual entry", lent=True)
    machine.check_finds(None)
    with teller.phase("choosing the former entry"):
        entry = desktop.run(r"sed -n \"s/.*menuentry_id_option '\(hotseat-former-[^']*\)'.*/\1/p\" "
                            "/boot/grub/grub.cfg | head -1".replace(r'\"', '"')).out.strip()
        desktop.run(f"grub-reboot 'hotseat-former>{entry}'")
    machine.reboot("the former entry", lent=False)
    machine.check_finds("HS-15")
    machine.add_kernel()
    machine.reboot("the new kernel", lent=True, release=True)
    machine.undo(first)
    machine.reboot("after undo", lent=False, release=True)
