# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: however a guest ends, drivers, overrides and journals are what they were before.

After down; and without us, by the hook alone: after a shutdown from inside, after virsh destroy,
after QEMU was killed; when libvirt starts it by itself; and in the rounds of a selftest, to the end
or interrupted.
"""

from desk.desktop import CARD
from desk.guest import Guest, expect_lent, expect_refused
from desk.story import expect, expect_equal, expect_same

FRESH = False
LIMIT = 900

UNITS = "libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service"
# As when the machine has just started: libvirt keeps in mind that it has done it.
AUTOSTART = f"""virsh autostart trip
    systemctl stop {UNITS}
    rm -f /run/libvirt/qemu/autostarted
    systemctl start {UNITS}
    timeout 100 sh -c 'until [ -e /run/libvirt/qemu/trip.pid ]; do sleep 0.2; done'
    virsh autostart --disable trip"""


def press_f12(guest):
    guest.desktop.keys("f12", down=True)
    guest.desktop.keys("f12", down=False)


ENDS = (
    ("down", lambda guest: guest.desktop.run("hotseat down trip", seconds=150)),
    ("shutdown from inside", press_f12),
    ("virsh destroy", lambda guest: guest.desktop.run("virsh destroy trip")),
    ("QEMU killed", lambda guest: guest.desktop.run("kill -KILL $(cat /run/libvirt/qemu/trip.pid)")),
)


def selftest(desktop, teller, before):
    expect_refused(desktop, teller, "hotseat selftest trip", 1, "sudo", user="gamer", before=before)
    desktop.run(f"setsid sleep 1000 < /dev/dri/$(cd /sys/bus/pci/devices/{CARD[0]}/drm; "
                "echo card*) > /dev/null 2>&1 & echo $! > /tmp/holder")
    expect_refused(desktop, teller, "hotseat selftest trip", 1, "sleep", "/dev/dri", before=before)
    desktop.run("kill $(cat /tmp/holder)")
    result = desktop.run("hotseat selftest trip --rounds 2 --seconds 1", seconds=300, check=False)
    teller.say(result.out)
    expect_equal(result.status, 0, f"the exit status of selftest: {result.err}")
    for words in ("2 of 2 rounds", "bind " + CARD[0], "1234:1111"):
        expect(words in result.out, f"the report does not say {words!r}")
    expect("trip" not in result.out, "the report has the guest's name")
    expect_same(before, desktop.state(), "after selftest")
    result = desktop.run("timeout --preserve-status -s INT 8 "
                         "hotseat selftest trip --rounds 50 --seconds 600", seconds=200, check=False)
    teller.say(result.err)
    expect_equal(result.status, 3, "the exit status of an interrupted selftest")
    expect("1 of 50 rounds" in result.out, f"not ended after the first round: {result.out}")
    expect_same(before, desktop.state(), "after an interrupted selftest")


def tell(desktop, teller):
    guest = Guest(desktop, "trip")
    guest.new()
    before = desktop.state()
    for how, end in ENDS:
        with teller.phase("up"):
            guest.up()
            expect_lent(desktop)
        with teller.phase(how):
            end(guest)
            guest.wait_gone()
        expect_same(before, desktop.state(), f"after {how} the desktop is not as it was before up")
    with teller.phase("autostart"):
        desktop.run(AUTOSTART, seconds=200)
        expect_lent(desktop)
        guest.wait_ready()
        desktop.run("hotseat down trip", seconds=150)
        expect_same(before, desktop.state(), "after an autostart")
    with teller.phase("selftest"):
        selftest(desktop, teller, before)
    guest.forget()
