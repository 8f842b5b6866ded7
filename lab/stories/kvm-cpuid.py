# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a guest of type kvm reads the vendor id that was chosen, and has the card in one slot.

Only under KVM, nested here, do host-passthrough and Hyper-V's settings mean anything.
"""

import re

from desk.guest import SMALL, Guest, expect_one_slot
from desk.story import expect, expect_equal

# Nested KVM may damage an emulated desktop, and one guest of about ten never says a word under it:
# not for the run that must be dependable.
FRESH = True
LONG = True
LIMIT = 600

KVM = SMALL.replace("--virt-type qemu", "--virt-type kvm")
# What --vendor-id says, and what the guest may then read at CPUID leaf 0x40000000
CASES = (
    ("two seats", ("two seats",)),
    (None, ("hotseat",)),
    ("none", ("KVMKVMKVM", "Microsoft Hv")),
)


def tell(desktop, teller):
    guest = Guest(desktop, "kvm")
    for vendor_id, wanted in CASES:
        option = f"--vendor-id '{vendor_id}'" if vendor_id else ""
        with teller.phase(f"type kvm, {option or 'no --vendor-id'}"):
            guest.new(f"{KVM} {option}")
            kind = desktop.run("virsh dumpxml kvm | head -1").out
            expect("type='kvm'" in kind, f"the guest is of another type: {kind}")
            said = guest.up()
            found = re.search(r'^GUESTCPUID 40000000 .*"(.*)"$', said, re.MULTILINE)
            expect(found, "the guest does not say what it reads")
            teller.say(found.group(0))
            expect(found.group(1) in wanted, f"the guest reads {found.group(1)!r}, not {wanted}")
            for line in expect_one_slot(said):
                teller.say(line)
            desktop.run("hotseat down --force --timeout 20 kvm", seconds=90)
            expect_equal(desktop.run("hotseat status").out.strip(),
                         "Nothing is lent: every device is with the host.", "status")
            guest.forget()
