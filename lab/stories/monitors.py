# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a monitor shows what it is told, or we say that it does not, whatever its vices.

libddcutil in earnest, over the kernel's i2c-dev, against lab/modules/monitors. Monitor 0 hangs on
two cards, as it does on a seat with a guest; monitor 3 is an LG.
"""

import json
import re

from desk.desktop import BOOT_DISPLAY, CARD, SHARED_CARD
from desk.story import Failed, expect, expect_equal

FRESH = False
LIMIT = 1200
LONG = True
MODULES = ("monitors",)

CABLES = (f"0:0f:{BOOT_DISPLAY}", f"0:11:{CARD[0]}", f"1:0f:{SHARED_CARD}", f"3:0f:{SHARED_CARD}")
FOLDER = "/sys/devices/monitors"
LEARNED = "/etc/hotseat/monitors.conf"
# Vices, and what comes of "switch hdmi1": exit status, words, the input that then really shows.
VICES = (
    ("", 0, "read back", "11"),
    ("slow_switch=1500", 0, "read back", "11"),
    ("slow_answer=70", 0, "read back", "11"),
    ("drops=3", 0, "read back", "11"),
    ("away_after=1500", 0, "read back", "11"),
    ("ignores=1", 3, "still shows dp1", "0f"),
    ("lies=3", 3, "says that it shows", "11"),
    ("inactive=1", 0, "has not answered since", "11"),
    ("inactive=2", 0, "has not answered since", "11"),
    ("without_60=1", 0, "never says", "11"),
    ("away=1", 1, "no monitor", "0f"),
)


class Monitor:
    """One of the module's, seen from behind."""

    def __init__(self, desktop, number):
        self.desktop = desktop
        self.folder = f"{FOLDER}/monitor{number}"

    def set(self, **knobs):
        self.desktop.run(f"cd {self.folder}; " + "; ".join(f"echo '{value}' > {name}"
                                                           for name, value in knobs.items()))

    def shows(self):
        return self.desktop.run(f"cat {self.folder}/input").out.strip()

    def received(self):
        return self.desktop.run(f"cat {self.folder}/received").out.split()

    def good(self):
        """Without vices, at its first input, and with nothing to remember."""
        self.desktop.run(f"""cd {self.folder}
            for knob in ignores slow_switch slow_answer inactive drops away away_after lies \\
                        without_60 vendor
            do
                echo 0 > $knob
            done
            echo 0f > input; echo > received""")


def plug_in(desktop):
    desktop.run(f"""
        modprobe i2c-dev
        insmod /lab/modules/monitors.ko cables={','.join(CABLES)}
        udevadm settle""")


def unplug(desktop):
    desktop.run(f"""rmmod monitors; rmmod i2c-dev; rm -f {LEARNED}
        rmdir --ignore-fail-on-non-empty /etc/hotseat""", check=False)


def ask(desktop, teller, command, status, words, user="root"):
    """Run a command of hotseat's; show and check what it says."""
    result = desktop.run("hotseat monitor " + command, user=user, check=False, seconds=90)
    said = result.out + result.err
    teller.say(f"$ hotseat monitor {command}\n{said.rstrip()}\n[{result.status}, "
               f"{result.seconds:.1f} s]")
    expect_equal(result.status, status, f"exit status of monitor {command}")
    expect(re.search(words, " ".join(said.split())),
           f"monitor {command} does not say {words!r}:\n{said}")
    return result


def look(desktop, teller):
    ask(desktop, teller, "list", 1, "usermod -aG i2c gamer", user="gamer")
    ask(desktop, teller, "list", 0, "Lab One .* dp1 ")
    listed = json.loads(desktop.run("hotseat monitor list --json").out)
    expect_equal([one["name"] for one in listed], ["Lab One", "Lab One", "Lab Two", "Lab Four"],
                 "the monitors")
    expect_equal([one["card"] for one in listed],
                 [BOOT_DISPLAY, CARD[0], SHARED_CARD, SHARED_CARD], "the cards they hang on")
    expect_equal([one["name"] for one in listed[2]["inputs"]], ["dp1", "dp2", "hdmi1", "hdmi2"],
                 "the inputs")
    expect_equal([one["shows"] for one in listed], ["dp1"] * 4, "the inputs that show")


# libddcutil 2 remembers the capabilities of each model in a file.
FORGET = "rm -rf /root/.cache/ddcutil /.cache/ddcutil"


def refuse(desktop, teller):
    """A monitor is sent nothing that it did not list."""
    monitor = Monitor(desktop, 1)
    for command, words in (("switch 3 0x05", "no input"), ("switch 3 usbc1", "no input"),
                           ("switch nobody dp1", "no monitor"),
                           ("switch 'lab one' dp1", "More than"),
                           ("switch 9 dp1", "no monitor")):
        ask(desktop, teller, command, 1, words)
    for command, words in (("frobnicate", "list, switch and learn"), ("switch 3", "usage"),
                           ("learn 3 --seconds 0", "1 to 300")):
        ask(desktop, teller, command, 2, words)
    ask(desktop, teller, "switch 4 hdmi1-f4", 1, "learn")
    expect_equal(monitor.received() + Monitor(desktop, 3).received(), [], "what was sent")
    monitor.set(capabilities="(prot(monitor)type(LCD)model(LAB)vcp(10 12)mccs_ver(2.1))")
    desktop.run(FORGET)
    ask(desktop, teller, "switch 3 hdmi1", 1, "there is none")
    ask(desktop, teller, "list", 0, "3: lists no input")
    monitor.set(capabilities="(vcp(10 60(0F 10 11 12)))")
    desktop.run(FORGET)
    expect_equal(monitor.received(), [], "what was sent")


def try_vice(desktop, teller, monitor, vice, status, words, shows):
    monitor.good()
    if vice:
        monitor.set(**dict([vice.split("=")]))
    result = ask(desktop, teller, "switch 'lab two' hdmi1", status, words)
    expect(result.seconds < 60, f"it took {result.seconds:.0f} s")
    expect_equal(monitor.shows(), shows, f"what a monitor with {vice} shows")
    expect(set(monitor.received()) <= {"60=11"}, f"it was sent {monitor.received()}")


def vices(desktop, teller):
    monitor = Monitor(desktop, 1)
    wrong = []
    for vice, status, words, shows in VICES:
        with teller.phase(vice or "no vice"):
            try:
                try_vice(desktop, teller, monitor, vice, status, words, shows)
            except Failed as error:
                wrong.append(f"{vice}: {error}")
    monitor.good()
    expect(not wrong, "\n".join(wrong))


def other_side(desktop, teller):
    """A monitor that shows another computer and answers that one only."""
    monitor = Monitor(desktop, 1)
    monitor.set(inactive=1, input="11")
    ask(desktop, teller, "switch 'lab two' dp1", 1, "answer only while|no input")
    ask(desktop, teller, "list", 0, "3: does not answer DDC/CI")
    expect_equal(monitor.shows(), "11", "what a monitor shows that hears nothing")


def both_cables(desktop, teller):
    """As a guest's: from the host's cable to the other card's, and back by that one."""
    monitor = Monitor(desktop, 0)
    ask(desktop, teller, "switch 1 HDMI-1", 0, "read back")
    expect_equal(monitor.shows(), "11", "what it shows")
    ask(desktop, teller, "switch 2 dp1", 0, "read back")
    expect_equal(monitor.shows(), "0f", "what it shows")
    expect_equal(Monitor(desktop, 1).shows(), "0f", "what its neighbour shows")
    monitor.set(inactive=2, input="11")
    ask(desktop, teller, "list", 0, "1 .*Lab One .*bus . of " + CARD[0])


def learn(desktop, teller):
    monitor = Monitor(desktop, 1)
    ask(desktop, teller, "learn 3 hdmi1 --seconds 2", 1, "sudo", user="gamer")
    # nobody there
    ask(desktop, teller, "learn 3 hdmi1 --seconds 2 < /dev/null", 0, "Nobody confirmed")
    expect_equal(monitor.shows(), "0f", "what shows when nobody has confirmed")
    desktop.run(f"test ! -e {LEARNED}")
    # interrupted while the other input shows
    desktop.spawn("sleep 100 | hotseat monitor learn 3 hdmi1 --seconds 90", "/tmp/learn.log")
    desktop.run(f"timeout 150 sh -c 'until grep -q 11 {monitor.folder}/input; do sleep 0.2; done'; "
                "pkill -INT hotseat", seconds=160)
    desktop.run(f"timeout 150 sh -c 'until grep -q 0f {monitor.folder}/input; do sleep 0.2; done'",
                seconds=160)
    desktop.run("pkill -x sleep", check=False)
    # with the user's word, and a monitor that says something else than it does
    monitor.set(lies=3)
    ask(desktop, teller, "learn 3 hdmi1 --from dp1 < <(yes '')", 0, "there and back.*Remembered")
    teller.say(desktop.run(f"cat {LEARNED}").out)
    ask(desktop, teller, "switch 3 hdmi1", 0, "read back")
    expect_equal(monitor.shows(), "11", "what shows after learning")
    ask(desktop, teller, "switch 3 dp1", 0, "read back")
    expect_equal(monitor.shows(), "0f", "what shows after learning")


def maker(desktop, teller):
    """LG's own command, from its own source address."""
    monitor = Monitor(desktop, 3)
    monitor.set(vendor=1)
    ask(desktop, teller, "switch 4 hdmi1", 3, "still shows")
    ask(desktop, teller, "learn 4 hdmi1-f4 < <(yes '')", 0, "Learned: hdmi1, there and back")
    ask(desktop, teller, "switch 4 hdmi1", 0, "read back")
    expect_equal(monitor.shows(), "11", "what an LG shows")
    ask(desktop, teller, "switch 4 dp1", 0, "read back")
    expect_equal(monitor.shows(), "0f", "what an LG shows")


def tell(desktop, teller):
    ask(desktop, teller, "list", 1, "modprobe i2c-dev")
    wrong = []
    try:
        with teller.phase("plug in"):
            plug_in(desktop)
        for act in (look, refuse, vices, other_side, both_cables, learn, maker):
            with teller.phase(act.__name__.replace("_", " ")):
                try:
                    act(desktop, teller)
                except Failed as error:
                    wrong.append(f"{act.__name__}: {error}")
                for number in (0, 1, 3):
                    Monitor(desktop, number).good()
    finally:
        unplug(desktop)
    expect(not wrong, "\n".join(wrong))
