# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a recording gives the answers of the machine it came from, to root and to a user.

And it does not say whose machine that is.
"""

import json

from desk.story import Failed, expect, expect_equal, expect_same

FRESH = False
LIMIT = 240

ASKED = ("check", "devices")


def answers(desktop, user, options=""):
    """What the commands say as JSON, less what they say about the one who asks."""
    text = ""
    for command in ASKED:
        said = json.loads(desktop.run(f"hotseat {options} {command} --json", user=user,
                                      check=False).out)
        for subject in said if isinstance(said, list) else []:
            subject["findings"] = [one for one in subject["findings"] if one["subject"] != "you"]
        text += json.dumps(said, indent=1) + "\n"
    return text


def record_still(desktop, user, file):
    """Record while nothing changes: a desktop that has just started still loads drivers."""
    for _ in range(5):
        before = answers(desktop, user)
        desktop.run(f"hotseat record --force {file}", user=user)
        after = answers(desktop, user)
        if before == after:
            return after
    raise Failed("the desktop does not come to rest")


def tell(desktop, teller):
    secrets = desktop.run("""
        cat /etc/machine-id
        cat /sys/class/net/*/address | grep -v 00:00:00:00:00:00
        findmnt -no UUID / || true
        cat /sys/class/dmi/id/product_uuid || true""").out.split()
    for user in ("root", "gamer"):
        file = f"/tmp/recording-{user}"
        with teller.phase("record as " + user):
            live = record_still(desktop, user, file)
        with teller.phase("ask as " + user):
            expect_same(live, answers(desktop, user, f"--root {file}"),
                        f"what {user} is told of the recording")
        text = desktop.run(f"cat {file}").out.lower()
        expect(text.startswith("# hotseat recording 1\n"), "the recording has no header")
        teller.say(f"{user}: {text.count(chr(10))} lines")
        for secret in [*secrets, "gamer"]:
            expect(secret.lower() not in text, f"{secret} is in the recording of {user}")
        again = desktop.run(f"hotseat record {file}", user=user, check=False)
        expect_equal(again.status, 1, "the exit status where the file is there already")
        desktop.run(f"rm {file}")
