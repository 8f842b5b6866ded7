/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"
#include "core/json.h"
#include "core/table.h"
#include "guest/names.h"
#include "lend/freeze.h"
#include "lend/keeping.h"

#define THAW_PAUSE_SECONDS 5

static gboolean with_memory;

static const GOptionEntry options[] = {
	{ "memory", 0, 0, G_OPTION_ARG_NONE, &with_memory,
	  "Refused, with the reason: memory cannot be kept while a card is in the guest", NULL },
	{ NULL },
};

/* One call of the command. */
struct job {
	const struct invocation *invocation;
	struct keeping *keeping;
	struct snapshot_store *store;
	const char *name; /* of the snapshot; NULL: not said */
};

/* An up in progress has the journal before libvirt knows of it. */
static gboolean check_not_lent(const struct keeping *keeping, GError **error)
{
	autoptr(host) host = host_new_live(error);
	g_autoptr(GPtrArray) states = host != NULL ? handover_read_states(host, error) : NULL;

	if (states == NULL)
		return FALSE;
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = states->pdata[i];

		if (!g_str_equal(state->uuid, keeping->guest.uuid))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s is off, but its card is lent or on its way; see hotseat status, "
			    "and hotseat recover",
			    keeping->guest.name);
		return FALSE;
	}
	return TRUE;
}

static gboolean require_off(const struct job *job, const char *what, GError **error)
{
	if (job->keeping->state == GUEST_SHUT_OFF)
		return check_not_lent(job->keeping, error);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s is %s, and %s needs it to be off: sudo hotseat down %s",
		    job->keeping->guest.name, guest_state_name(job->keeping->state), what,
		    job->keeping->guest.name);
	return FALSE;
}

static gboolean require_name(const struct job *job, GError **error)
{
	if (job->name != NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "which snapshot of %s? hotseat snapshot list %s shows them",
		    job->keeping->guest.name, job->keeping->guest.name);
	return FALSE;
}

static char *format_time(gint64 seconds, const char *format)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_local(seconds);

	return utc != NULL ? g_date_time_format(utc, format) : g_strdup("?");
}

/* SN-01: said by us, in words, rather than by libvirt in the middle of it. */
static gboolean refuse_memory(const struct job *job, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the memory of %s cannot be kept: its card holds state that QEMU cannot read, "
		    "so libvirt refuses it. Without --memory, a running guest's disks are kept; "
		    "shut down, all of it is",
		    job->keeping->guest.name);
	return FALSE;
}

static void print_live(const char *name, const struct keeping *keeping)
{
	printf("%s: the disks of %s as they were while it ran, ", name, keeping->guest.name);
	if (keeping->restless != NULL)
		printf("as after a power cut: %s. ", keeping->restless);
	else
		printf("its file systems at rest. ");
	printf("Firmware variables, TPM and definition are kept of a guest that is off.\n");
}

static int create(struct job *job, GError **error)
{
	gboolean live = job->keeping->state != GUEST_SHUT_OFF;
	g_autofree char *now = format_time(g_get_real_time() / G_USEC_PER_SEC, "%Y-%m-%d-%H%M%S");
	const char *name = job->name != NULL ? job->name : now;

	if (with_memory) {
		refuse_memory(job, error);
		return -1;
	}
	if (!live && !check_not_lent(job->keeping, error))
		return -1;
	if (!snapshot_create(job->store, &job->keeping->guest, name, error))
		return -1;
	if (live)
		print_live(name, job->keeping);
	else
		printf("%s: disks, firmware variables, TPM and definition of %s.\n", name,
		       job->keeping->guest.name);
	return EXIT_SUCCESS;
}

static int revert(struct job *job, GError **error)
{
	if (!require_name(job, error) || !require_off(job, "going back", error) ||
	    !snapshot_revert(job->store, &job->keeping->guest, job->name, error))
		return -1;
	printf("%s is as it was in %s.\n", job->keeping->guest.name, job->name);
	return EXIT_SUCCESS;
}

static const struct snapshot *find(const GPtrArray *list, const char *name)
{
	for (guint i = 0; i < list->len; i++) {
		const struct snapshot *snapshot = list->pdata[i];

		if (g_str_equal(snapshot->name, name))
			return snapshot;
	}
	return NULL;
}

static int delete (struct job *job, GError **error)
{
	g_autoptr(GPtrArray) list = snapshot_list(job->store, error);
	const struct snapshot *snapshot;

	if (list == NULL || !require_name(job, error))
		return -1;
	snapshot = find(list, job->name);
	if (snapshot != NULL && snapshot->internal &&
	    !require_off(job, "deleting what is inside its image", error))
		return -1;
	if (!snapshot_delete(job->store, job->name, error))
		return -1;
	printf("%s of %s is gone.\n", job->name, job->keeping->guest.name);
	return EXIT_SUCCESS;
}

static const char *describe(const struct snapshot *snapshot)
{
	if (!snapshot->live)
		return "all of it";
	return snapshot->quiesced ? "disks, file systems at rest" : "disks, as after a power cut";
}

static void print_json(const GPtrArray *list)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	for (guint i = 0; i < list->len; i++) {
		const struct snapshot *snapshot = list->pdata[i];

		json_builder_begin_object(json);
		json_add_string(json, "name", snapshot->name);
		json_add_int(json, "created", snapshot->created);
		json_add_string(json, "kept", snapshot->live ? "disks" : "all");
		json_builder_set_member_name(json, "quiesced");
		json_builder_add_boolean_value(json, !snapshot->live || snapshot->quiesced);
		json_add_strings(json, "disks", (const char *const *)snapshot->disks);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_print(json, stdout);
}

static void print_text(const GPtrArray *list, const char *guest)
{
	autoptr(table) table = table_new("SNAPSHOT", "MADE", "KEEPS", NULL);

	if (list->len == 0) {
		printf("%s has no snapshots; hotseat snapshot create %s NAME makes one.\n", guest,
		       guest);
		return;
	}
	for (guint i = 0; i < list->len; i++) {
		const struct snapshot *snapshot = list->pdata[i];
		g_autofree char *made = format_time(snapshot->created, "%Y-%m-%d %H:%M:%S");

		table_add(table, snapshot->name, made, describe(snapshot));
	}
	table_print(table, stdout);
}

static int list(struct job *job, GError **error)
{
	g_autoptr(GPtrArray) found = snapshot_list(job->store, error);

	if (found == NULL)
		return -1;
	if (job->invocation->json)
		print_json(found);
	else
		print_text(found, job->keeping->guest.name);
	return EXIT_SUCCESS;
}

/*
 * What systemd runs if we are killed while a guest's file systems are held still. An agent that
 * does not answer now may do so later, and until then its guest cannot write.
 */
static int thaw(const char *guest, GError **error)
{
	gboolean told = FALSE;

	for (;;) {
		g_autoptr(GError) why = NULL;

		if (freeze_release(guest, &why))
			break;
		if (hotseat_error_is(why, HOTSEAT_ERROR_ABSENT)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return -1;
		}
		if (!told)
			fprintf(stderr, "%s; asked again every %u seconds\n", why->message,
				THAW_PAUSE_SECONDS);
		told = TRUE;
		sleep(THAW_PAUSE_SECONDS);
	}
	printf("No file system of %s is held still.\n", guest);
	return EXIT_SUCCESS;
}

static const struct action {
	const char *name;
	int (*run)(struct job *job, GError **error);
	gboolean unnamed; /* takes no snapshot's name */
} actions[] = {
	{ "create", create, FALSE }, { "list", list, TRUE }, { "revert", revert, FALSE },
	{ "delete", delete, FALSE }, { "thaw", NULL, TRUE }, /* not for whoever has the snapshots
								open: it may hang there */
};

static const struct action *find_action(const char *name, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (g_str_equal(actions[i].name, name))
			return &actions[i];
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "snapshot does create, list, revert, delete and thaw, not \"%s\"", name);
	return NULL;
}

static int act(const struct invocation *invocation, const struct action *action, char **arguments,
	       GError **error)
{
	autoptr(virt) virt = virt_open(error);
	autoptr(domain_facts) facts =
		virt != NULL ? lend_read_guest(virt, arguments[1], error) : NULL;
	autoptr(keeping) keeping = facts != NULL ? keeping_new(virt, facts, error) : NULL;
	autoptr(snapshot_store) store = keeping != NULL ? keeping_settle(keeping, error) : NULL;
	struct job job = { invocation, keeping, store, arguments[2] };

	return store != NULL ? action->run(&job, error) : -1;
}

static gboolean check_arguments(const struct action *action, char **arguments, GError **error)
{
	if (!guest_name_check(arguments[1], error))
		return FALSE;
	if (arguments[2] == NULL)
		return TRUE;
	if (!action->unnamed)
		return snapshot_name_check(arguments[2], error);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "snapshot %s takes a guest and nothing else, not \"%s\"", action->name,
		    arguments[2]);
	return FALSE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strjoinv(" ", arguments);
	g_autofree char *full = g_strconcat("snapshot ", command_line, NULL);
	const struct action *action = find_action(arguments[0], error);

	if (action == NULL || !check_arguments(action, arguments, error) ||
	    !handing_require_root(full, error))
		return -1;
	return action->run == NULL ? thaw(arguments[1], error)
				   : act(invocation, action, arguments, error);
}

static const char *const examples[] = {
	"sudo hotseat snapshot create win11 before-update",
	"Keep win11 as it is: at once, where the disk is qcow2 or its file system shares blocks.",
	"sudo hotseat snapshot revert win11 before-update",
	"Make win11 what it was. What came after is lost.",
	NULL,
};

const struct command command_snapshot = {
	.name = "snapshot",
	.arguments = "create|list|revert|delete|thaw GUEST [NAME]",
	.min_arguments = 2,
	.max_arguments = 3,
	.summary = "Keep a guest as it is, and go back to it",
	.description =
		"Of a guest that is off, a snapshot keeps disks, firmware variables, the TPM's "
		"state and the definition under one name; reverting brings all of them back "
		"together, so that BitLocker and Secure Boot find what they know. Of a running "
		"guest it keeps the disks alone, copied while it goes on; with its agent "
		"installed, file systems are at rest at that instant. Should this be killed in "
		"it, systemd lets them go within half a minute; thaw does so at once.\n\n"
		"Where the file system shares blocks (btrfs, XFS), disks are copied at once; "
		"elsewhere a qcow2 image keeps the point inside. A raw image elsewhere is copied "
		"in full. Passed-through disks are not part of it.\n\n"
		"Interrupted at any moment, the guest is in one of two states: the next snapshot "
		"command, or root's up, brings a revert to its end and removes half a snapshot. "
		"Until then a guest that is half reverted does not start.",
	.examples = examples,
	.flags = COMMAND_SHOWS,
	.options = options,
	.run = run,
};
