# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a guest belongs to the session of whoever sits there. What it plays is heard in that
user's PipeWire, though QEMU is a user of its own; while it has the seat the screen saver waits, and
the user's own command runs as the user.
"""

from desk import tone
from desk.guest import SMALL, Guest
from desk.session import Session
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 1200

NAME = "loud"
RATE = 16000
PLAYED = 440        # by lab/guest/small.c
SECONDS = 2         # of tone, at the least
# The card takes its own outputs along; this is a headset, as far as PipeWire knows.
HEADSET = ("pw-cli create-node adapter '{ factory.name=support.null-audio-sink "
           "node.name=headset media.class=Audio/Sink object.linger=true "
           "audio.position=[FL FR] }'")
RECORDED = "/tmp/tone.raw"
RECORD = (f"rm -f {RECORDED}; timeout 600 pw-record -P '{{ stream.capture.sink=true }}' "
          f"--target headset --rate {RATE} --channels 1 --format s16 {RECORDED} & recorder=$!; "
          "for try in $(seq 480); do sleep 0.5; "
          f"[ $(stat -c %%s {RECORDED} 2> /dev/null || echo 0) -ge %d ] && break; done; "
          "kill $recorder; wait $recorder; :")

BUS_LOG = "/tmp/sessionbus.log"
RAN = "/tmp/commands-ran"
# The second one fails, which the user is told.
COMMANDS = f"""[commands]
{NAME}=sh -c 'echo $HOTSEAT_SEAT $HOTSEAT_SIDE by $(id -un) >> {RAN}'
host=sh -c 'echo $HOTSEAT_SEAT $HOTSEAT_SIDE by $(id -un) >> {RAN}; exit 3'
"""


def record(session, seconds):
    """Record until there is so much; return it."""
    session.run(RECORD % (seconds * RATE * 2), seconds=400)
    return session.read(RECORDED)


def hear(session, teller):
    """Record until enough of it is sound, which on a slow machine has holes."""
    for seconds in (4, 10, 20):
        length, frequency, part = tone.peak(record(session, seconds), RATE)
        teller.say(f"recorded {seconds} s: {length:.2f} s of sound, the peak at {frequency:.1f} Hz "
                   f"has {part:.0%} of the power")
        if length >= SECONDS:
            break
    expect(length >= SECONDS, f"only {length:.2f} s of sound in {seconds} s")
    expect(abs(frequency - PLAYED) <= PLAYED * 0.02,
           f"{PLAYED} Hz were played and {frequency:.1f} Hz heard")
    expect(part > 0.5, f"only {part:.0%} of what was heard is the tone")


def begin(desktop, session):
    desktop.run("systemctl daemon-reload; udevadm control --reload")
    session.write("~/.config/hotseat/helper.conf", COMMANDS)
    session.log_in()
    session.wait_until("systemctl --user is-active wireplumber hotseat-helper > /dev/null && "
                       "wpctl status -n | grep -q alsa_output")
    session.spawn("/lab/bin/sessionbus", BUS_LOG)
    session.run(HEADSET)
    session.wait_until("wpctl status -n | grep -q headset")


def expect_followed(desktop, session):
    """hotseat-helper did its part when the seat moved."""
    desktop.wait_for(rf"^SESSIONBUS inhibit 1 org.hotseat {NAME} has keyboard and mouse",
                     BUS_LOG, 60)
    session.wait_until(f"grep -q '^seat0 {NAME} by gamer$' {RAN}")
    desktop.run("hotseat swap host")
    said = desktop.wait_for("^SESSIONBUS uninhibit 1$", BUS_LOG, 60)
    desktop.wait_for("^SESSIONBUS notify Your command for the seat failed: .*exit status is 3",
                     BUS_LOG, 60)
    expect_equal(desktop.run("cat " + RAN).out, f"seat0 {NAME} by gamer\nseat0 host by gamer\n",
                 "commands that ran")
    desktop.run("hotseat swap " + NAME)
    return said


def tell(desktop, teller):
    session = Session(desktop)
    guest = Guest(desktop, NAME)
    try:
        with teller.phase("log in"):
            begin(desktop, session)
        with teller.phase("new and up"):
            guest.new(SMALL + " --seat seat0 --sound pipewire")
            before = desktop.state()
            guest.up(seconds=300)
            desktop.wait_for(f"^GUESTTONE {PLAYED}$", guest.serial, 60)
        with teller.phase("the tone"):
            session.wait_until("pw-link -l | grep -q headset:playback")
            hear(session, teller)
        with teller.phase("what follows the seat"):
            expect_followed(desktop, session)
        with teller.phase("down"):
            desktop.run(f"hotseat down {NAME}", seconds=300)
            guest.wait_gone()
            desktop.wait_for("^SESSIONBUS uninhibit 2$", BUS_LOG, 60)
            silence = tone.peak(record(session, 2), RATE)
            expect_equal(silence[0], 0, "seconds of sound after the guest has ended")
            expect_same(before, desktop.state(), "the desktop is not as before")
            teller.say(desktop.run(f"cat {BUS_LOG} {RAN}").out)
    except Exception:
        teller.say(desktop.run(
            "journalctl -b -n 80 --no-pager -u hotseatd -u 'hotseat-sound@*' -u user@1000; "
            f"tail -n 30 {guest.serial} /var/log/libvirt/qemu/{NAME}.log {BUS_LOG} {RAN}; "
            "hotseat status", check=False).out)
        teller.say(session.run("wpctl status -n; pw-link -l; systemctl --user --no-pager status "
                               "hotseat-helper", check=False).out)
        raise
    finally:
        guest.forget()
        session.log_out()
