# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what moves with the chord and what does not: a Bluetooth keyboard, to which udev gives no
name, with its volume key, and again when it is switched off and on; not a keyboard that logind gave
to another seat, from then on.
"""

import re

from desk import keys
from desk.guest import AT_SEAT
from desk.login import log_in, wait_for_sound
from desk.seat import DESKTOP_LOG, SECOND_KEYBOARD, Desk
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 900
LONG = True     # a login takes minutes where all is emulated
NAME = "inputs"
FIFO = "/tmp/bluetooth"
ADDRESS = "00:00:5e:00:53:02"
NODE = f"/dev/input/by-device/{ADDRESS}-Lab_Keyboard"
VOLUME_UP = 115


def switch_on(desktop):
    desktop.run(f"modprobe uhid; [ -p {FIFO} ] || mkfifo {FIFO}")
    desktop.spawn(f"/lab/bin/bluetooth 'Lab Keyboard' {ADDRESS} {FIFO}", "/tmp/bluetooth.log")
    desktop.wait_for("^BLUETOOTH ready", "/tmp/bluetooth.log", 30)
    desktop.run(f"timeout 30 sh -c 'until [ -e {NODE} ]; do sleep 0.2; done'", seconds=60)


def tap(desktop, letters):
    desktop.run(f"printf %s {letters} > {FIFO}")


def typed_by_radio(desktop, desk, letters, side):
    desk.mark()
    tap(desktop, letters)
    desk.settle(lambda: len(desk.heard()[side]) >= len(letters))
    expect_equal(desk.heard(), (letters, "") if side == 0 else ("", letters),
                 "what desktop and guest heard of the Bluetooth keyboard")


def louder(desktop, desk):
    """Does the desktop hear the volume key?"""
    desk.mark()
    tap(desktop, "+")
    desk.settle(lambda: (VOLUME_UP, 0) in keys.events(desk.news()[0], "DESKTOPKEY"), 5)
    return (VOLUME_UP, 1) in keys.events(desk.news()[0], "DESKTOPKEY")


def bluetooth(desktop, teller, desk):
    typed_by_radio(desktop, desk, "abc", 1)
    expect_equal(louder(desktop, desk), False, "the volume key while the guest has the seat")
    desktop.run("hotseat swap host")
    typed_by_radio(desktop, desk, "def", 0)
    expect_equal(louder(desktop, desk), True, "the volume key while the host has the seat")
    desktop.run(f"hotseat swap {NAME}")
    desktop.run("pkill -x bluetooth")
    switch_on(desktop)
    desk.listen()
    # The relay gets it a moment after its name is there.
    desk.settle(lambda: desktop.run("journalctl -b -u hotseatd --no-pager").status == 0, 3)
    typed_by_radio(desktop, desk, "ghi", 1)


def other_seat(desktop, teller, desk):
    """QEMU gives what is typed to the keyboard that was plugged in last."""
    desktop.monitor.call("device_add", driver="usb-kbd", id="second", serial="second")
    desktop.run(f"timeout 30 sh -c 'until [ -e {SECOND_KEYBOARD} ]; do sleep 0.2; done'; "
                "udevadm settle", seconds=60)
    desk.listen()
    desk.settle(lambda: False, 2)
    desk.expect_typed("jk", 1)
    desktop.run("loginctl attach seat-left "
                f"/sys$(udevadm info -q path -n {SECOND_KEYBOARD} | sed 's|/event[0-9]*$||'); "
                "udevadm settle", seconds=60)
    teller.say(desktop.run(f"udevadm info -q property -n {SECOND_KEYBOARD} | grep SEAT").out)
    desk.settle(lambda: False, 2)
    desk.expect_typed("lm", 0)
    desktop.run("loginctl flush-devices; udevadm settle", seconds=60)
    desk.settle(lambda: False, 2)
    desk.expect_typed("op", 1)
    desktop.monitor.call("device_del", id="second")
    desk.settle(lambda: False, 2)
    desk.expect_typed("qr", 1)


def tell(desktop, teller):
    desk = Desk(desktop, NAME)
    try:
        with teller.phase("a guest with the seat's devices"):
            desktop.run("systemctl daemon-reload; udevadm control --reload")
            desk.guest.new(AT_SEAT + " --seat seat0")
            before = desktop.state()
            log_in(desktop)
            wait_for_sound(desktop)
            switch_on(desktop)
            teller.say(desktop.run("hotseat input list").out)
            desk.listen()
        with teller.phase("up"):
            desktop.run(f"hotseat up {NAME}", seconds=150)
            desk.guest.wait_ready()
            said = desktop.run("journalctl -b --no-pager -u hotseat-relay@seat0").out
            expect(re.search("has priority 10 of real time", said), f"its priority: {said}")
            desk.expect_typed("st", 1)
        for act in (bluetooth, other_seat):
            with teller.phase(act.__name__.replace("_", " ")):
                act(desktop, teller, desk)
        with teller.phase("down"):
            desktop.run("pkill -x bluetooth", check=False)
            desktop.run(f"hotseat down {NAME}", seconds=150)
            desk.guest.wait_gone()
            expect_same(before, desktop.state(), "the desktop is not as before")
    except Exception:
        teller.say(desktop.run("journalctl -b -n 60 --no-pager -u hotseatd "
                               "-u hotseat-relay@seat0.service; ls -l /dev/input/by-*; "
                               f"tail -n 30 {DESKTOP_LOG} {desk.guest.serial}", check=False).out)
        raise
    finally:
        desk.guest.forget()
        desktop.run("loginctl terminate-user gamer; pkill keywatch", check=False)
