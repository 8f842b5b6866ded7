/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/step.h"

/*
 * The kinds of steps beside bind.h. What each one's subject and values are:
 *
 *	sound        "0000:01:00.1"         offered to sound servers, withdrawn (one guest's)
 *	usb          "046d:c52b"            the host's, the guest's         (one guest's)
 *	module       "nvidia_drm"           loaded: yes or no; parameters   (one guest's)
 *	service      "gdm.service"          active, inactive
 *	console      "vtcon1"               1: bound to the screen, 0: not
 *	framebuffer  "efi-framebuffer.0"    bound, unbound
 *	hugepages    "node0/2048kB"         pages in the pool
 *	compound     "transparent"          how the kernel makes large pages by itself
 *	governor     "policy0"              of a group of cores
 *	hold         "sleep", "profile"     held, free: a unit that holds something for us
 *	cpus         "user.slice"           cores that the unit's processes may run on: "0-3"
 */
extern const struct step_kind sound_kind, module_kind, service_kind, console_kind, framebuffer_kind,
	hugepages_kind, compound_kind, governor_kind, hold_kind, cpus_kind, usb_kind;

/* unit_is_running - has a unit of the system manager processes now? By its control group. */
gboolean unit_is_running(struct host *host, const char *unit);

/* cpus_units - the units whose processes make room for guests; NULL-terminated */
extern const char *const cpus_units[];

/**
 * cpus_without - what "cpus" steps want: the cores of all guests taken from those of the machine
 * @all, @lent: lists as the kernel writes them, "0-3,8"
 *
 * Return: the rest, in the same form, empty if nothing is left; NULL if one is no list.
 */
char *cpus_without(const char *all, const char *lent);
