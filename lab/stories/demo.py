# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole story: a card goes to a guest and comes back, keys arrive where they should."""

from desk import keys
from desk.guest import AT_SEAT, Guest, expect_lent, expect_one_slot
from desk.login import log_in, log_out
from desk.story import expect, expect_equal, expect_same
from desk.terminal import Terminal

FRESH = False
LIMIT = 600

DESKTOP_LOG = "/tmp/desktop-keys.log"
FIRST, SECOND, THIRD = "abc", "xyz", "now"


def last_code(text):
    return keys.CODES[text[-1]]


def show_new_lines(teller, log, prefix, shown):
    """Show what came since the last look; return how many lines there are."""
    lines = keys.explain(log, prefix)
    for line in lines[shown:]:
        teller.say("    " + line)
    return len(lines)


def get_ready(desktop, teller, terminal):
    teller.narrate("A desktop with three graphics cards. Can it lend one?")
    terminal.run("sudo hotseat check")
    teller.narrate("Which cards are there, and which of them stand alone in their IOMMU group?")
    terminal.run("sudo hotseat devices")
    teller.narrate("A guest for the second card. Where hardware can, this is a Windows of type "
                   "kvm; here it is a small\nkernel of type qemu, that says on its serial line "
                   "what it sees and which keys it gets.")
    terminal.run(f"sudo hotseat new win11 {AT_SEAT}")
    terminal.run("sudo hotseat list")
    # From here on everything must come back.
    return desktop.state()


def hand_over(desktop, teller, terminal, guest):
    teller.narrate("The card, keyboard and mouse go to the guest.")
    terminal.run("sudo hotseat up win11")
    terminal.run("sudo hotseat status")
    expect_lent(desktop)
    said = guest.wait_ready()
    teller.narrate("What the guest says on its serial line: both functions of the card, in one "
                   "slot.")
    for line in expect_one_slot(said):
        teller.say("    " + line)


def type_on_both_sides(desktop, teller, guest):
    desktop.spawn("/lab/bin/keywatch -p DESKTOPKEY", DESKTOP_LOG)
    desktop.wait_for("^DESKTOPKEY ready", DESKTOP_LOG, 60)

    teller.narrate(f'Somebody types "{FIRST}" on the desktop\'s keyboard. The guest says:')
    desktop.type(FIRST)
    said = desktop.wait_for(f"^GUESTKEY {last_code(FIRST)} 0", guest.serial, 60)
    shown = show_new_lines(teller, said, "GUESTKEY", 0)
    silent = desktop.run(f"cat {DESKTOP_LOG}").out
    expect_equal(keys.text(silent, "DESKTOPKEY"), "", "what the desktop heard of it")

    teller.narrate(f'Left Ctrl + right Ctrl, then "{SECOND}". The desktop hears:')
    desktop.chord()
    desktop.type(SECOND)
    here = desktop.wait_for(f"^DESKTOPKEY {last_code(SECOND)} 0", DESKTOP_LOG, 60)
    show_new_lines(teller, here, "DESKTOPKEY", 0)

    teller.narrate(f'Left Ctrl + right Ctrl again, then "{THIRD}". The guest says:')
    desktop.chord()
    desktop.type(THIRD)
    said = desktop.wait_for(f"^GUESTKEY {last_code(THIRD)} 0", guest.serial, 60)
    show_new_lines(teller, said, "GUESTKEY", shown)

    desktop.run("pkill keywatch", check=False)
    here = desktop.run(f"cat {DESKTOP_LOG}").out
    expect_equal(keys.text(said, "GUESTKEY"), FIRST + THIRD, "what the guest was typed")
    expect_equal(keys.text(here, "DESKTOPKEY"), SECOND, "what the desktop was typed")
    teller.narrate(f'The guest got "{FIRST}{THIRD}" and nothing else, the desktop "{SECOND}" and '
                   "nothing else.")


def take_back(desktop, teller, terminal, before):
    teller.narrate("The guest is asked to shut down, and the card comes back.")
    terminal.run("sudo hotseat down win11")
    said = terminal.run("sudo hotseat status")
    expect("othing is lent" in said.text, "status does not say that nothing is lent")
    expect_same(before, desktop.state(), "the desktop is not as it was before up")
    teller.narrate("Every driver, every driver_override and every journal is as it was before "
                   "\"up\": compared line by line.")


def tell(desktop, teller):
    guest = Guest(desktop, "win11")
    terminal = Terminal(desktop, teller)
    session = log_in(desktop, "root")  # the seat is somebody's
    try:
        with teller.phase("check, devices, new, list"):
            before = get_ready(desktop, teller, terminal)
        with teller.phase("up, status"):
            hand_over(desktop, teller, terminal, guest)
        with teller.phase("typing on both sides"):
            type_on_both_sides(desktop, teller, guest)
        with teller.phase("down, status"):
            take_back(desktop, teller, terminal, before)
            guest.forget()
    finally:
        log_out(desktop, session)
