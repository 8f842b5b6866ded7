/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk-move.h"

#include <stdio.h>

#include "core/error.h"
#include "guest/disk-bus.h"
#include "guest/virt-disk.h"

#define HELPER_BYTES (G_GUINT64_CONSTANT(64) << 20)
#define VIRTIO "virtio"

static gboolean is_virtio(const char *bus)
{
	return g_str_equal(bus, VIRTIO);
}

static gboolean refuse(GError **error, const char *sentence)
{
	g_set_error_literal(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, sentence);
	return FALSE;
}

static void step_forwards(struct disk_move *move)
{
	if (!move->helper)
		move->helper = !is_virtio(move->bus);
	else if (is_virtio(move->bus))
		move->helper = FALSE; /* it has arrived */
	else
		move->bus = VIRTIO;
}

gboolean disk_move_step(struct disk_move *move, const char *bus, GError **error)
{
	static const char *const buses[] = { VIRTIO, "sata", "ide", NULL };

	if (!g_strv_contains(buses, bus)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "disk-bus takes virtio, sata or ide, not \"%s\"", bus);
		return FALSE;
	}
	if (move->bus == NULL)
		return refuse(error, "this guest has no disk whose bus could be changed");
	if (is_virtio(bus)) {
		step_forwards(move);
		return TRUE;
	}
	if (g_str_equal(bus, move->bus)) {
		move->helper = FALSE;
		return TRUE;
	}
	if (!is_virtio(move->bus) || !move->helper)
		return refuse(error,
			      "its system would not find its disk there: what was put on "
			      "virtio by disk-bus=virtio can go back, and nothing else is "
			      "known to be safe (WN-11)");
	move->bus = bus;
	return TRUE;
}

char *disk_move_show(const struct disk_move *move)
{
	return g_strdup_printf("%s%s", move->bus != NULL ? move->bus : "none",
			       move->helper ? " and a small disk on virtio" : "");
}

/* Firmware drives the disk too; the agent is a program of the system's. */
static gboolean check_driven(struct virt *virt, const char *name, GError **error)
{
	g_autofree char *xml = virt_domain_live_xml(virt, name, error);
	autoptr(domain_facts) live = xml != NULL ? domain_facts_parse(xml, error) : NULL;
	gboolean driven = FALSE;

	if (live == NULL || !virt_disk_is_driven(virt, name, &driven, error))
		return FALSE;
	if (driven && live->agent)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    driven ? "something in %s drives the small disk, and its guest agent does not "
			     "answer, so it may be the firmware. If you see the disk in the "
			     "guest's system: shut it down, and say --driver-seen"
			   : "%s runs without a driver for the small disk: install virtio-win's "
			     "in it (viostor), or load virtio_blk",
		    name);
	return FALSE;
}

static gboolean is_off(struct virt *virt, const char *name, gboolean *off, GError **error)
{
	enum guest_state state;

	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	*off = state == GUEST_SHUT_OFF;
	return TRUE;
}

gboolean disk_move_check(struct virt *virt, const struct domain_facts *facts,
			 const struct disk_move *move, gboolean seen, GError **error)
{
	gboolean dropped = facts->helper_disk != NULL && !move->helper;
	gboolean moved = g_strcmp0(facts->disk_bus, move->bus) != 0;
	gboolean off = FALSE;

	if ((!dropped && !moved) || (moved && !is_virtio(move->bus)))
		return TRUE;
	if (!is_off(virt, facts->name, &off, error))
		return FALSE;
	if (dropped && !off) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s runs and has the small disk: end it first, with: sudo hotseat "
			    "down %s",
			    facts->name, facts->name);
		return FALSE;
	}
	if (dropped || (off && seen))
		return TRUE;
	if (!off)
		return check_driven(virt, facts->name, error);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s must be seen to drive the small disk first, or its Windows stops with "
		    "INACCESSIBLE BOOT DEVICE: say this again while it runs, or, if you have seen "
		    "the disk in it, with --driver-seen",
		    facts->name);
	return FALSE;
}

static char *add_helper(struct virt *virt, const char *xml, const char *guest,
			struct disk_move *move, gboolean dry_run, GError **error)
{
	g_autofree char *name = g_strconcat(guest, "-driver", NULL);
	g_autofree char *shown = g_strdup_printf("/var/lib/libvirt/images/%s.qcow2", name);

	if (dry_run)
		return disk_bus_add_helper(xml, shown, error);
	move->image = virt_disk_create(virt, name, HELPER_BYTES, error);
	return move->image != NULL ? disk_bus_add_helper(xml, move->image, error) : NULL;
}

char *disk_move_edit(struct virt *virt, const char *xml, const struct domain_facts *facts,
		     struct disk_move *move, gboolean dry_run, GError **error)
{
	if (move->helper && facts->helper_disk == NULL)
		return add_helper(virt, xml, facts->name, move, dry_run, error);
	if (!move->helper && facts->helper_disk != NULL)
		return disk_bus_drop_helper(xml, error);
	if (g_strcmp0(facts->disk_bus, move->bus) != 0)
		return disk_bus_move(xml, move->bus, error);
	return g_strdup(xml);
}

void disk_move_undo(struct virt *virt, struct disk_move *move)
{
	if (move->image != NULL)
		virt_disk_delete(virt, move->image, NULL);
}

static void print_next(const struct domain_facts *facts, const char *back)
{
	printf("Next:\n"
	       "  1. sudo hotseat up %s, and in Windows install viostor from virtio-win.iso:\n"
	       "     Disk Management then shows a disk of 64 MiB, which stays empty.\n"
	       "  2. While it runs: sudo hotseat set %s disk-bus=virtio\n"
	       "Or back: sudo hotseat set %s disk-bus=%s\n",
	       facts->name, facts->name, facts->name, back);
}

void disk_move_finish(struct virt *virt, const struct domain_facts *facts,
		      const struct disk_move *move)
{
	g_autoptr(GError) error = NULL;

	if (move->helper && facts->helper_disk == NULL)
		print_next(facts, facts->disk_bus);
	else if (!move->helper && facts->helper_disk != NULL &&
		 !virt_disk_delete(virt, facts->helper_disk, &error))
		printf("The small disk's image stays: %s\n", error->message);
	else if (move->helper && g_strcmp0(facts->disk_bus, move->bus) != 0)
		printf("If its system starts from there, clear up: sudo hotseat set %s "
		       "disk-bus=%s\n"
		       "If it does not: sudo hotseat set %s disk-bus=%s\n",
		       facts->name, move->bus, facts->name, facts->disk_bus);
}
