# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a guest with two cards gets both, or none, and both come back, whoever is killed.

The third card can be lent beside the second while nobody has the network card of its group. They
are twins, so that each must be found by where it is.
"""

import re

from desk.desktop import BOOT_DISPLAY, CARD, HOST_STATE, SHARED_CARD, SHARED_NIC
from desk.guest import SMALL, Guest, expect_refused
from desk.story import expect, expect_equal, expect_same

FRESH = True
LONG = True
LIMIT = 1800

FUNCTIONS = (*CARD, SHARED_CARD)
BOTH = f"--gpu {CARD[0]} --gpu {SHARED_CARD} {SMALL}"
DRIVERS = ("for device in " + " ".join(FUNCTIONS) + "; do "
           "basename $(readlink /sys/bus/pci/devices/$device/driver); done")
# hotseatd dies at the moment when the first card has gone and the second has not: both are to come
# back, by the service that systemd starts anew.
KILLED_BETWEEN = f"""
    hotseat up two > /tmp/up.said 2>&1 & asked=$!
    until [ "$(basename $(readlink /sys/bus/pci/devices/{CARD[0]}/driver))" = vfio-pci ]; do
        sleep 0.02
    done
    kill -KILL $(pidof hotseatd)
    {DRIVERS}
    wait $asked; echo status $?
"""
NOTHING_LENT = """timeout 120 bash -c 'until [ -z "$(find /run/hotseat -type f)" ] &&
    [ ! -e /run/libvirt/qemu/two.pid ]; do sleep 0.3; done'"""


def drivers(desktop):
    return desktop.run(DRIVERS).out.split()


def expect_both(desktop, guest):
    """All three functions are lent, and in QEMU below a root port for each card."""
    expect_equal(drivers(desktop), ["vfio-pci"] * 3, "drivers while two cards are lent")
    pci = desktop.run("virsh qemu-monitor-command --hmp two 'info pci'").out
    found = re.findall(r"Bus +(\d+), device +0, function (\d):\s+[^:]*: "
                       r"PCI device (1234:1111|8086:2668)", pci)
    expect_equal([(function, kind) for _, function, kind in found],
                 [("0", "1234:1111"), ("1", "8086:2668"), ("0", "1234:1111")], f"in QEMU:\n{pci}")
    expect(found[0][0] == found[1][0] != found[2][0], f"buses in the guest: {found}")
    expect_equal(len(re.findall(r"^GUESTPCI \S+ 0x1234 0x1111", guest.said(), re.MULTILINE)), 2,
                 "cards that the guest sees")


def refusals(desktop, teller):
    expect_refused(desktop, teller, f"hotseat new two --gpu {CARD[0]} --gpu {CARD[1]} {SMALL}", 1,
                   "one card")
    expect_refused(desktop, teller, f"hotseat new two {BOTH}", 1, SHARED_NIC, "e1000e")
    desktop.run(f"hotseat new screens --gpu {CARD[0]} --gpu {BOOT_DISPLAY} {SMALL}")
    expect_refused(desktop, teller, "hotseat up screens", 1, "together", BOOT_DISPLAY)
    Guest(desktop, "screens").forget()


def lent(desktop, teller, guest):
    teller.say(desktop.run("hotseat up two", seconds=300).out)
    guest.wait_ready(240)
    expect_both(desktop, guest)
    teller.say(desktop.run("hotseat status; hotseat list").out)


def neither_to_another(desktop, teller):
    other = Guest(desktop, "other")
    other.new(f"--gpu {SHARED_CARD} {SMALL}")
    expect_refused(desktop, teller, "hotseat up other", 1, "two|qemu", lines=4)
    other.forget()


def changed(desktop, teller, guest, before):
    """One card less, and again one more, on a root port that nothing else has."""
    teller.say(desktop.run(f"hotseat set two gpu={CARD[0]}").out)
    desktop.run("hotseat up two", seconds=300)
    expect_equal(drivers(desktop), ["vfio-pci", "vfio-pci", "bochs-drm"], "with one card")
    desktop.run("hotseat down --force --timeout 30 two", seconds=300)
    teller.say(desktop.run(f"hotseat set two gpu={CARD[0]},{SHARED_CARD}").out)
    lent(desktop, teller, guest)
    desktop.run("kill -KILL $(cat /run/libvirt/qemu/two.pid)")
    desktop.run(NOTHING_LENT, seconds=150)
    expect_same(before, desktop.run(HOST_STATE).out, "after QEMU was killed")


def tell(desktop, teller):
    guest = Guest(desktop, "two")
    with teller.phase("refusals"):
        refusals(desktop, teller)
    desktop.run(f"echo {SHARED_NIC} > /sys/bus/pci/drivers/e1000e/unbind; udevadm settle")
    before = desktop.run(HOST_STATE).out
    with teller.phase("up"):
        teller.say(guest.new(BOTH).out)
        lent(desktop, teller, guest)
        neither_to_another(desktop, teller)
    with teller.phase("down, after hotseatd was killed"):
        desktop.run("kill -KILL $(pidof hotseatd)")
        expect_both(desktop, guest)
        teller.say(desktop.run("hotseat down two", seconds=300).out)
        expect_same(before, desktop.run(HOST_STATE).out, "after down")
    with teller.phase("hotseatd killed between the two cards"):
        said = desktop.run(KILLED_BETWEEN, seconds=300, check=False).out
        teller.say(said)
        expect("vfio-pci" in said and "bochs-drm" in said, f"not between the two cards: {said}")
        desktop.run(NOTHING_LENT, seconds=150)
        expect_same(before, desktop.run(HOST_STATE).out, "after hotseatd was killed")
    with teller.phase("set"):
        changed(desktop, teller, guest, before)
    guest.forget()
