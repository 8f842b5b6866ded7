# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: setup and undo, with systemd-boot and kernel-install.

As setup-grub, but without GRUB. The card is on vfio-pci before its driver; the
former boot entry still leaves it alone; a kernel that comes between setup and undo boots; after
undo every file is as it was. And before: where the EFI system partition is away, read-only or full,
setup says so and touches nothing.
"""

from desk.guest import expect_refused
from desk.setup import Machine
from desk.story import expect_same

FRESH = True
LIMIT = 7200
LONG = True
DISK = "systemd-boot"


ESP = "/boot/efi"
# What is wrong with it, how that is mended, and what setup says.
NOT_READY = (
    (f"umount {ESP}", f"mount {ESP}", f"sudo mount {ESP}"),
    (f"mount -o remount,ro {ESP}", f"mount -o remount,rw {ESP}", "can only be read"),
    (f"dd if=/dev/zero of={ESP}/full bs=4M || true", f"rm {ESP}/full", "left, and .* are needed"),
)


def refuses(machine):
    first = machine.sources()
    for break_it, mend_it, words in NOT_READY:
        machine.desktop.run(break_it)
        expect_refused(machine.desktop, machine.teller, "hotseat setup --yes --gpu 01:00.0", 1,
                       words)
        machine.desktop.run(mend_it)
    expect_same(first, machine.sources(), "files after setup has refused")


def choose_former(machine):
    machine.desktop.run(r"""
        set -e
        cd /boot/efi/loader/entries
        bootctl set-oneshot "$(ls | grep "^hotseat-former-.*-$(uname -r).conf$")"
    """)


def tell(desktop, teller):
    machine = Machine(desktop, teller)
    with teller.phase("nowhere to write"):
        refuses(machine)
    machine.whole_story(choose_former)
