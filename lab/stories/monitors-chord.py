# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: the monitor goes where the chord goes, or it is said that it does not; the keys never
wait for it. One that DDC/CI cannot move is moved by the user's own command.
"""

import re

from desk.desktop import SHARED_CARD
from desk.guest import AT_SEAT
from desk.seat import DESKTOP_LOG, Desk
from desk.session import Session
from desk.story import Failed, expect, expect_equal, load

FRESH = True
LIMIT = 1800
LONG = True
MODULES = ("monitors",)
NAME = "shown"

monitors = load("monitors")
CABLES = (f"1:0f:{SHARED_CARD}", f"3:0f:{SHARED_CARD}")
SETTINGS = f"[monitor Lab Two]\nhost=dp1\n{NAME}=hdmi1\n"
# Refused, and why; nothing is written then.
SLIPS = (("monitors=two:dp1", "shows dp1 for the host already"),
         ("monitors=two:vga9", "no input"),
         ("monitors=nine:hdmi1", "no monitor"),
         ("monitors=two", "MONITOR:INPUT"),
         ("chord=leftctrl+rightctrl", "chords"),
         ("chord=alt-alt", "no key"))
BY_COMMAND = monitors.FOLDER + "/monitor3/input"
COMMANDS = f"""[commands]
{NAME}=sudo sh -c 'echo 11 > {BY_COMMAND}'
host=sudo sh -c 'echo 0f > {BY_COMMAND}'
"""
# What ails it; what it shows then; what hotseatd says, if it does not come.
VICES = (
    ("", "11", None),
    ("slow_switch=1500", "11", None),
    ("slow_answer=70", "11", None),
    ("drops=3", "11", None),
    ("away_after=1500", "11", None),
    ("inactive=1", "11", None),
    ("ignores=1", "0f", "still shows dp1"),
    # it is looked for again, which on a slow machine takes all the time there is
    ("away=1", "0f", "no monitor|no answer"),
)


def settle_monitors(desktop, teller):
    """By command, while hotseatd runs: it takes them from the file as it changes."""
    for words, why in SLIPS:
        result = desktop.run(f"hotseat set {NAME} {words}", check=False, seconds=90)
        teller.say(result.err.strip())
        expect(result.status in (1, 2) and why in result.err, f"{words}: {result.status}")
    expect_equal(desktop.run("cat /etc/hotseat/seat0.conf", check=False).out, "", "after slips")
    teller.say(desktop.run(f"""systemctl is-active hotseatd
        hotseat set {NAME} chord=leftmeta+f5 monitors=two:hdmi1 --dry-run
        hotseat set {NAME} chord=leftmeta+f5 monitors=two:hdmi1
        hotseat set {NAME} chord=none monitors=two:hdmi1/dp1""", seconds=300).out)
    expect_equal(desktop.run("cat /etc/hotseat/seat0.conf").out.strip(), SETTINGS.strip(),
                 "the seat's file")


class Shown(Desk):
    def complaints(self):
        return self.desktop.run("journalctl -b -o cat --no-pager -u hotseatd | "
                                "grep 'the monitor .* stays' || :").out.splitlines()


def try_vice(desktop, teller, desk, vice, shows, words):
    """To the guest with the vice, and back without."""
    monitor = monitors.Monitor(desktop, 1)
    monitor.good()
    if vice:
        monitor.set(**dict([vice.split("=")]))
    before = len(desk.complaints())
    desktop.chord()
    desk.expect_typed("ab", 1)
    if words is None:
        desk.settle(lambda: monitor.shows() == shows, 30)
    else:
        desk.settle(lambda: len(desk.complaints()) > before, 30)
    said = desk.complaints()[before:]
    teller.say(f"{vice or 'no vice'}: shows {monitor.shows()}; " + (" ".join(said) or "not a word"))
    expect_equal(monitor.shows(), shows, f"{vice}: what the monitor shows")
    if words is not None:
        expect(any(re.search(words, line) for line in said), f"{vice}: {words!r} is not said: {said}")
    if vice:
        monitor.set(**{vice.split("=")[0]: 0})
    desktop.chord()
    desk.expect_typed("cd", 0)
    desk.settle(lambda: monitor.shows() == "0f", 30)
    expect_equal(monitor.shows(), "0f", f"{vice}: what the monitor shows for the host")


def by_command(desktop, desk):
    """The LG answers nothing standard; the user knows how."""
    monitor = monitors.Monitor(desktop, 3)
    monitor.set(vendor=1)
    for side, shows in ((1, "11"), (0, "0f")):
        desktop.chord()
        desk.expect_typed("ef", side)
        desk.settle(lambda shows=shows: monitor.shows() == shows, 30)
        expect_equal(monitor.shows(), shows, f"what the LG shows for side {side}")
    expect_equal(monitor.received(), [], "what the LG was sent")


def set_up(desktop, session, desk):
    desktop.run(f"""systemctl daemon-reload; udevadm control --reload
        modprobe i2c-dev
        insmod /lab/modules/monitors.ko cables={','.join(CABLES)}
        udevadm settle""")
    desk.guest.new(AT_SEAT + " --seat seat0")
    session.write("~/.config/hotseat/helper.conf", COMMANDS)
    session.log_in()
    session.wait_until("systemctl --user is-active hotseat-helper > /dev/null")
    desk.listen()


def tell(desktop, teller):
    desk = Shown(desktop, NAME)
    session = Session(desktop)
    wrong = []
    try:
        with teller.phase("monitors, a user, a guest"):
            set_up(desktop, session, desk)
            settle_monitors(desktop, teller)
            desktop.run(f"hotseat up {NAME}", seconds=300)
            desk.guest.wait_ready()
            desk.expect_typed("up", 1)
            desktop.run("hotseat swap host")
        for vice, shows, words in VICES:
            with teller.phase(vice or "no vice"):
                try:
                    try_vice(desktop, teller, desk, vice, shows, words)
                except Failed as error:
                    wrong.append(str(error))
                    desktop.run("hotseat swap host")
        with teller.phase("the user's command"):
            by_command(desktop, desk)
        with teller.phase("down"):
            desktop.run(f"hotseat down {NAME}", seconds=150)
            desk.guest.wait_gone()
    except Exception:
        teller.say(desktop.run("journalctl -b -n 60 --no-pager -u hotseatd; hotseat monitor list; "
                               f"tail -n 20 {DESKTOP_LOG} {desk.guest.serial}", check=False,
                               seconds=90).out)
        raise
    finally:
        desk.guest.forget()
        session.log_out()
        desktop.run("pkill keywatch", check=False)
    expect(not wrong, "\n".join(wrong))
