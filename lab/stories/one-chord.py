# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: one chord moves keyboard and mouse between the desktop and a guest that has its card,
whatever happens to hotseatd, and only for the user whose session is on the screen and not locked.

HOTSEAT_LAB_ROUNDS kills hotseatd so often, at random moments of its life.
"""

import os
import random
import time

from desk.desktop import KEYBOARD, MOUSE
from desk.guest import AT_SEAT
from desk.login import log_in, wait_for_sound
from desk.seat import DESKTOP_LOG, Desk
from desk.story import expect, expect_equal, expect_same

FRESH = True
ROUNDS = int(os.environ.get("HOTSEAT_LAB_ROUNDS", "3"))
LIMIT = 900 + 60 * ROUNDS
LONG = True     # a login and a dozen turns of the seat take minutes
NAME = "chord"
# The one that runs, or the next; never 0, which would be whoever says so.
KILL = """timeout 60 bash -c 'until pid=$(systemctl show -P MainPID hotseatd) && [ "$pid" != 0 ]
    do sleep 0.05; done; kill -KILL $pid'"""


def status_line(desktop):
    return desktop.run("hotseat status").out.splitlines()[-1]


class Chord(Desk):
    def wait_side(self, side):
        self.settle(lambda: status_line(self.desktop).startswith(
            f"seat0: keyboard and mouse are with {side}"))
        expect(status_line(self.desktop).startswith(f"seat0: keyboard and mouse are with {side}"),
               f"the seat is not with {side}: {status_line(self.desktop)}")


def watch_both_sides(desktop, teller, desk):
    """Starts and ends with the guest on the seat. Says who got a key, and not which."""
    log = "/tmp/watch.log"
    refused = desktop.run("hotseat input watch", user="gamer", check=False)
    teller.say(refused.err)
    expect_equal(refused.status, 1, "a watch for everybody")
    desktop.spawn("hotseat input watch", log)
    desktop.wait_for("has keyboard and mouse", log, 30)
    # What is down is asked for fifty times a second; a slow desktop misses a short press.
    desktop.keys("a", down=True)
    desktop.wait_for(f"^ *[0-9.]+  {NAME} .*Keyboard  key pressed", log, 60)
    desktop.keys("a", down=False)
    desktop.wait_for(f"^ *[0-9.]+  {NAME} .*Keyboard  key released", log, 60)
    desktop.chord()
    desktop.wait_for("host +has keyboard and mouse", log, 30)
    desktop.type("b")
    desktop.monitor.call("input-send-event", events=[
        {"type": "rel", "data": {"axis": "x", "value": 3}}])
    desktop.wait_for("host .*Keyboard  key released", log, 30)
    desktop.wait_for("host .*Mouse  moved, 1 report", log, 30)
    desktop.chord()
    desk.wait_side(NAME)
    desktop.run("pkill -INT -f 'input watch'")
    said = desktop.read(log)
    teller.say(said)
    expect("key A" not in said and "key B" not in said, "a watch says which key it was")


def service_killed(desktop, teller, desk):
    """The chord needs no hotseatd, whatever was held; and the next hotseatd finds all as it was."""
    lost = []
    for number in range(ROUNDS):
        held = "s" if number % 2 else ""
        desktop.keys(*held, down=True)
        desktop.run(KILL)
        desktop.chord()
        lost.append(desk.expect_host_within(10, "hotseatd killed"))
        desktop.keys(*held, down=False)
        desk.expect_nothing_held("hotseatd killed")
        if number == 0:
            desktop.chord()
        else:   # A chord just when the next one gives the relay its inputs anew can be missed.
            desk.settle(lambda: desktop.run(f"hotseat swap {NAME}", check=False).status == 0, 60)
        desk.expect_typed("jk", 1)
        desk.wait_side(NAME)
        time.sleep(random.uniform(0, 2))
    teller.say(f"hotseatd killed: {ROUNDS} of {ROUNDS}; at most {max(lost)} of ten keys went astray")


def tell(desktop, teller):
    desk = Chord(desktop, NAME)
    guest = desk.guest
    before = None
    try:
        with teller.phase("a guest with the seat's devices"):
            desktop.run("systemctl daemon-reload; udevadm control --reload")
            guest.new(AT_SEAT + " --seat seat0")
            before = desktop.state()
        with teller.phase("log in, and up"):
            session = log_in(desktop)
            wait_for_sound(desktop)
            desk.listen()
            said = desktop.run(f"hotseat up {NAME} 2>&1", seconds=120).out
            teller.say(said)
            guest.wait_ready()
            desk.wait_side(NAME)
            desk.expect_typed("abc", 1)
        with teller.phase("the chord, and swap"):
            desktop.chord()
            desk.wait_side("host")
            desk.expect_typed("xyz", 0)
            desktop.run("hotseat swap")
            desk.expect_typed("def", 1)
            desktop.run("hotseat swap host")
            desk.expect_typed("uvw", 0)
            desktop.run(f"hotseat swap {NAME}")
            refused = desktop.run("hotseat swap nobody", check=False)
            teller.say(refused.err)
            expect_equal(refused.status, 1, "a side that there is not")
            refused = desktop.run("hotseat swap host", user="nobody", check=False)
            teller.say(refused.err)
            expect_equal(refused.status, 1, "a stranger moves the seat")
            desk.expect_typed("ghi", 1)
        with teller.phase("a watch on both sides"):
            watch_both_sides(desktop, teller, desk)
        with teller.phase("another program has the keyboard"):
            desktop.run("hotseat swap host")
            desktop.spawn(f"/lab/bin/inputrate reader {KEYBOARD} {MOUSE}", "/tmp/grabber.log")
            desktop.wait_for("^RATE ready", "/tmp/grabber.log", 30)
            refused = desktop.run(f"hotseat swap {NAME}", check=False)
            teller.say(refused.err)
            expect_equal(refused.status, 1, "nothing to give, and it was not said")
            expect("another program" in refused.err, "it was not said why")
            desktop.run("pkill inputrate")
            desktop.run(f"hotseat swap {NAME}")
        with teller.phase("the session is locked"):
            lock = (f"busctl call org.freedesktop.login1 $(busctl call org.freedesktop.login1 "
                    f"/org/freedesktop/login1 org.freedesktop.login1.Manager GetSession s {session} "
                    "| cut -d'\"' -f2) org.freedesktop.login1.Session SetLockedHint b ")
            desktop.run(lock + "true")
            desk.wait_side("host")
            desktop.chord()
            desk.expect_typed("rst", 0)
            desktop.run(lock + "false")
            desk.settle(lambda: "no chord" not in status_line(desktop))
            desktop.chord()
            desk.wait_side(NAME)
            expect("idle" in desktop.run("systemd-inhibit --list --no-pager").out,
                   "idle is not held off while the guest has the seat")
        with teller.phase("hotseatd killed"):
            service_killed(desktop, teller, desk)
        with teller.phase("a mouse that is passed through"):
            teller.say(desktop.run(f"hotseat set {NAME} mouse=passthrough").out)
            desktop.run(f"hotseat down {NAME}", seconds=150)
            guest.wait_gone()
            desk.forget(guest.serial)
            teller.say(desktop.run(f"hotseat up {NAME} 2>&1", seconds=120).out)
            guest.wait_ready()
            desk.wait_side(NAME)
            desk.expect_typed("mn", 1)
            for down in (True, False):
                desktop.monitor.call("input-send-event", events=[
                    {"type": "btn", "data": {"button": "right", "down": down}}])
            desktop.wait_for("^GUESTKEY 273 0", guest.serial, 30)
            desk.expect_nothing_held("a mouse that is passed through")
        with teller.phase("down"):
            desktop.run(f"hotseat down {NAME}", seconds=150)
            guest.wait_gone()
            desk.wait_side("host")
            desk.expect_typed("end", 0)
            expect_same(before, desktop.state(), "the desktop is not as before")
    except Exception:
        teller.say(desktop.run("journalctl -b -n 60 --no-pager -u hotseatd -u hotseat-relay@seat0.service; "
                               f"tail -n 30 {DESKTOP_LOG} {guest.serial}", check=False).out)
        raise
    finally:
        guest.forget()
        desktop.run("loginctl terminate-user gamer", check=False)
        desktop.run("pkill keywatch", check=False)
