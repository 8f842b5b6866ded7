# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a driver that does not let go takes nobody along, and the next boot knows where it was.

NVIDIA's driver waits in the kernel until its last user is gone; whoever asked for the unbind waits
with it. lab/modules/stubborn does the same.
"""

import re

from desk.desktop import CARD
from desk.guest import Guest, expect_refused
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 1500
LONG = True
MODULES = ("stubborn",)

TAKE = f"""insmod /lab/modules/stubborn.ko
cd /sys/bus/pci/devices/{CARD[0]}
echo stubborn > driver_override
echo {CARD[0]} > driver/unbind
echo {CARD[0]} > /sys/bus/pci/drivers_probe
test "$(basename $(readlink driver))" = stubborn && test -c /dev/stubborn"""
HELD = "/sys/module/stubborn/parameters/held"
UP_LOG = "/tmp/up.log"


def refuses_beforehand(desktop, teller):
    desktop.spawn("exec sleep 1000 < /dev/stubborn", "/tmp/holder.log")
    expect_refused(desktop, teller, "hotseat up stub", 1, "sleep", "/dev/stubborn")
    desktop.run("pkill -x sleep")


def gives_up(desktop, teller):
    """One user that shows nowhere: up starts, and comes back at its deadline."""
    desktop.run(f"echo 1 > {HELD}")
    desktop.spawn("hotseat up stub; echo status $?", UP_LOG)
    desktop.run("timeout 60 sh -c 'until dmesg | grep -q \"asked to leave\"; do sleep 0.2; done'")
    # While the kernel waits: nobody else does.
    for command, words in (("hotseat status", "changing"), ("hotseat devices", CARD[0])):
        result = desktop.run(command, seconds=20)
        teller.say(f"$ {command}   ({result.seconds:.1f} s)\n{result.out}")
        expect(words in result.out, f"{command} does not say {words!r}")
    said = desktop.wait_for("^status ", UP_LOG, 120)
    teller.say(said)
    expect("did not let it go" in said, "up does not say what happened")
    expect("status 4" in said, "up does not say that the host is not back")
    told = desktop.run("hotseat status").out
    teller.say(told)
    expect(re.search(rf"stubborn was to let go of {CARD[0]} \(guest stub", told),
           "status does not tell of the breadcrumb")
    expect_equal(desktop.run("systemctl is-active hotseat-sleep.service", check=False).out.strip(),
                 "inactive", "the inhibitor, after all else was put back")
    # It must not look at the device, which would make it wait too.
    result = desktop.run("hotseat recover", seconds=60, check=False)
    teller.say(f"$ hotseat recover   ({result.seconds:.1f} s)\n{result.out}{result.err}")
    expect(result.status == 4 and "working" in result.err, "recover did not keep off")


def comes_back(desktop, teller, before):
    desktop.run(f"echo 0 > {HELD}")
    desktop.run("timeout 30 sh -c 'until hotseat recover; do sleep 0.5; done'", seconds=60)
    expect_same(before, desktop.state(), "the desktop is not as it was before up")
    expect_equal(desktop.run("ls /var/lib/hotseat").out, "", "what is left in /var/lib/hotseat")


def tells_after_reset(desktop, teller):
    desktop.run(f"echo 1 > {HELD}")
    desktop.spawn("hotseat up stub; echo status $?", UP_LOG)
    desktop.run("timeout 60 sh -c 'until [ $(dmesg | grep -c \"asked to leave\") = 2 ]; "
                "do sleep 0.2; done'", seconds=90)
    seen = "ls -ali /var/lib/hotseat; cat /var/lib/hotseat/breadcrumb"
    teller.say(desktop.run(seen).out)
    desktop.reset()
    teller.say(desktop.run(seen, check=False).out)
    for command in ("hotseat status", "hotseat check"):
        told = desktop.run(command, check=False).out
        found = [line.strip() for line in told.splitlines() if "stubborn was to" in line]
        teller.say(f"$ {command}\n    " + "\n    ".join(found))
        expect(found and "the machine went down" in " ".join(told.split()),
               f"{command} does not tell where the machine was: {told}")


def tell(desktop, teller):
    guest = Guest(desktop, "stub")
    guest.new()
    desktop.run(TAKE)
    before = desktop.state()
    with teller.phase("a holder is named"):
        refuses_beforehand(desktop, teller)
        expect_same(before, desktop.state(), "the desktop is not as it was before up")
    with teller.phase("up gives up"):
        gives_up(desktop, teller)
    with teller.phase("recover"):
        comes_back(desktop, teller, before)
    with teller.phase("reset"):
        tells_after_reset(desktop, teller)
