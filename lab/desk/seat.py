# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay in the desktop, a guest that listens to it, and who heard which key."""

import re

from . import keys
from .desktop import KEYBOARD, MOUSE
from .story import expect, expect_equal

# not plugged in at first
SECOND_KEYBOARD = KEYBOARD.replace("_keyboard-", "_second-")
RELAY = "hotseat-relay@seat0"
LOG = "/tmp/seat.log"
DESKTOP_LOG = "/tmp/desktop-keys.log"
WATCHED = "^input (watched|taken) .*keyboard-event-kbd"
SERIAL = "/var/log/libvirt/qemu/listener-serial0.log"
DEVICES = ("/dev/hotseat/seat0/1-keyboard", "/dev/hotseat/seat0/1-mouse")

DOMAIN = f"""
<domain type='qemu'>
  <name>listener</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/lab/guest/small</kernel></os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='file'><source path='{SERIAL}'/></serial>
    <controller type='usb' model='none'/>
    <input type='keyboard' bus='virtio'/><input type='mouse' bus='virtio'/>
    <input type='evdev'><source dev='{DEVICES[0]}' grab='all' grabToggle='ctrl-scrolllock'/></input>
    <input type='evdev'><source dev='{DEVICES[1]}'/></input>
    <memballoon model='none'/><video><model type='none'/></video>
  </devices>
</domain>
"""


class Seat:
    """Relay, controller, guest and a listener on the desktop, from start() to stop()."""

    def __init__(self, desktop):
        self.desktop = desktop

    def start(self):
        # It would want the relay for itself.
        self.desktop.run("systemctl mask --runtime --now hotseatd")
        self.desktop.run("modprobe uinput && udevadm control --reload && systemctl daemon-reload && "
                         f"systemctl start {RELAY}.socket", seconds=60)
        self.start_controller()
        self.desktop.run("udevadm settle; ls -lL " + " ".join(DEVICES), seconds=60)
        self.desktop.run(f"cat > /tmp/listener.xml <<'END'\n{DOMAIN}\nEND\n"
                         "virsh define /tmp/listener.xml && virsh start listener", seconds=120)
        self.desktop.wait_for("^GUESTKEY ready", SERIAL, 120)
        self.listen()

    def start_controller(self):
        """Start the controller anew; return when all is with the relay."""
        self.desktop.run("systemctl stop seat-controller; systemctl reset-failed seat-controller; "
                         f"rm -f {LOG}", check=False)
        self.desktop.run("systemd-run --quiet --collect --unit=seat-controller "
                         f"-p StandardOutput=file:{LOG} -p StandardError=file:/tmp/seat-errors.log "
                         f"hotseat seat {KEYBOARD} {MOUSE} {SECOND_KEYBOARD}")
        self.wait_watched()

    def wait_watched(self, times=1):
        """Wait until the relay has said so often that it has the keyboard."""
        self.desktop.wait_for(WATCHED, LOG, 60, times=times)

    def start_anew(self, end, teller, what):
        """End the relay while the guest has the seat; wait for the next one to have all."""
        before = self.count(WATCHED)
        end()
        astray = self.expect_host_within(10, what)
        teller.say(f"{what}: {astray} of 10 keys went astray")
        self.expect_nothing_held_on_desktop(what)
        self.wait_watched(before + 1)
        return astray

    def last_words(self):
        return self.desktop.run(f"tail -n 30 {LOG} /tmp/seat-errors.log {DESKTOP_LOG} {SERIAL}; "
                                f"journalctl --no-pager -n 30 -u {RELAY}.service; "
                                "ls -l /dev/hotseat/*", check=False).out

    def listen(self):
        """Hear what the desktop hears, from now on; devices that come later are not heard."""
        self.desktop.run("pkill keywatch", check=False)
        self.desktop.spawn("/lab/bin/keywatch -p DESKTOPKEY", DESKTOP_LOG)
        self.desktop.wait_for("^DESKTOPKEY ready", DESKTOP_LOG, 60)

    def stop(self):
        self.desktop.run(f"systemctl stop seat-controller; systemctl stop {RELAY}.socket "
                         f"{RELAY}.service; pkill keywatch; virsh destroy listener; "
                         f"virsh undefine listener; rm -f {SERIAL}; "
                         "systemctl unmask --runtime hotseatd", seconds=120, check=False)

    # -- who has it ----------------------------------------------------------------------------

    def side(self):
        """Which side the relay said last that the seat went to."""
        found = re.findall(r"^side (\d)", self.desktop.run("cat " + LOG).out, re.MULTILINE)
        return int(found[-1])

    def move(self, side):
        """By the chord, and wait until the relay says so."""
        before = self.count(rf"^side {side} chord")
        self.desktop.chord()
        self.desktop.wait_for(f"^side {side} chord", LOG, 30, times=before + 1)

    def count(self, words):
        return len(re.findall(words, self.desktop.run("cat " + LOG).out, re.MULTILINE))

    def pid(self):
        return int(self.desktop.run(f"systemctl show -P MainPID {RELAY}.service").out)

    # -- who heard it --------------------------------------------------------------------------

    def mark(self):
        """Forget what was heard: later questions are about what comes after."""
        self.marks = [len(log) for log in self.logs()]

    def logs(self):
        text = self.desktop.run(f"cat {DESKTOP_LOG}; echo =====; cat {SERIAL}").out
        return text.split("=====\n", 1)

    def news(self):
        return [log[mark:] for log, mark in zip(self.logs(), self.marks)]

    def heard(self):
        """(by the desktop, by the guest): letters and digits pressed since mark()."""
        desktop, guest = self.news()
        return keys.text(desktop, "DESKTOPKEY"), keys.text(guest, "GUESTKEY")

    def held(self):
        """What is down on either side, by what the listeners heard since the beginning."""
        down = []
        for log, prefix in zip(self.logs(), ("DESKTOPKEY", "GUESTKEY")):
            state = {}
            for code, value in keys.events(log, prefix):
                state[code] = value
            down.append(sorted(code for code, value in state.items() if value))
        return down

    def wait_heard(self, prefix, log, letter):
        self.desktop.wait_for(f"^{prefix} {keys.CODES[letter]} 0", log, 30)

    def expect_typed(self, text, side):
        """Type and expect it on one side, and nothing on the other."""
        self.mark()
        self.desktop.type(text)
        self.settle(lambda: len(self.heard()[side]) >= len(text))
        expect_equal(self.heard(), (text, "") if side == 0 else ("", text),
                     "what desktop and guest heard")

    def settle(self, done, tries=20):
        """An emulated computer is behind what was typed: ask until it is so, or give up."""
        for _ in range(tries):
            if done():
                return
            self.desktop.run("sleep 0.3")

    def expect_nothing_held(self, what):
        self.settle(lambda: self.held() == [[], []])
        expect_equal(self.held(), [[], []], f"{what}: down on the desktop, in the guest")

    def expect_nothing_held_on_desktop(self, what):
        self.settle(lambda: self.held()[0] == [])
        expect_equal(self.held()[0], [], f"{what}: down on the desktop")

    def expect_host_within(self, count, what):
        """Type so many keys: the next one is the desktop's. Return how many went astray."""
        self.mark()
        typed = "qwertyuiop"[:count]
        self.desktop.type(typed)
        self.desktop.type("n")
        self.settle(lambda: self.heard()[0].endswith("n"))
        desktop, guest = self.heard()
        expect(desktop.endswith("n"), f"{what}: the desktop heard {desktop!r}, the guest {guest!r}")
        return count + 1 - len(desktop)


def act_all(desktop, teller, acts):
    """Set up a seat, let each act play on it (a function of desktop, teller, seat), clear up."""
    seat = Seat(desktop)
    try:
        with teller.phase("relay, controller, guest"):
            seat.start()
        for act in acts:
            with teller.phase(act.__name__.replace("_", " ")):
                act(desktop, teller, seat)
    except Exception:
        teller.say(seat.last_words())
        raise
    finally:
        seat.stop()
