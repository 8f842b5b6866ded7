# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a Linux guest has the seat's keyboard, and its mouse passed through, and sees no click
that nobody made: what is repeated for Windows would be one there.

That a guest drives its virtio mouse is seen on the small one, which starts at once; then a Linux
takes its place, emulated in what is emulated.
"""

from desk import keys
from desk.desktop import DesktopError
from desk.guest import AT_SEAT, QUICK_LINUX
from desk.login import log_in, wait_for_sound
from desk.seat import DESKTOP_LOG, Desk
from desk.story import expect_equal, expect_same

FRESH = True
LIMIT = 3600
LONG = True
NAME = "tux"
READY = 1800
LEFT, RIGHT = 272, 273
LINUX = f"""virsh dumpxml --inactive {NAME} | sed 's|<kernel>.*|<kernel>/lab/guest/vmlinuz</kernel>\\
    <initrd>/lab/guest/initrd</initrd><cmdline>{QUICK_LINUX}</cmdline>|' > /tmp/{NAME}.xml
    virsh define /tmp/{NAME}.xml"""
STOP = f"pkill -STOP -f guest=[{NAME[0]}]{NAME[1:]},"
CONTINUE = f"pkill -CONT -f guest=[{NAME[0]}]{NAME[1:]},"


class Tux(Desk):
    def start(self, teller):
        self.forget(self.guest.serial)
        teller.say(self.desktop.run(f"hotseat up {NAME} 2>&1", seconds=300).out)
        said = self.guest.wait_ready(READY)
        teller.say("\n".join(line for line in said.splitlines() if "device" in line or
                             "GUEST up" in line))

    def end(self):
        self.desktop.run(f"hotseat down {NAME}", seconds=600)
        self.guest.wait_gone(300)

    def click(self, button="left", times=1):
        for _ in range(times):
            for down in (True, False):
                self.desktop.monitor.call("input-send-event", events=[
                    {"type": "btn", "data": {"button": button, "down": down}}])
                self.settle(lambda: False, self.desktop.key_pause)

    def presses(self, code):
        """How often the guest saw this button go down since mark()."""
        return keys.events(self.news()[1], "GUESTKEY").count((code, 1))

    def expect_clicks(self, count):
        self.mark()
        self.click("right", count)
        self.settle(lambda: self.presses(RIGHT) >= count, 60)
        # The last repetition comes after ten seconds.
        self.settle(lambda: False, 15)
        expect_equal(self.presses(RIGHT), count, "clicks that the guest saw")


def stand_still(desktop, teller, desk):
    """More than the queues before the guest take; and all that it sees are presses of ours."""
    desk.mark()
    desktop.run(STOP)
    desk.click("left", 40)
    desktop.type("ab" * 20)
    desktop.run(CONTINUE)
    desk.settle(lambda: False, 20)
    seen = desk.presses(LEFT)
    teller.say(f"of 40 clicks the guest saw {seen}; down are {desk.held()[1]}")
    expect_equal(seen <= 40, True, "no more clicks than were made")
    desk.click("left")
    desk.expect_nothing_held("after the next click")


def tell(desktop, teller):
    desk = Tux(desktop, NAME)
    try:
        with teller.phase("a guest"):
            desktop.run("systemctl daemon-reload; udevadm control --reload")
            desk.guest.new(AT_SEAT + " --seat seat0")
            before = desktop.state()
            log_in(desktop)
            wait_for_sound(desktop)
            desk.listen()
        with teller.phase("up"):
            desk.start(teller)
        with teller.phase("set mouse=passthrough"):
            teller.say(desktop.run(f"hotseat set {NAME} mouse=passthrough").out)
            desk.end()
        with teller.phase("Linux"):
            teller.say(desktop.run(LINUX).out)
            desk.start(teller)
        with teller.phase("passed through"):
            desk.expect_typed("abc", 1)
            desk.expect_clicks(10)
            stand_still(desktop, teller, desk)
        with teller.phase("down"):
            desk.end()
            desk.expect_typed("end", 0)
            expect_same(before, desktop.state(), "the desktop is not as before")
    except Exception:
        try:
            teller.say(desktop.run("journalctl -b -n 60 --no-pager -u hotseatd "
                                   "-u hotseat-relay@seat0.service; "
                                   f"tail -n 30 {DESKTOP_LOG} {desk.guest.serial} "
                                   f"/var/log/libvirt/qemu/{NAME}.log",
                                   check=False).out)
        except DesktopError as error:
            teller.say(str(error))
        raise
    finally:
        desk.guest.forget()
        desktop.run("loginctl terminate-user gamer; pkill keywatch", check=False)
