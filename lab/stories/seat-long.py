# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: what the story "seat" sees once, a hundred times of a hundred: keyboards pulled
out with keys down, relay or controller killed, the relay stopped, a guest that stands still.

HOTSEAT_LAB_ROUNDS makes it fewer.
"""

import os
import random

from desk.seat import LOG, act_all

FRESH = False
LONG = True
LIMIT = 7200

ROUNDS = int(os.environ.get("HOTSEAT_LAB_ROUNDS", "100"))
KEYS = "abcdefghijklmnopqrstuvwxyz"


def relay_ended(desktop, teller, seat, name, signal):
    """The host has the keyboard before the next ten keys."""
    lost = []
    for _ in range(ROUNDS):
        seat.move(1)
        lost.append(seat.start_anew(lambda: desktop.run(f"kill -{signal} {seat.pid()}"), teller, name))
    teller.say(f"{name}: {len(lost)} of {ROUNDS}; at most {max(lost)} of ten keys went astray")


def killed(desktop, teller, seat):
    relay_ended(desktop, teller, seat, "relay killed", "KILL")


def stopped(desktop, teller, seat):
    relay_ended(desktop, teller, seat, "relay stopped", "STOP")


def controller_killed(desktop, teller, seat):
    for _ in range(ROUNDS):
        seat.move(1)
        desktop.run("systemctl kill --signal=KILL seat-controller")
        desktop.chord()
        seat.expect_host_within(10, "controller killed")
        seat.start_controller()
    teller.say(f"controller killed: {ROUNDS} of {ROUNDS}")


def guest_stands_still(desktop, teller, seat):
    """Its QEMU is stopped for two seconds while somebody types: afterwards nothing is held."""
    for number in range(ROUNDS):
        seat.move(1)
        desktop.run("pkill -STOP -f guest=listener; (sleep 2; pkill -CONT -f guest=listener) "
                    "> /dev/null 2>&1 &")
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
        desktop.run("pkill -STOP -f guest=listener")
        desktop.chord()
        seat.expect_host_within(10, "guest stopped")
        desktop.run("pkill -CONT -f guest=listener")
        seat.expect_nothing_held("chord with the guest stopped")
    teller.say(f"chord with the guest stopped: {ROUNDS} of {ROUNDS}")


def unplugged(desktop, teller, seat):
    """A second keyboard, which gets the keys as soon as it is there, is pulled out with keys down
    while the guest has the seat."""
    seat.move(1)
    for number in range(ROUNDS):
        desktop.monitor.call("device_add", driver="usb-kbd", id="second", serial="second")
        desktop.wait_for("^input taken .*second", LOG, 60, times=number + 1)
        letters = random.sample(KEYS, k=4)
        desktop.type(letters[:2])
        desktop.keys(*letters, down=True)
        desktop.monitor.call("device_del", id="second")
        desktop.wait_for("^input gone .*second", LOG, 60, times=number + 1)
        desktop.keys(*letters, down=False)
        seat.expect_nothing_held("unplugged")
        seat.expect_typed("on", 1)
    seat.move(0)
    teller.say(f"unplugged: {ROUNDS} of {ROUNDS}")


ACTS = (unplugged, killed, stopped, controller_killed, chord_with_guest_stopped,
        guest_stands_still)


def tell(desktop, teller):
    act_all(desktop, teller, ACTS)
