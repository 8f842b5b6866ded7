/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/keeping.h"

#include "core/error.h"
#include "guest/virt-backup.h"
#include "guest/virt-freeze.h"
#include "lend/freeze.h"
#include "lend/lend.h"

#define NVRAM_FOLDER "/var/lib/libvirt/qemu/nvram"
#define TPM_FOLDER "/var/lib/libvirt/swtpm"
#define OPEN_TRIES 20
#define OPEN_PAUSE_MICROSECONDS 100000

void keeping_free(struct keeping *keeping)
{
	if (keeping == NULL)
		return;
	g_free(keeping->xml);
	g_free(keeping->nvram);
	g_free(keeping->tpm);
	g_free(keeping->restless);
	g_free(keeping);
}

static gboolean define(const char *xml, void *data, GError **error)
{
	struct keeping *keeping = data;

	return virt_define(keeping->virt, xml, NULL, error);
}

/* Without an agent the copy is what a disk has after a power cut, and guests can that. */
static gboolean copy_live(char **targets, char **copies, char **formats, gboolean *quiesced,
			  void *data, GError **error)
{
	struct keeping *keeping = data;
	const char *name = keeping->guest.name;
	g_autoptr(GError) why = NULL;
	gboolean still = freeze_begin(keeping->virt, keeping->facts, &why);
	gboolean begun = virt_backup_begin(keeping->virt, name, targets, copies, formats, error);

	/* What is written from here on is not in the copy. */
	if (still)
		still = freeze_end(keeping->virt, keeping->facts, &why);
	if (why != NULL)
		keeping->restless = g_strdup(why->message);
	*quiesced = still;
	return begun && virt_backup_wait(keeping->virt, name, error);
}

struct keeping *keeping_new(struct virt *virt, const struct domain_facts *facts, GError **error)
{
	autoptr(keeping) keeping = g_new0(struct keeping, 1);

	keeping->virt = virt;
	keeping->facts = facts;
	if (!virt_guest_state(virt, facts->name, &keeping->state, error))
		return NULL;
	/* The disks that a running guest writes to, whatever it is defined to have next time. */
	keeping->xml = keeping->state == GUEST_SHUT_OFF
			       ? virt_domain_xml(virt, facts->name, error)
			       : virt_domain_live_xml(virt, facts->name, error);
	if (keeping->xml == NULL)
		return NULL;
	/* Before libvirt 9.2 the definition does not name the file that it will have. */
	if (facts->nvram != NULL)
		keeping->nvram = g_strdup(facts->nvram);
	else if (facts->uefi)
		keeping->nvram = g_strdup_printf(NVRAM_FOLDER "/%s_VARS.fd", facts->name);
	if (facts->tpm)
		keeping->tpm = g_build_filename(TPM_FOLDER, facts->uuid, NULL);
	keeping->guest = (struct snapshot_guest){
		.name = facts->name,
		.uuid = facts->uuid,
		.xml = keeping->xml,
		.nvram = keeping->nvram,
		.tpm = keeping->tpm,
		.define = define,
		.copy_live = keeping->state == GUEST_SHUT_OFF ? NULL : copy_live,
		.data = keeping,
	};
	return g_steal_pointer(&keeping);
}

/* Either fails where there is nothing of it, and that is fine: systemd's timer thaws too. */
static void abandon(const struct keeping *keeping)
{
	gboolean held;

	(void)virt_thaw(keeping->virt, keeping->guest.name, &held, NULL);
	virt_backup_abandon(keeping->virt, keeping->guest.name);
}

/* Whoever only looks has them open for an instant. */
static struct snapshot_store *open_store(const char *uuid, GError **error)
{
	for (guint tries = OPEN_TRIES;; tries--) {
		g_autoptr(GError) why = NULL;
		struct snapshot_store *store = snapshot_store_open(SNAPSHOT_BASE, uuid, &why);

		if (store != NULL)
			return store;
		if (tries == 0 || !hotseat_error_is(why, HOTSEAT_ERROR_BUSY)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		g_usleep(OPEN_PAUSE_MICROSECONDS);
	}
}

struct snapshot_store *keeping_settle(struct keeping *keeping, GError **error)
{
	autoptr(snapshot_store) store = open_store(keeping->guest.uuid, error);

	if (store == NULL || !snapshot_needs_settling(store))
		return g_steal_pointer(&store);
	if (keeping->guest.copy_live != NULL)
		abandon(keeping);
	if (snapshot_settle(store, &keeping->guest, error))
		return g_steal_pointer(&store);
	g_prefix_error(error, "what was interrupted in the snapshots of %s cannot be finished: ",
		       keeping->guest.name);
	return NULL;
}

static gboolean has_snapshots(const struct domain_facts *facts)
{
	g_autofree char *folder = g_build_filename(SNAPSHOT_BASE, facts->uuid, NULL);

	return g_file_test(folder, G_FILE_TEST_EXISTS);
}

gboolean keeping_settle_before_start(const char *guest, GError **error)
{
	autoptr(virt) virt = virt_open(NULL);
	autoptr(domain_facts) facts = virt != NULL ? lend_read_guest(virt, guest, NULL) : NULL;
	autoptr(keeping) keeping = NULL;
	autoptr(snapshot_store) store = NULL;

	if (facts == NULL || !has_snapshots(facts))
		return TRUE;
	keeping = keeping_new(virt, facts, error);
	store = keeping != NULL ? keeping_settle(keeping, error) : NULL;
	return store != NULL;
}

gboolean keeping_hold(const struct domain_facts *facts, struct snapshot_store **store,
		      GError **error)
{
	autoptr(snapshot_store) opened = NULL;

	if (!has_snapshots(facts))
		return TRUE;
	opened = open_store(facts->uuid, error);
	if (opened == NULL)
		return FALSE;
	if (snapshot_is_reverting(opened)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s was interrupted on its way back to a snapshot and is half there; "
			    "this brings it to its end, and starts it: sudo hotseat up %s",
			    facts->name, facts->name);
		return FALSE;
	}
	*store = g_steal_pointer(&opened);
	return TRUE;
}
