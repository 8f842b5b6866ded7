# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: one chord moves keyboard and mouse, nothing is ever held down, and whatever dies, the
host has the keyboard."""

from desk.desktop import KEYBOARD, MOUSE
from desk.seat import DEVICES, LOG, act_all
from desk.story import expect, expect_equal

FRESH = False
LIMIT = 600


def look(desktop, teller, seat):
    """What the relay is, and who can see its devices."""
    status = desktop.run(f"grep -E 'VmRSS|VmHWM|VmLck|Seccomp:' /proc/{seat.pid()}/status").out
    teller.say(status.rstrip())
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    expect(peak < 3072, f"the relay uses {peak} KiB")
    listed = desktop.run("hotseat input list").out
    for path in (KEYBOARD, MOUSE):
        expect(path in listed, f"input list does not show {path}:\n{listed}")
    for device in DEVICES:
        # TAGS keeps what a device ever had; what counts is CURRENT_TAGS
        properties = desktop.run(f"udevadm info --query=property {device} | grep -v ^TAGS=; "
                                 f"stat -L -c %A:%U {device}").out
        for word in ("ID_INPUT_KEYBOARD=1", "ID_INPUT_MOUSE=1", "ID_INPUT=1", ":uaccess:", ":seat:",
                     ":power-switch:"):
            expect(word not in properties, f"{device} has {word}\n{properties}")
        expect("crw-------:" in properties, properties)


def no_wakeups(desktop, teller, seat):
    """While the host has the seat, motion and typing cost the relay not one system call."""
    trace = "/tmp/relay-calls"
    desktop.spawn(f"strace -f -qq -e trace=read,write -p {seat.pid()} -o {trace} & echo traced; "
                  "wait", "/tmp/strace.log")
    desktop.run("sleep 2")
    for number in range(50):
        desktop.monitor.call("input-send-event", events=[
            {"type": "rel", "data": {"axis": "x", "value": 3 + number % 5}}])
    desktop.type("abc")
    desktop.run("sleep 1")
    calls = desktop.run(f"cat {trace}").out
    expect_equal(calls, "", "what the relay did while the host had the seat")
    # and the trace would have shown it
    desktop.keys("ctrl", down=True)
    desktop.keys("ctrl", down=False)
    calls = desktop.run(f"sleep 1; pkill -x strace; cat {trace}").out
    expect("read(" in calls, f"a key of the chord did not wake the relay: {calls!r}")


def both_sides(desktop, teller, seat):
    seat.expect_typed("abc", 0)
    seat.move(1)
    seat.expect_typed("xyz", 1)
    seat.move(0)
    seat.expect_typed("now", 0)


def held_both_ways(desktop, teller, seat):
    desktop.keys("w", down=True)
    seat.move(1)
    seat.expect_nothing_held("taken with a key down")
    desktop.keys("w", down=False)
    desktop.keys("s", down=True)
    seat.move(0)
    seat.expect_nothing_held("given back with a key down")
    desktop.keys("s", down=False)
    seat.expect_typed("d", 0)


def relay_killed(desktop, teller, seat):
    seat.move(1)
    astray = seat.start_anew(lambda: seat.signal_relay("KILL"), "relay killed")
    teller.say(f"{astray} of 10 keys went astray")
    seat.move(1)
    seat.expect_typed("again", 1)


def relay_stopped(desktop, teller, seat):
    before = seat.pid()
    astray = seat.start_anew(lambda: seat.signal_relay("STOP"), "relay stopped")
    teller.say(f"{astray} of 10 keys went astray")
    expect(seat.pid() != before, "the watchdog did not end the stopped relay")


def controller_killed(desktop, teller, seat):
    seat.move(1)
    desktop.run("systemctl kill --signal=KILL seat-controller")
    seat.expect_typed("one", 1)
    desktop.chord()
    desktop.run("sleep 1")
    seat.expect_typed("two", 0)
    seat.start_controller()
    seat.move(1)
    seat.expect_typed("three", 1)


def guest_killed(desktop, teller, seat):
    """The first key that nobody reads any more is the last."""
    desktop.run("virsh destroy listener", seconds=60)
    seat.expect_host_within(2, "guest killed")
    expect("side 0 sink-lost" in seat.text(LOG), "the relay did not notice")


ACTS = (look, both_sides, held_both_ways, relay_killed, relay_stopped, controller_killed,
        guest_killed, no_wakeups)


def tell(desktop, teller):
    act_all(desktop, teller, ACTS)
