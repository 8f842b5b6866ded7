# SPDX-License-Identifier: GPL-2.0-or-later
"""Protects: a recording gives the answers of the machine it came from, to root and to a user.

And it does not say whose machine that is.
"""

import json

from desk.story import Failed, expect, expect_equal, expect_same

FRESH = False
LIMIT = 240

AS_JSON = ("check", "devices", "plan")
MARK = "----"
# refusals count as answers
AS_TEXT = ("devices", "plan", "plan --guests 2", "plan --guests 9", "map", "map -o -",
           "plan --gpu 00:1f.7", "devices --listing /nowhere")


def answers(desktop, user, options=""):
    """What the commands say, less what check says about the one who asks."""
    script = "".join(f"hotseat {options} {command} 2>&1; echo exit $?; echo {MARK}\n"
                     for command in [*(f"{name} --json" for name in AS_JSON), *AS_TEXT])
    said = desktop.run(script, user=user).out.split(f"{MARK}\n")
    check, status = said[0].rsplit("exit", 1)
    subjects = json.loads(check)
    for subject in subjects:
        subject["findings"] = [one for one in subject["findings"] if one["subject"] != "you"]
    return f"{json.dumps(subjects, indent=1)}\n{status}" + "".join(said[1:])


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
