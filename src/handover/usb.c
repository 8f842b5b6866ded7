/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/kinds.h"
#include "machine/usb.h"

/*
 * QEMU takes a USB device's interfaces from their drivers and gives them back, unless it is killed:
 * then the kernel lets go of them and leaves them without (Linux drivers/usb/core/devio.c,
 * releaseintf). Nothing is done when a guest starts: what is plugged in later is meant as well.
 */
static gboolean usb_check(const struct step *step, const char **why)
{
	*why = "the subject is no USB device, or there are values";
	return strlen(step->subject) == strlen("046d:c52b") && step->subject[4] == ':' &&
	       step_is_name(step->subject, ":") && step->values->len == 0;
}

static gboolean usb_save(struct host *host, struct step *step, GError **error)
{
	return TRUE;
}

static gboolean usb_apply(struct host *host, const struct step *step, GError **error)
{
	return TRUE;
}

/* probe - let the kernel look for drivers; where it knows none, that is no error of its */
static gboolean probe(struct host *host, const struct usb *usb, GError **error)
{
	g_auto(GStrv) interfaces = usb_driverless(host->root, usb);

	for (guint i = 0; interfaces[i] != NULL; i++) {
		g_autoptr(GError) failure = NULL;

		if (host->write(host, "sys/bus/usb/drivers_probe", interfaces[i], &failure) ||
		    /* pulled out meanwhile */
		    !root_exists(host->root, "sys/bus/usb/devices/%s", interfaces[i]))
			continue;
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	return TRUE;
}

static gboolean usb_undo(struct host *host, const struct step *step, struct step_undo *undo,
			 GError **error)
{
	g_autoptr(GPtrArray) devices = usb_read(host->root);

	for (guint i = 0; i < devices->len; i++) {
		const struct usb *usb = g_ptr_array_index(devices, i);

		if (g_str_equal(usb->id, step->subject) && !probe(host, usb, error))
			return FALSE;
	}
	return TRUE;
}

static char *usb_former(const struct step *step)
{
	return g_strdup("the host's");
}

/* Either is as it should be: nothing but the user's hand plugs it in. */
static char *usb_now(struct host *host, const struct step *step)
{
	g_autoptr(GPtrArray) devices = usb_read(host->root);

	for (guint i = 0; i < devices->len; i++) {
		const struct usb *usb = g_ptr_array_index(devices, i);

		if (g_str_equal(usb->id, step->subject))
			return g_strdup("plugged in");
	}
	return g_strdup("not plugged in");
}

const struct step_kind usb_kind = {
	.name = "usb",
	.check = usb_check,
	.save = usb_save,
	.apply = usb_apply,
	.undo = usb_undo,
	.former = usb_former,
	.wanted = usb_now,
	.now = usb_now,
};
