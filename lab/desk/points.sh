# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the desktop: every point at which a command can be stopped. $state holds the shell
# text that prints what must be the same again. Prints a line for each thing that is wrong, each
# beginning with "WRONG", and at last "POINTS n NAME".

now() {
	bash -c "${state:?}"
}

wrong() {
	echo "WRONG at $name $n (status $status): $*"
}

# like_before [WHAT] - is all as it was before anything was lent?
like_before() {
	now > /tmp/points.now
	cmp -s /tmp/points.before /tmp/points.now && return
	wrong "$1 leaves the desktop changed"
	diff /tmp/points.before /tmp/points.now | sed 's/^/    /'
	sed 's/^/    said: /' /tmp/points.said
}

# Asking libvirt costs more than all the rest, so only where there is something to ask about.
runs() {
	[ -e "/run/libvirt/qemu/$guest.pid" ] || [ -n "$(find /run/hotseat -type f 2> /dev/null)" ] ||
		return
	virsh --quiet list --name | grep -qx "$guest"
}

# What a user does who finds the machine in whatever state it is. A start that libvirt has been asked
# for goes on when we are dead, so the guest may show up late.
clean_up() {
	for _ in 1 2 3; do
		runs && virsh destroy "$guest" > /dev/null 2>&1
		hotseat recover > /tmp/points.recover 2>&1 ||
			wrong "recover fails: $(cat /tmp/points.recover)"
		runs || break
	done
	like_before "recover"
}

# every_point NAME PREPARE KILLAT-OPTIONS COMMAND... - stop the command at its 1st, 2nd, ... call,
# until it has no more; clean up and compare after each
every_point() {
	name=$1 prepare=$2 options=$3
	shift 3
	for ((n = 1; n < 1000; n += step)); do
		status=
		$prepare
		# shellcheck disable=SC2086 # options are words
		/lab/bin/killat $options $n "$@" > /tmp/points.said 2>&1 < /dev/null
		status=$?
		[ "$status" -eq 125 ] && wrong "killat failed: $(cat /tmp/points.said)"
		case $options in
		*errno*) contract ;;
		esac
		clean_up
		[ "$status" -ge 124 ] && [ "$status" -le 125 ] && break
	done
	echo "POINTS $(((n - 1) / step)) $name"
}

# contract - what the exit status promises must be so at once, without recover. $promise says what
# success is: "up", the guest runs, or "back", everything is as before.
contract() {
	case ${promise:?}$status in
	up0) runs || wrong "the guest does not run" ;;
	up1 | up3 | up5)
		runs && wrong "the guest runs"
		like_before "status $status"
		;;
	back0) like_before "status 0" ;;
	back[135] | up4 | back4 | *124) ;;
	*) wrong "no status of the contract: $(cat /tmp/points.said)" ;;
	esac
}

# Also of what up makes only once.
fresh() {
	rmdir /run/hotseat 2> /dev/null
}

# Everything is lent and nobody is there: up was killed before it could start the guest.
lend() {
	/lab/bin/killat "$lent_at" hotseat up "$guest" > /tmp/points.lend 2>&1 < /dev/null
	[ -n "$(find /run/hotseat -type f)" ] || wrong "up did not leave a journal"
}

# find_lent_at - at which call of up is everything lent, and the start not yet asked for?
find_lent_at() {
	name=up n=0
	/lab/bin/killat -v --count hotseat up "$guest" > /tmp/points.said 2>&1 < /dev/null
	status=$?
	lent_at=$(sed -n 's/^killat: \([0-9]*\): write .*\.journal$/\1/p' /tmp/points.said | tail -n 1)
	lent_at=$((lent_at + 1))
	clean_up
}

# Before it listens a guest does not hear its power button, and a shutdown takes all its time.
start() {
	local serial=/var/log/libvirt/qemu/$guest-serial0.log

	hotseat up "$guest" > /tmp/points.up 2>&1 < /dev/null || wrong "up: $(cat /tmp/points.up)"
	timeout 120 bash -c "until grep -qs '^GUESTKEY ready' $serial; do sleep 0.1; done" ||
		wrong "the guest does not start"
}
hook_file=/etc/libvirt/hooks/qemu.d/hotseat

# hook_points - the same for the hook at the guest's end, which libvirt calls
hook_points() {
	name=hook
	cp -p $hook_file /tmp/points.hook
	for ((n = 1; n < 1000; n += step)); do
		status=0
		start
		cat > $hook_file <<-END
			#!/bin/sh
			export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
			[ "\$2" = release ] || exec hotseat hook "\$@"
			/lab/bin/killat $n hotseat hook "\$@" > /tmp/points.said 2>&1
			echo \$? > /tmp/points.status
		END
		rm -f /tmp/points.status
		virsh destroy "$guest" > /dev/null
		until [ -s /tmp/points.status ]; do sleep 0.1; done
		status=$(cat /tmp/points.status)
		cp -p /tmp/points.hook $hook_file
		clean_up
		[ "$status" -ge 124 ] && [ "$status" -le 125 ] && break
	done
	echo "POINTS $(((n - 1) / step)) $name"
}

# begin GUEST STEP - how all was; STEP 1 is every point. To look for a service that is not there
# would only add calls.
begin() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere
	guest=$1 step=$2
	now > /tmp/points.before
}
