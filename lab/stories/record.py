# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a recording gives the answers of the machine it came from, to root and to a user.

And it does not say whose machine that is.
"""

import json

from desk.story import expect, expect_equal

FRESH = False
LIMIT = 240

ASKED = ("check", "devices")


def answer(desktop, user, command):
    """What a command says as JSON, less what it says about the one who asks."""
    said = json.loads(desktop.run(f"hotseat {command} --json", user=user, check=False).out)
    for subject in said if isinstance(said, list) else []:
        subject["findings"] = [one for one in subject["findings"] if one["subject"] != "you"]
    return said


def tell(desktop, teller):
    secrets = desktop.run("""
        cat /etc/machine-id
        cat /sys/class/net/*/address | grep -v 00:00:00:00:00:00
        findmnt -no UUID / || true
        cat /sys/class/dmi/id/product_uuid || true""").out.split()
    for user in ("root", "gamer"):
        file = f"/tmp/recording-{user}"
        with teller.phase("record as " + user):
            desktop.run(f"hotseat record {file}", user=user)
        with teller.phase("ask as " + user):
            for command in ASKED:
                expect_equal(answer(desktop, user, f"--root {file} {command}"),
                             answer(desktop, user, command), f"{command} as {user}")
        text = desktop.run(f"cat {file}").out.lower()
        expect(text.startswith("# hotseat recording 1\n"), "the recording has no header")
        teller.say(f"{user}: {text.count(chr(10))} lines")
        for secret in [*secrets, "gamer"]:
            expect(secret.lower() not in text, f"{secret} is in the recording of {user}")
        again = desktop.run(f"hotseat record {file}", user=user, check=False)
        expect_equal(again.status, 1, "the exit status where the file is there already")
        desktop.run(f"rm {file}")
