# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest that most stories use: the lab's small one, made by "hotseat new"."""

import re

from . import keys
from .desktop import CARD
from .story import expect, expect_equal, expect_same

# Windows is not here; this kernel starts at once and says what it sees.
AT_SEAT = "--virt-type qemu --kernel /lab/guest/small --vcpus 1 --memory 256M --network none"
# Keyboard and mouse by QEMU: a seat needs somebody who has logged in.
SMALL = AT_SEAT + " --seat none"
LINUX = ("--virt-type qemu --kernel /lab/guest/vmlinuz --initrd /lab/guest/initrd --seat none")
# Its kernel's arguments, without what costs an emulated processor most.
QUICK_LINUX = ("console=ttyS0 quiet nokaslr mitigations=off no_timer_check tsc=unstable "
               "cryptomgr.notests random.trust_cpu=on")
PRODUCTS = ("0x1234 0x1111", "0x8086 0x2668")
READY = "^GUESTKEY ready"


class Guest:
    """A guest by its name; exists in the desktop between new() and forget()."""

    def __init__(self, desktop, name):
        self.desktop = desktop
        self.name = name
        self.serial = f"/var/log/libvirt/qemu/{name}-serial0.log"

    def new(self, options=SMALL):
        return self.desktop.run(f"hotseat new {self.name} {options}", seconds=120)

    def up(self, seconds=120):
        """Lend the card, start, and wait until the guest says that it listens."""
        self.desktop.run(f"hotseat up {self.name}", seconds=seconds)
        return self.wait_ready()

    def wait_ready(self, seconds=120):
        return self.desktop.wait_for(READY, self.serial, seconds)

    def wait_gone(self, seconds=60):
        """Wait until the guest is off and nothing of its journal is left."""
        self.desktop.run(f"timeout {seconds} bash -c 'until [ ! -e /run/libvirt/qemu/{self.name}.pid ] "
                         "&& [ -z \"$(find /run/hotseat -type f)\" ]; do sleep 0.1; done'",
                         seconds=seconds + 10)

    def said(self):
        return self.desktop.run(f"cat {self.serial}").out

    def typed(self):
        """The letters and digits it got."""
        return keys.text(self.said(), "GUESTKEY")

    def forget(self):
        """Leave nothing of it, however far it came."""
        self.desktop.run(f"virsh destroy {self.name}; hotseat recover; "
                         f"virsh undefine --nvram {self.name}; "
                         f"rm -f {self.serial} /var/lib/libvirt/images/{self.name}.qcow2",
                         seconds=90, check=False)


def expect_one_slot(said):
    """The guest sees both functions of the card as functions 0 and 1 of one slot.

    Return: its lines about them.
    """
    lines = re.findall(r"^GUESTPCI \S+ \S+ \S+ \S+", said, re.MULTILINE)
    found = {}
    for line in lines:
        _, address, vendor, product, _ = line.split()
        if f"{vendor} {product}" in PRODUCTS:
            found[f"{vendor} {product}"] = address
    expect(set(found) == set(PRODUCTS), f"the guest sees of the card only {found or 'nothing'}")
    slots = [found[product].rsplit(".", 1) for product in PRODUCTS]
    expect_equal([slots[0][1], slots[1][1]], ["0", "1"], "functions in the guest")
    expect_equal(slots[0][0], slots[1][0], "slots in the guest")
    return [line for line in lines if line.split()[1] in found.values()]


def expect_refused(desktop, teller, command, status, *words, user="root", before=None,
                   lines=2):
    """A command says what is wrong in a line or two, exits as the contract says, and leaves the
    desktop as it was (as before says, if given: looking takes a while)."""
    before = before or desktop.state()
    result = desktop.run(command, user=user, check=False)
    said = result.err.strip().splitlines()
    teller.say(f"$ {command}\n    " + "\n    ".join(said) + f"\n    exit status {result.status}")
    expect_same(before, desktop.state(), f"{command}: the desktop is not as before")
    expect_equal(result.status, status, f"{command}: exit status")
    # The second line of a usage error says where help is.
    expect(1 <= len(said) <= lines, f"{command}: {len(said)} lines of explanation")
    for word in words:
        expect(re.search(word, result.err), f"{command}: does not say {word!r}")


def expect_lent(desktop):
    """Both functions are on vfio-pci."""
    state = desktop.state()
    for function in CARD:
        expect(re.search(rf"^driver {function} .*/vfio-pci$", state, re.MULTILINE),
               f"{function} is not on vfio-pci")
