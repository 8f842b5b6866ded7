/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Questions to libvirt that must not wait for ever. libvirt's calls have no time limit, and a
 * daemon that hangs, or that has this guest's hook open, answers when it is done.
 */
enum ask_answer {
	ASK_NO,
	ASK_YES,
	ASK_NO_ANSWER, /* libvirt is not there, or did not answer in time */
};

/* ask_runs - does libvirt count this guest as running, or as being started? */
enum ask_answer ask_runs(const char *guest, guint seconds);

/**
 * ask_knows - does libvirt, which gives no answer, have this guest for a running one?
 *
 * It keeps that in a file for its next start. If the guest is gone by then, it cleans up after it,
 * which seems to reset the bus of each device that is not on vfio-pci (virPCIDeviceReset in
 * libvirt's src/util/virpci.c), whatever driver it has by then. A card that its desktop had back
 * before libvirtd was started again answered nothing any more (seen in the lab, libvirt 11.3). So
 * who can wait for libvirt does.
 */
gboolean ask_knows(const char *guest);

/* ask_agent - has something in the guest opened its guest agent's port? */
enum ask_answer ask_agent(const char *guest, guint seconds);

/* ask_destroy - pull the plug of the guest: is it off? */
enum ask_answer ask_destroy(const char *guest, guint seconds);
