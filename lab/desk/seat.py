# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay in the desktop, a guest that listens to it, and who heard which key."""

import re
import time

from . import keys
from .desktop import KEYBOARD, MOUSE, DesktopError
from .guest import Guest
from .story import expect, expect_equal

# not plugged in at first
SECOND_KEYBOARD = KEYBOARD.replace("_keyboard-", "_second-")
SECOND_MOUSE = MOUSE.replace("_mouse-", "_second-")
RELAY = "hotseat-relay@seat0"
LOG = "/tmp/seat.log"
DESKTOP_LOG = "/tmp/desktop-keys.log"
WATCHED = "^input (watched|taken) .*keyboard-event-kbd"


def serial(name):
    """What this guest has said."""
    return f"/var/log/libvirt/qemu/{name}-serial0.log"


def devices(side):
    return tuple(f"/dev/hotseat/seat0/{side}-{kind}" for kind in ("keyboard", "mouse"))


NAME = "listener"
SERIAL = serial(NAME)
DEVICES = devices(1)


def domain(name, side):
    keyboard, mouse = devices(side)
    return f"""
<domain type='qemu'>
  <name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/lab/guest/small</kernel></os>
  <features><acpi/><apic/></features>
  <devices>
    <serial type='file'><source path='{serial(name)}'/></serial>
    <controller type='usb' model='none'/>
    <input type='keyboard' bus='virtio'/><input type='mouse' bus='virtio'/>
    <input type='evdev'><source dev='{keyboard}' grab='all' grabToggle='ctrl-scrolllock'/></input>
    <input type='evdev'><source dev='{mouse}'/></input>
    <memballoon model='none'/><video><model type='none'/></video>
  </devices>
</domain>
"""


class Seat:
    """Relay, controller, guest and a listener on the desktop, from start() to stop()."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.texts = {}

    def text(self, path):
        """What is in a log inside; only what is new is fetched."""
        known = self.texts.get(path, "")
        self.texts[path] = known + self.desktop.read(path, len(known.encode()))
        return self.texts[path]

    def forget(self, path):
        """This log begins anew."""
        self.texts.pop(path, None)

    def start(self):
        # It would want the relay for itself.
        self.desktop.run("systemctl mask --runtime --now hotseatd")
        self.desktop.run("modprobe uinput && udevadm control --reload && systemctl daemon-reload && "
                         f"systemctl start {RELAY}.socket", seconds=60)
        self.start_controller()
        self.desktop.run("udevadm settle; ls -lL " + " ".join(DEVICES), seconds=60)
        self.start_guest(NAME, 1)
        self.listen()

    def start_guest(self, name, side):
        """Start a listener with the devices of a side, and wait until it listens."""
        self.forget(serial(name))
        self.desktop.run(f"cat > /tmp/{name}.xml <<'END'\n{domain(name, side)}\nEND\n"
                         f"udevadm settle; virsh define /tmp/{name}.xml && virsh start {name}",
                         seconds=120)
        self.desktop.wait_for("^GUESTKEY ready", serial(name), 120)

    def end_guest(self, name):
        self.desktop.run(f"virsh destroy {name}; virsh undefine {name}; rm -f {serial(name)}",
                         seconds=120, check=False)

    def start_controller(self, options="", inputs=()):
        """Start the controller anew; return when all is with the relay."""
        self.desktop.run("systemctl stop seat-controller; systemctl reset-failed seat-controller; "
                         f"rm -f {LOG}", check=False)
        self.forget(LOG)
        self.desktop.run("systemd-run --quiet --collect --unit=seat-controller "
                         f"-p StandardOutput=file:{LOG} -p StandardError=file:/tmp/seat-errors.log "
                         f"hotseat seat {options} {KEYBOARD} {MOUSE} {SECOND_KEYBOARD} "
                         f"{SECOND_MOUSE} {' '.join(inputs)}")
        self.wait_watched()

    def wait_watched(self, times=1):
        """Wait until the relay has said so often that it has the keyboard."""
        self.wait_said(WATCHED, times)

    def wait_said(self, words, times, seconds=60):
        """Wait until the controller's log has so many lines with these words."""
        deadline = time.monotonic() + seconds
        while self.count(words) < times:
            if time.monotonic() > deadline:
                raise DesktopError(f"{LOG} has not {times} times {words!r} after {seconds} s")
            time.sleep(0.05)

    def start_anew(self, end, what, held=()):
        """End the relay while the guest has the seat, and keys are held which are then let go;
        wait for the next one to have all. Return how many of ten keys went astray."""
        before = self.count(WATCHED)
        end()
        astray = self.expect_host_within(10, what)
        self.desktop.keys(*held, down=False)
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
        self.forget(DESKTOP_LOG)
        self.desktop.spawn("/lab/bin/keywatch -p DESKTOPKEY", DESKTOP_LOG)
        self.desktop.wait_for("^DESKTOPKEY ready", DESKTOP_LOG, 60)

    def stop(self):
        self.desktop.run(f"systemctl stop seat-controller; systemctl stop {RELAY}.socket "
                         f"{RELAY}.service; pkill keywatch", seconds=120, check=False)
        self.end_guest(NAME)
        self.desktop.run("systemctl unmask --runtime hotseatd", check=False)

    # -- who has it ----------------------------------------------------------------------------

    def side(self):
        """Which side the relay said last that the seat went to."""
        found = re.findall(r"^side (\d)", self.text(LOG), re.MULTILINE)
        return int(found[-1])

    def move(self, side):
        """By the chord, and wait until the relay says so."""
        before = self.count(rf"^side {side} chord")
        self.desktop.chord()
        self.wait_said(f"^side {side} chord", before + 1)

    def count(self, words):
        """How many lines of the controller's log have these words."""
        return len(re.findall(words, self.text(LOG), re.MULTILINE))

    def pid(self):
        return int(self.desktop.run(f"systemctl show -P MainPID {RELAY}.service").out)

    def signal_relay(self, signal):
        self.desktop.run(f"kill -{signal} $(systemctl show -P MainPID {RELAY}.service)")

    # -- who heard it --------------------------------------------------------------------------

    def mark(self):
        """Forget what was heard: later questions are about what comes after."""
        self.marks = [len(log) for log in self.logs()]

    def logs(self):
        return [self.text(DESKTOP_LOG), self.text(SERIAL)]

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

    def expect_typed(self, text, side):
        """Type and expect it on one side, and nothing on the other."""
        self.mark()
        self.desktop.type(text)
        self.settle(lambda: len(self.heard()[side]) >= len(text))
        expect_equal(self.heard(), (text, "") if side == 0 else ("", text),
                     "what desktop and guest heard")

    def settle(self, done, seconds=20):
        """An emulated computer is behind what was typed: ask until it is so, or give up."""
        deadline = time.monotonic() + seconds
        while not done() and time.monotonic() < deadline:
            time.sleep(0.05)

    def expect_nothing_held(self, what):
        self.settle(lambda: self.held() == [[], []])
        expect_equal(self.held(), [[], []], f"{what}: down on the desktop, in the guest")

    def expect_nothing_held_on_desktop(self, what):
        self.settle(lambda: self.held()[0] == [])
        expect_equal(self.held()[0], [], f"{what}: down on the desktop")

    def expect_host_within(self, count, what):
        """Type until the desktop hears it, so many keys at most, and one more that it must hear.
        Return how many went astray."""
        self.mark()
        for astray, letter in enumerate("qwertyuiop"[:count]):
            self.desktop.type(letter)
            self.settle(lambda: self.heard()[0], 0.5)
            if self.heard()[0]:
                break
        self.desktop.type("n")
        self.settle(lambda: self.heard()[0].endswith("n"))
        desktop, guest = self.heard()
        expect(desktop.endswith("n"), f"{what}: the desktop heard {desktop!r}, the guest {guest!r}")
        return astray if len(desktop) > 1 else count


class Desk(Seat):
    """The seat with a guest of hotseat's own, looked after by hotseatd."""

    def __init__(self, desktop, name):
        super().__init__(desktop)
        self.guest = Guest(desktop, name)

    def logs(self):
        return [self.text(DESKTOP_LOG), self.text(self.guest.serial)]


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
