# SPDX-License-Identifier: GPL-2.0-or-later
"""A user who logs in at the first console, and out again."""

# A getty does what this does, after a name has been typed, and is itself what logs in. One that stays
# beside it is started anew when the session ends, which on a slow machine is seconds later, and
# hangs up the console: whoever has logged in again by then is gone, with all that was started there.
LOG_IN = """
    systemctl stop getty@tty1
    setsid sh -c 'exec < /dev/tty1 > /dev/tty1 2>&1; exec login -f %s' > /dev/null 2>&1 &
    for try in $(seq 300); do
        session=$(loginctl show-seat seat0 -P ActiveSession)
        [ -n "$session" ] && echo $session && exit 0
        sleep 0.2
    done
    loginctl; exit 1
"""
LOG_OUT = """
    loginctl terminate-session %s
    for try in $(seq 300); do
        [ -z "$(loginctl show-seat seat0 -P Sessions)" ] && exit 0
        sleep 0.2
    done
    loginctl; exit 1
"""


def log_in(desktop, user="gamer"):
    """Return the session's name, when it is the one on the screen.

    With any user but root a sound server starts, which opens cards.
    """
    return desktop.run(LOG_IN % user, seconds=120).out.strip()


def log_out(desktop, session):
    """End the session, and with it whatever shows the desktop."""
    desktop.run(LOG_OUT % session, seconds=120)


def wait_for_sound(desktop):
    """Until the login's sound server has opened the cards it wants, if it comes at all.

    up tells it to let go, and waits ten seconds; while it starts in an emulated machine that is
    too short, and up says "try again in a moment".
    """
    desktop.run("timeout 60 sh -c 'until pgrep -x wireplumber; do sleep 1; done'; sleep 10",
                check=False)
