# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a compositor that has the card open is named, and after setup leaves the card alone.

Sway, started by a user who logs in, opens every card it finds. check and up name it; after
"setup --keep-free" and a new login it has the desktop's card alone, and up works beside it. Undo
takes that back: the next login has the card again.
"""

import re

from desk.desktop import BOOT_DISPLAY, CARD, SHARED_CARD
from desk.guest import Guest, expect_lent, expect_refused
from desk.login import log_in, log_out, wait_for_sound
from desk.session import ENVIRONMENT
from desk.setup import SOURCES
from desk.story import expect, expect_equal, expect_same

FRESH = True
LIMIT = 1800
LONG = True

LOG = "/tmp/sway.log"
# As people do who have no display manager. There is no GPU here that could draw: pixman would leave
# all cards but the first alone, and llvmpipe is a compiler, in an emulated machine.
PROFILE = f"""cat > ~/.bash_profile <<'END'
[ "$(tty)" = /dev/tty1 ] &&
    GALLIUM_DRIVER=softpipe WLR_RENDERER=gles2 WLR_RENDERER_ALLOW_SOFTWARE=1 \
        exec sway -d > {LOG} 2>&1
END
mkdir -p ~/.config/sway
echo 'xwayland disable' > ~/.config/sway/config"""
# Which cards a process has open, by their addresses.
OPEN = """for node in $(find /proc/%d/fd -lname '/dev/dri/*' -printf '%%l\\n' | sort -u); do
    basename $(readlink -f /sys/class/drm/$(basename $node)/device)
done"""
TWIN = f"/sys/bus/pci/devices/{SHARED_CARD}/driver/unbind"


def start(desktop, teller):
    """Log in; return the session, and which cards the compositor has."""
    desktop.run(f"rm -f {LOG}")
    session = log_in(desktop)
    # In its log when it has all the outputs that it found.
    desktop.wait_for("Running compositor on wayland display", LOG, 300)
    pid = int(desktop.run("pgrep -x sway").out)
    has = desktop.run(OPEN % pid).out.split()
    teller.say(f"    sway ({pid}) has {', '.join(has)}")
    return session, pid, has


def is_named(desktop, teller, pid):
    """Before anything is touched, with the way out."""
    said = " ".join(desktop.run("hotseat check", check=False).out.split())
    expect(f"sway ({pid}) has it open" in said, f"check does not name sway: {said}")
    expect("hotseat setup --keep-free 0000:01:00.0" in said, f"check does not say how: {said}")
    said = desktop.run("hotseat devices").out
    expect(f"open in: sway ({pid})" in said, f"devices does not name sway: {said}")
    expect_refused(desktop, teller, "hotseat up screen", 1,
                   rf"sway \(pid {pid}\) has /dev/dri/card", f"hotseat setup --keep-free {CARD[0]}")


def keep_free(desktop, teller):
    """The item of setup; a card of the very same kind is refused, and has no driver from then on."""
    expect_refused(desktop, teller, "hotseat setup --yes --keep-free 01:00.0", 1, "same kind")
    desktop.run(f"echo {SHARED_CARD} > {TWIN}")
    result = desktop.run("hotseat setup --yes --keep-free 01:00.0", seconds=300)
    teller.say(result.out)
    for words in ("mutter-device-ignore", "WLR_DRM_DEVICES"):
        expect(words in result.out, f"the diff has no {words}")
    expect("loginctl terminate-user" in result.out, "nobody says that all sessions must end")
    tags = desktop.run("udevadm settle; for card in /sys/class/drm/card?; do "
                       "udevadm info -q property $card | grep -E '^(DEVPATH|TAGS|DEVLINKS)='; "
                       "done").out
    teller.say(tags)
    cards = dict(re.findall(r"/(0000:[^/]*)/drm/.*\n((?:(?:TAGS|DEVLINKS)=.*\n)*)", tags))
    expect("mutter-device-ignore" in cards[CARD[0]], "the card has no tag of mutter's")
    expect("/dev/dri/hotseat-host0" in cards[BOOT_DISPLAY], "the host's card has no name")


def leave(desktop, session):
    """Log out, and wait for the user's service manager, which stays for a while: one that is still
    there at the next login has read environment.d before."""
    log_out(desktop, session)
    desktop.run("timeout 120 sh -c 'while loginctl show-user gamer; do sleep 0.5; done' "
                "> /dev/null 2>&1",
                seconds=130)


def is_told(desktop, teller):
    """What a compositor that the user's service manager starts would have, as Plasma's KWin."""
    said = desktop.run(ENVIRONMENT + "systemctl --user show-environment | grep DRM_DEVICES",
                       user="gamer", check=False).out
    teller.say(f"    the user's services have {said.strip() or 'no list'}")
    expect_equal(said, "WLR_DRM_DEVICES=/dev/dri/hotseat-host0\n", "the user's services have")


def works_beside(desktop, teller, guest):
    """up and down, with the compositor running all the time."""
    wait_for_sound(desktop)
    before = desktop.state()
    guest.up()
    expect_lent(desktop)
    desktop.run("pgrep -x sway")
    teller.say(desktop.run(f"hotseat down {guest.name}", seconds=120).err)
    guest.wait_gone()
    expect_same(before, desktop.state(), "the desktop is not as it was before up")
    desktop.run("pgrep -x sway")


def tell(desktop, teller):
    guest = Guest(desktop, "screen")
    guest.new()
    desktop.run(PROFILE, user="gamer")
    first = desktop.run(SOURCES).out
    with teller.phase("a compositor has every card"):
        session, pid, has = start(desktop, teller)
        expect(CARD[0] in has and BOOT_DISPLAY in has, f"sway opened only {has}")
        is_named(desktop, teller, pid)
    with teller.phase("setup --keep-free"):
        keep_free(desktop, teller)
        leave(desktop, session)
    with teller.phase("after a new login"):
        session, pid, has = start(desktop, teller)
        expect_equal(has, [BOOT_DISPLAY], "the cards that sway has")
        said = " ".join(desktop.run("hotseat check", check=False).out.split())
        expect(f"sway ({pid})" not in said, f"check still names sway: {said}")
        is_told(desktop, teller)
        teller.say(desktop.run("hotseat check | grep -B4 'has it open' || true").out)
        works_beside(desktop, teller, guest)
        leave(desktop, session)
    with teller.phase("setup --undo"):
        desktop.run("hotseat setup --undo", seconds=300)
        expect_same(first, desktop.run(SOURCES).out, "files after undo")
        session, pid, has = start(desktop, teller)
        expect(CARD[0] in has, f"sway opened only {has}")
        log_out(desktop, session)
