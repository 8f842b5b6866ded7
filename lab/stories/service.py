# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: hotseatd does the handover for whoever may, for virsh too, and no kill strands the card.

Who may is polkit's to say; the dead man's switch acts when hotseatd is gone.
"""

from desk.desktop import BOOT_DISPLAY, CARD
from desk.guest import SMALL, Guest, expect_lent, expect_refused
from desk.story import expect, expect_same

FRESH = False
LIMIT = 1800
LONG = True

RULE = "/etc/polkit-1/rules.d/50-gamer.rules"
# What an administrator writes who lets somebody play over the network.
RULES = """polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.hotseat.") == 0 && subject.user == "gamer")
        return polkit.Result.YES;
});
"""
CALL = ("busctl --system --timeout=60 call org.hotseat.Hotseat1 /org/hotseat/Hotseat1 "
        "org.hotseat.Hotseat1 ")
UUID = "11111111-2222-3333-4444-555555555555"
# What a stranger may try: the call, and what must be in the answer.
HOSTILE = (
    (f"Prepare ss {UUID} '<domain/>'", "denied|AccessDenied"),
    (f"Release ss {UUID} '<domain/>'", "denied|AccessDenied"),
    ("Up 'sa{sv}' ../../etc/passwd 0", "cannot be the name"),
    ("Up 'sa{sv}' $'a\\nb' 0", "cannot be the name"),
    ("Up 'sa{sv}' '' 0", "cannot be the name"),
    (f"Up 'sa{{sv}}' {'x' * 5000} 0", "cannot be the name"),
    ("Up 'sa{sv}' svc 1 address s 0000:00:02.0", "option"),
    ("Up 'sa{sv}' svc 1 dead_man s soon", "option"),
    ("Up 'sa{sv}' svc 1 dead_man u 4294967295", "option"),
    ("Up s svc", "not match|expected|signature"),
    ("Down 'sa{sv}' svc 1 take_last_display b true", "option"),
    ("Nothing", "No such|nknown|denied"),
    ("Up 'sa{sv}' svc 0", "org.hotseat.up"),
    ("Up 'sa{sv}' svc 1 take_last_display b true", "org.hotseat.up"),
    ("Down 'sa{sv}' svc 0", "org.hotseat.down"),
    ("Recover 'sa{sv}' '' 0", "org.hotseat.recover"),
    ("Confirm 'sa{sv}' svc 0", "org.hotseat.confirm"),
)


def memory(desktop):
    """What hotseatd costs: memory that is its alone, and its share of the rest, in KiB."""
    return desktop.run("awk '/^(Pss|Private_Clean|Private_Dirty):/ { print $1 $2 }' "
                       "/proc/$(pidof hotseatd)/smaps_rollup").out.split()


def pid(desktop):
    return desktop.run("pidof hotseatd", check=False).out.strip()


def wait_back(desktop, before, seconds=60):
    """Wait until all is as before; nobody is asked to help."""
    desktop.run(f"timeout {seconds} bash -c 'until [ -z \"$(find /run/hotseat -type f)\" ]; "
                "do sleep 0.3; done'", seconds=seconds + 10, check=False)
    expect_same(before, desktop.state(), "not all is back")


def strangers(desktop, teller, before):
    """An ordinary user without a seat, and without a rule for them."""
    for command in ("up svc", "down svc", "recover", "confirm svc"):
        expect_refused(desktop, teller, "hotseat " + command, 1, "polkit", "sudo", user="gamer",
                       before=before)
    alive = pid(desktop)
    # All in one shell: each question from outside costs more than the call.
    script = "\n".join(f"echo \"CALL {number}: $({CALL}{call} 2>&1)\""
                       for number, (call, _) in enumerate(HOSTILE))
    said = desktop.run(script, user="gamer", seconds=240, check=False).out
    answers = said.split("CALL ")[1:]
    for number, (call, words) in enumerate(HOSTILE):
        desktop_said = answers[number]
        expect(any(word in desktop_said for word in words.split("|")),
               f"{call[:80]}: {desktop_said}")
    # A flood, and callers that do not wait for the answer.
    desktop.run(f"for i in $(seq 12); do {CALL} Status > /dev/null 2>&1 & "
                f"timeout 0.3 {CALL} Up 'sa{{sv}}' svc 0 > /dev/null 2>&1 & done; wait; :",
                user="gamer", seconds=240)
    expect(pid(desktop) == alive and alive, "hotseatd did not live through it")
    expect_same(before, desktop.state(), "a stranger changed something")
    teller.say(f"{len(HOSTILE)} calls of a stranger, and 24 at a time: refused or answered.")


def as_gamer(desktop, teller, guest, before):
    desktop.run(f"cat > {RULE} <<'END'\n{RULES}END\nsystemctl restart polkit")
    result = desktop.run("hotseat up svc", user="gamer", seconds=120)
    expect("bind 0000:01:00.0" in result.err and "is up with" in result.out,
           f"up does not say what it does:\n{result.err}{result.out}")
    expect_lent(desktop)
    guest.wait_ready()
    expect("vfio-pci" in desktop.run("hotseat status", user="gamer").out, "status shows nothing")
    desktop.run("hotseat down svc", user="gamer", seconds=150)
    expect_same(before, desktop.state(), "after down by a user")
    desktop.run(f"rm {RULE}; systemctl restart polkit")
    teller.say("hotseatd, in KiB: " + " ".join(memory(desktop)))


def with_virsh(desktop, guest, before):
    desktop.run("virsh start svc", seconds=120)
    expect_lent(desktop)
    expect(desktop.run("hotseat status --json").out.count('"lent"') == 1, "not lent by virsh start")
    desktop.run("virsh destroy svc", seconds=60)
    wait_back(desktop, before)
    # The card that is in the domain is not the one that it was made for.
    desktop.run("virsh dumpxml --inactive svc > /tmp/svc.xml; "
                "sed -E 's/(fingerprint=.)1234/\\1dead/' /tmp/svc.xml > /tmp/other.xml; "
                "! cmp -s /tmp/svc.xml /tmp/other.xml && virsh define /tmp/other.xml")
    refused = desktop.run("virsh start svc", seconds=120, check=False)
    desktop.run("virsh define /tmp/svc.xml")
    expect(refused.status != 0 and "the card of svc is not here" in refused.err,
           f"virsh start of a guest whose card is gone: {refused.err}")
    # A card that somebody has open, and who.
    desktop.run(f"setsid sleep 1000 < /dev/dri/$(cd /sys/bus/pci/devices/{CARD[0]}/drm; "
                "echo card*) > /dev/null 2>&1 & echo $! > /tmp/holder")
    refused = desktop.run("virsh start svc", seconds=120, check=False)
    desktop.run("kill $(cat /tmp/holder)")
    expect(refused.status != 0 and "sleep" in refused.err, f"a card in use: {refused.err}")
    expect_same(before, desktop.state(), "after refused starts")


def kill_service(desktop):
    desktop.run("systemctl kill -s KILL hotseatd")


def killed(desktop, guest, before):
    # Under a running guest: whoever comes next adopts it.
    desktop.run("hotseat up svc", seconds=120)
    kill_service(desktop)
    desktop.run("sleep 12; hotseat recover")
    expect_lent(desktop)
    expect("svc" in desktop.run("virsh list --name").out, "the guest is gone")
    # QEMU dies while libvirt is away: libvirt will reset the card when it is back, so hotseatd
    # waits for it, and then all comes back.
    units = "libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service"
    desktop.run(f"systemctl stop {units}; kill -KILL $(cat /run/libvirt/qemu/svc.pid); "
                "systemctl kill -s KILL hotseatd; sleep 15", check=False)
    expect_lent(desktop)
    desktop.run(f"systemctl start {units}")
    wait_back(desktop, before)
    # In the middle of up, at two moments, the second one while libvirt starts the guest.
    for pause in (0.4, 2.5):
        said = desktop.run(f"(sleep {pause}; systemctl kill -s KILL hotseatd) & "
                           "hotseat up svc; echo status $?; wait", seconds=150, check=False).out
        expect("status 0" in said or "status 4" in said or "status 3" in said,
               f"killed after {pause} s, up says {said}")
        desktop.run("sleep 1; virsh destroy svc; hotseat recover", seconds=90, check=False)
        wait_back(desktop, before)


def dead_man(desktop, teller, before):
    """The boot display goes to a guest that nobody sees, and hotseatd is gone for good."""
    guest = Guest(desktop, "dark")
    guest.new(f"--gpu {BOOT_DISPLAY} {SMALL}")
    desktop.run("hotseat set dark screen=card")
    with_guest = desktop.state()
    # On a busy machine it acts before the guest is up, and then that is what up says.
    up = desktop.run("hotseat up --take-last-display --dead-man 30 dark", seconds=120, check=False)
    expect("hotseat confirm dark" in up.out and up.status in (0, 3), f"{up.out}{up.err}")
    desktop.run("systemctl mask --runtime hotseatd; systemctl kill -s KILL hotseatd")
    desktop.run("timeout 120 bash -c 'while [ -e /run/libvirt/qemu/dark.pid ]; do sleep 0.5; done'",
                seconds=130)
    wait_back(desktop, with_guest)
    desktop.run("systemctl unmask --runtime hotseatd; systemctl daemon-reload")
    desktop.run("hotseat up --take-last-display --dead-man 600 dark", seconds=120)
    timers = "systemctl list-units --plain --no-legend 'hotseat-dead-man-*' | grep -c timer"
    expect(desktop.run(timers, check=False).out.strip() == "1", "the switch is not set")
    desktop.run("hotseat confirm dark")
    expect(desktop.run(timers, check=False).out.strip() == "0", "confirm does not turn it off")
    desktop.run("hotseat down --force --timeout 20 dark", seconds=150)
    expect_same(with_guest, desktop.state(), "after down of the guest that was seen")
    guest.forget()
    desktop.run("rm -rf /var/lib/hotseat/confirmed")
    expect_same(before, desktop.state(), "after the dead man's switch")


def tell(desktop, teller):
    guest = Guest(desktop, "svc")
    guest.new()
    before = desktop.state()
    with teller.phase("strangers"):
        strangers(desktop, teller, before)
    with teller.phase("a user who may"):
        as_gamer(desktop, teller, guest, before)
    with teller.phase("virsh"):
        with_virsh(desktop, guest, before)
    with teller.phase("killed"):
        killed(desktop, guest, before)
    with teller.phase("dead man"):
        dead_man(desktop, teller, before)
    guest.forget()
    teller.say("hotseatd, in KiB: " + " ".join(memory(desktop)))
