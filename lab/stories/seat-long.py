# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what the story "seat" sees once, a hundred times of a hundred: keyboards and mice
pulled out while somebody types, relay or controller killed, restarted or stopped, a guest that
stands still, keys held across all of it; and what it does not see: two guests, another program
that has the keyboard for itself, 1,000 reports a second.

HOTSEAT_LAB_ROUNDS makes it fewer, HOTSEAT_LAB_ACTS names some of its acts.
"""

import os
import random
import re

from desk import keys
from desk.desktop import KEYBOARD
from desk.seat import DESKTOP_LOG, RELAY, act_all, devices, serial
from desk.story import expect, expect_equal

FRESH = False
LONG = True
LIMIT = 14400

ROUNDS = int(os.environ.get("HOTSEAT_LAB_ROUNDS", "100"))
KEYS = "abcdefghijklmopqrstuvwxyz"      # "n" tells the others that they have all been typed
# Not the shell that says so.
STOP_GUEST = "pkill -STOP -f guest=[l]istener,"
CONTINUE_GUEST = "pkill -CONT -f guest=[l]istener,"


# -- things that end -------------------------------------------------------------------------------

def relay_ended(desktop, teller, seat, name, end):
    """The host has the keyboard before the next ten keys, a key that was held down included."""
    lost = []
    for number in range(ROUNDS):
        seat.move(1)
        held = "s" if number % 2 else ""
        desktop.keys(*held, down=True)
        lost.append(seat.start_anew(end, name, held))
        seat.expect_nothing_held(name)
    teller.say(f"{name}: {len(lost)} of {ROUNDS}; at most {max(lost)} of ten keys went astray")


def killed(desktop, teller, seat):
    relay_ended(desktop, teller, seat, "relay killed",
                lambda: seat.signal_relay("KILL"))


def restarted(desktop, teller, seat):
    relay_ended(desktop, teller, seat, "relay restarted",
                lambda: desktop.run(f"systemctl reset-failed {RELAY}.service; "
                                    f"systemctl restart {RELAY}.service"))


def stopped(desktop, teller, seat):
    relay_ended(desktop, teller, seat, "relay stopped",
                lambda: seat.signal_relay("STOP"))


def controller_killed(desktop, teller, seat):
    for _ in range(ROUNDS):
        seat.move(1)
        desktop.run("systemctl kill --signal=KILL seat-controller")
        desktop.chord()
        seat.expect_host_within(10, "controller killed")
        seat.expect_nothing_held("controller killed")
        seat.start_controller()
    teller.say(f"controller killed: {ROUNDS} of {ROUNDS}")


# -- a guest that stands still ---------------------------------------------------------------------

def guest_stands_still(desktop, teller, seat):
    """Its QEMU is stopped for two seconds while somebody types: afterwards nothing is held."""
    for number in range(ROUNDS):
        seat.move(1)
        desktop.run(f"{STOP_GUEST}; (sleep 2; {CONTINUE_GUEST}) > /dev/null 2>&1 &")
        desktop.keys("shift", down=True)
        desktop.type("".join(random.choices(KEYS, k=10)))
        desktop.keys("shift", down=False)
        if number % 2:
            desktop.type("".join(random.choices(KEYS, k=20)))
        seat.move(0)
        seat.expect_nothing_held("guest stopped for two seconds")
    teller.say(f"guest stopped: {ROUNDS} of {ROUNDS}")


def chord_with_guest_stopped(desktop, teller, seat):
    for _ in range(ROUNDS):
        seat.move(1)
        desktop.run(STOP_GUEST)
        desktop.chord()
        seat.expect_host_within(10, "guest stopped")
        desktop.run(CONTINUE_GUEST)
        seat.expect_nothing_held("chord with the guest stopped")
    teller.say(f"chord with the guest stopped: {ROUNDS} of {ROUNDS}")


def held_both_ways(desktop, teller, seat):
    for _ in range(ROUNDS):
        there, back = random.sample(KEYS, k=2)
        desktop.keys(there, down=True)
        seat.move(1)
        seat.expect_nothing_held("taken with a key down")
        desktop.keys(there, down=False)
        desktop.keys(back, down=True)
        seat.move(0)
        seat.expect_nothing_held("given back with a key down")
        desktop.keys(back, down=False)
    seat.expect_typed("d", 0)
    teller.say(f"keys held across both directions: {ROUNDS} of {ROUNDS}")


# -- what is plugged in and pulled out -------------------------------------------------------------

def button(desktop, down):
    desktop.monitor.call("input-send-event", events=[
        {"type": "btn", "data": {"button": "left", "down": down}}])


def pulled_out(desktop, seat, kind, side):
    """A second one, which gets what is typed as soon as it is there, goes with something down."""
    state = "taken" if side else "watched"
    before = seat.count(f"^input {state} .*second"), seat.count("^input gone .*second")
    desktop.monitor.call("device_add", driver=f"usb-{kind}", id="second", serial="second")
    seat.wait_said(f"^input {state} .*second", before[0] + 1)
    letters = random.sample(KEYS, k=4)
    typed = letters[:random.randrange(4)]
    desktop.type(typed)
    if kind == "kbd":
        desktop.keys(*letters, down=True)
    else:
        button(desktop, True)
    desktop.monitor.call("device_del", id="second")
    desktop.type(random.choices(KEYS, k=random.randrange(3)))
    seat.wait_said("^input gone .*second", before[1] + 1)
    if kind == "kbd":
        desktop.keys(*letters, down=False)
    else:
        button(desktop, False)


def unplugged(desktop, teller, seat):
    for number in range(ROUNDS):
        side = random.randrange(4) != 0     # the guest, three times of four
        if seat.side() != side:
            seat.move(int(side))
        pulled_out(desktop, seat, random.choice(("kbd", "mouse")), int(side))
        seat.expect_nothing_held("unplugged")
        seat.expect_typed("on", int(side))
    if seat.side() != 0:
        seat.move(0)
    teller.say(f"unplugged: {ROUNDS} of {ROUNDS}")


# -- seen once -------------------------------------------------------------------------------------

def grabbed_by_another(desktop, teller, seat):
    """Another program has one keyboard for itself: it is said, and the rest goes all the same."""
    before = seat.count("^input watched .*second"), seat.count("^input gone .*second")
    desktop.monitor.call("device_add", driver="usb-kbd", id="second", serial="second")
    seat.wait_said("^input watched .*second", before[0] + 1)
    desktop.spawn(f"/lab/bin/inputrate reader {KEYBOARD}", "/tmp/grabber.log")
    desktop.wait_for("^RATE ready", "/tmp/grabber.log", 30)
    seat.move(1)
    expect(seat.count("^input foreign .*keyboard-event-kbd") == 1,
           "nobody says that another program has the keyboard")
    seat.expect_typed("ab", 1)
    seat.move(0)
    desktop.run("pkill inputrate")
    desktop.monitor.call("device_del", id="second")
    seat.wait_said("^input gone .*second", before[1] + 1)
    seat.move(1)
    seat.expect_typed("cd", 1)
    seat.move(0)
    seat.expect_typed("ef", 0)


def two_guests(desktop, teller, seat):
    """One keyboard for two guests and the host, each reached from each."""
    other = "listener2"
    logs = {0: (DESKTOP_LOG, "DESKTOPKEY"), 1: (serial("listener"), "GUESTKEY"),
            2: (serial(other), "GUESTKEY")}
    seat.start_controller("--guests 2")
    try:
        seat.start_guest(other, 2)
        typed = {0: "", 1: "", 2: ""}
        before = {side: len(keys.text(seat.text(log), prefix))
                  for side, (log, prefix) in logs.items()}
        for number, side in enumerate((1, 2, 0, 2, 1, 0) * max(1, ROUNDS // 10)):
            count = seat.count(f"^side {side} chord")
            if side == 0:
                desktop.chord()
            else:
                desktop.chord("meta_l", f"f{side}")
            seat.wait_said(f"^side {side} chord", count + 1)
            letter = KEYS[number % len(KEYS)]
            desktop.type(letter)
            typed[side] += letter
            log, prefix = logs[side]
            seat.settle(lambda: keys.text(seat.text(log), prefix).endswith(letter))
        for side, (log, prefix) in logs.items():
            heard = keys.text(seat.text(log), prefix)[before[side]:]
            expect_equal(heard, typed[side], f"what side {side} heard")
        seat.expect_nothing_held("two guests")
        down = [code for code, value in
                dict(keys.events(seat.text(serial(other)), "GUESTKEY")).items() if value]
        expect_equal(down, [], "down in the second guest")
        teller.say(f"two guests: {sum(map(len, typed.values()))} moves")
    finally:
        seat.end_guest(other)
        seat.start_controller()


def reports_a_second(desktop, teller, seat):
    """None lost, none out of order, from one event node to the other. The reader has the guest's
    devices for itself, as QEMU would: an emulated guest in an emulated desktop is not that quick."""
    orders, mouse = "/tmp/rate-orders", "/tmp/rate-mouse"
    try:
        desktop.run(f": > {orders}")
        desktop.spawn(f"tail -f {orders} | /lab/bin/inputrate mouse {mouse}", "/tmp/rate-sent.log")
        desktop.wait_for("^RATE mouse", "/tmp/rate-sent.log", 60)
        seat.start_controller("--guests 2", [mouse])
        desktop.spawn(f"/lab/bin/inputrate reader {' '.join(devices(2))}", "/tmp/rate-got.log")
        desktop.wait_for("^RATE ready", "/tmp/rate-got.log", 60)
        desktop.chord("meta_l", "f2")
        seat.wait_said("^side 2 chord", 1)
        for number, rate in enumerate((250, 1000)):
            reports = 20 * rate
            desktop.run(f"echo {reports} {rate} >> {orders}")
            said = desktop.wait_for("^RATE got", "/tmp/rate-got.log", 240, times=number + 1)
            sent = desktop.run("tail -n 1 /tmp/rate-sent.log").out.strip()
            teller.say(f"{rate} a second: {sent}; {said.splitlines()[-1]}")
            found = re.findall(r"got (\d+) wrong (\d+)", said)[-1]
            expect_equal(found, (str(reports), "0"), f"reports at {rate} a second, and wrong ones")
        desktop.chord()
        seat.wait_said("^side 0 chord", 1)
    finally:
        desktop.run(f"pkill -f [r]ate-orders; pkill inputrate; rm -f {mouse} {orders}", check=False)
        seat.start_controller()


ACTS = (stopped, killed, chord_with_guest_stopped, unplugged, held_both_ways, guest_stands_still,
        controller_killed, restarted, grabbed_by_another, two_guests, reports_a_second)


def tell(desktop, teller):
    named = os.environ.get("HOTSEAT_LAB_ACTS", "").split()
    try:
        desktop.key_pause = 0.05
        act_all(desktop, teller, [act for act in ACTS if not named or act.__name__ in named])
    finally:
        del desktop.key_pause
