/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/virt.h"
#include "machine/usb.h"

/*
 * USB that follows: a pad, wheel or headset that is chosen for a guest ("hotseat new --usb") goes
 * there when it is plugged in while the guest runs, and again after it was pulled out. libvirt
 * itself does so at the guest's start only.
 *
 * What has to be done is found by comparing what the definition wants, what the guest has, and what
 * is plugged in, each time anew: after udev's word of a device, after a call, after a restart of
 * this service. So there is nothing to keep and nothing to lose. Who takes devices back is QEMU at
 * its end, and where it is killed the step "usb" of the guest's journal.
 */
struct follow;

struct follow_change {
	enum virt_change change;
	const char *id, *node; /* of the facts, or of what is plugged in */
};

/**
 * follow_plan - what one guest lacks, and what it has that is not there any more
 * @wanted:  its definition
 * @live:    as it runs
 * @plugged: from usb_read()
 *
 * Return: GArray of struct follow_change, whose strings belong to the arguments. What was pulled
 * out comes first: libvirt takes a device for present until it is told.
 */
GArray *follow_plan(const struct domain_facts *wanted, const struct domain_facts *live,
		    const GPtrArray *plugged);

/* follow_new - watches udev, on the main loop; looks on a thread of its own */
struct follow *follow_new(void);

/* follow_wake - look soon: a guest may have started, or this service has */
void follow_wake(struct follow *follow);

/* follow_stop - look no more; @stopped is called on the main loop when no thread is at it */
void follow_stop(struct follow *follow, void (*stopped)(void *data), void *data);

void follow_free(struct follow *follow);
