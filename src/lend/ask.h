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
 * It keeps that in a file for its next start. If the guest is gone by then (qemuProcessReconnect),
 * it cleans up after it (qemuProcessStop), and that resets each of its devices, also of
 * managed='no', that is not on vfio-pci (virHostdevReAttachPCIDevices, virPCIDeviceReset). A device
 * with function-level reset is spared, and one on the root bus mostly; any other is put through
 * D3hot, or its bus is reset by the bridge's register, while whatever driver it has by then knows
 * nothing of it, and only that one function's registers are written back, not those of the others
 * that were reset with it. A card of two functions that its desktop had back before libvirtd was
 * started again answered nothing any more (seen in the lab). So who can wait for libvirt does.
 * Source: libvirt 9.0 and 11.3, src/qemu/qemu_process.c, src/hypervisor/virhostdev.c,
 * src/util/virpci.c.
 */
gboolean ask_knows(const char *guest);

/* ask_agent - has something in the guest opened its guest agent's port? */
enum ask_answer ask_agent(const char *guest, guint seconds);

/* ask_destroy - pull the plug of the guest: is it off? */
enum ask_answer ask_destroy(const char *guest, guint seconds);
