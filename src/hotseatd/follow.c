/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/follow.h"

#include <gudev/gudev.h>

#include "core/error.h"
#include "lend/lend.h"

/* Devices come in flocks: a hub with all that is plugged into it. */
#define SETTLE_MS 300
/* A guest that is being started cannot be given anything yet. */
#define AGAIN_MS 5000
#define FAILURES_MOST 3 /* then the next event is waited for */

struct follow {
	GUdevClient *udev;
	guint timer;
	gboolean looking, woken;
	gboolean stopping;
	void (*stopped)(void *data);
	void *stopped_data;

	/* Of the thread that looks; there is one at a time. */
	gboolean waiting; /* for a guest that does not run yet */
	gboolean failed;
	guint failures;  /* in a row */
	char *complaint; /* the last one, said once */
};

/* ---- what is to be done --------------------------------------------------------------------- */

static const struct usb *find_plugged(const GPtrArray *plugged, const char *id, const char *node)
{
	for (guint i = 0; i < plugged->len; i++) {
		const struct usb *usb = g_ptr_array_index(plugged, i);

		if (g_str_equal(usb->id, id) && g_str_equal(usb->node, node))
			return usb;
	}
	return NULL;
}

static gboolean has_node(const struct domain_facts *facts, const char *node)
{
	return g_strv_contains((const char *const *)facts->usb_nodes, node);
}

static guint count(char *const *ids, const char *id)
{
	guint n = 0;

	for (guint i = 0; ids[i] != NULL; i++)
		n += g_str_equal(ids[i], id) ? 1 : 0;
	return n;
}

/*
 * What was attached by hand and is not in the definition is none of ours. For a device that was not
 * there at the start libvirt has QEMU keep a place without an address, which looks for any device
 * that it can open, and is in the way of the real one (QEMU hw/usb/host-libusb.c, autoscan).
 */
static guint plan_detach(GArray *changes, const char *id, const struct domain_facts *live,
			 const GPtrArray *plugged)
{
	guint there = 0;

	for (guint i = 0; live->usb[i] != NULL; i++) {
		const struct follow_change change = { VIRT_DETACH, id, live->usb_nodes[i] };

		if (!g_str_equal(live->usb[i], id))
			continue;
		if (find_plugged(plugged, id, change.node) != NULL)
			there++;
		else
			g_array_append_val(changes, change);
	}
	return there;
}

static void plan_attach(GArray *changes, const char *id, guint missing,
			const struct domain_facts *live, const GPtrArray *plugged)
{
	for (guint i = 0; missing > 0 && i < plugged->len; i++) {
		const struct usb *usb = g_ptr_array_index(plugged, i);
		const struct follow_change change = { VIRT_ATTACH, id, usb->node };

		if (!g_str_equal(usb->id, id) || has_node(live, usb->node))
			continue;
		g_array_append_val(changes, change);
		missing--;
	}
}

GArray *follow_plan(const struct domain_facts *wanted, const struct domain_facts *live,
		    const GPtrArray *plugged)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct follow_change));

	for (guint i = 0; wanted->usb[i] != NULL; i++) {
		const char *id = wanted->usb[i];
		guint wants = count(wanted->usb, id), has;

		if (count(wanted->usb + i + 1, id) > 0)
			continue; /* a twin: all of them with the last */
		has = plan_detach(changes, id, live, plugged);
		if (has < wants)
			plan_attach(changes, id, wants - has, live, plugged);
	}
	return changes;
}

/* ---- doing it, on a thread ------------------------------------------------------------------ */

static void complain(struct follow *follow, const char *message)
{
	follow->failed = TRUE;
	if (g_strcmp0(follow->complaint, message) == 0)
		return;
	g_free(follow->complaint);
	follow->complaint = g_strdup(message);
	g_message("%s", message);
}

static void change_all(struct follow *follow, struct virt *virt, const char *guest,
		       const GArray *changes)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct follow_change *change =
			&g_array_index(changes, struct follow_change, i);
		g_autoptr(GError) error = NULL;

		if (!virt_change_usb(virt, guest, change->change, change->id, change->node, &error))
			complain(follow, error->message);
		else if (change->change == VIRT_ATTACH)
			g_message("%s has the USB device %s now", guest, change->id);
	}
}

static gboolean serve(struct follow *follow, struct virt *virt, const char *guest,
		      const GPtrArray *plugged, GError **error)
{
	g_autofree char *definition = virt_domain_xml(virt, guest, error);
	g_autofree char *now = NULL;
	autoptr(domain_facts) wanted = NULL;
	autoptr(domain_facts) live = NULL;
	g_autoptr(GArray) changes = NULL;
	enum guest_state state;

	if (definition == NULL || (wanted = domain_facts_parse(definition, error)) == NULL)
		return FALSE;
	if (wanted->usb[0] == NULL)
		return TRUE;
	if (!virt_guest_state(virt, guest, &state, error))
		return FALSE;
	if (state != GUEST_RUNNING && state != GUEST_PAUSED) {
		follow->waiting = TRUE;
		return TRUE;
	}
	now = virt_domain_live_xml(virt, guest, error);
	if (now == NULL || (live = domain_facts_parse(now, error)) == NULL)
		return FALSE;
	changes = follow_plan(wanted, live, plugged);
	change_all(follow, virt, guest, changes);
	return TRUE;
}

/* A journal that is not complete may belong to a guest whose hook is open: nobody asks libvirt. */
static void look_at_all(struct follow *follow, const GPtrArray *states)
{
	g_autoptr(GError) error = NULL;
	autoptr(root) root = root_open("/", &error);
	g_autoptr(GPtrArray) plugged = root == NULL ? NULL : usb_read(root);
	autoptr(virt) virt = plugged == NULL ? NULL : virt_open(&error);

	if (virt == NULL) {
		complain(follow, error->message);
		return;
	}
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);
		g_autoptr(GError) failure = NULL;

		if (!state->complete)
			follow->waiting = TRUE;
		else if (!serve(follow, virt, state->name, plugged, &failure))
			complain(follow, failure->message);
	}
}

static gboolean look_done(gpointer data);

static gpointer look_thread(gpointer data)
{
	struct follow *follow = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) states = lend_read_states(&error);

	follow->waiting = follow->failed = FALSE;
	if (states == NULL)
		complain(follow, error->message);
	else if (states->len > 0)
		look_at_all(follow, states);
	g_idle_add_full(G_PRIORITY_DEFAULT, look_done, follow, NULL);
	return NULL;
}

/* ---- when ----------------------------------------------------------------------------------- */

static gboolean on_timer(gpointer data)
{
	struct follow *follow = data;
	GThread *thread = g_thread_try_new("usb", look_thread, follow, NULL);

	follow->timer = 0;
	if (thread == NULL)
		return G_SOURCE_REMOVE; /* no thread to be had: with the next event */
	follow->looking = TRUE;
	follow->woken = FALSE;
	g_thread_unref(thread);
	return G_SOURCE_REMOVE;
}

static void look_in(struct follow *follow, guint milliseconds)
{
	if (follow->timer != 0)
		g_source_remove(follow->timer);
	follow->timer = g_timeout_add(milliseconds, on_timer, follow);
}

static gboolean look_done(gpointer data)
{
	struct follow *follow = data;

	follow->looking = FALSE;
	follow->failures = follow->failed ? follow->failures + 1 : 0;
	if (follow->stopping)
		follow->stopped(follow->stopped_data);
	else if (follow->woken)
		look_in(follow, SETTLE_MS);
	else if (follow->waiting || (follow->failed && follow->failures < FAILURES_MOST))
		look_in(follow, AGAIN_MS);
	return G_SOURCE_REMOVE;
}

void follow_wake(struct follow *follow)
{
	follow->woken = TRUE;
	follow->failures = 0;
	if (!follow->looking && !follow->stopping)
		look_in(follow, SETTLE_MS);
}

static void on_uevent(GUdevClient *client, const char *action, GUdevDevice *device, gpointer data)
{
	if (g_str_equal(action, "add") || g_str_equal(action, "remove"))
		follow_wake(data);
}

struct follow *follow_new(void)
{
	static const char *const subsystems[] = { "usb/usb_device", NULL };
	struct follow *follow = g_new0(struct follow, 1);

	follow->udev = g_udev_client_new(subsystems);
	g_signal_connect(follow->udev, "uevent", G_CALLBACK(on_uevent), follow);
	return follow;
}

void follow_stop(struct follow *follow, void (*stopped)(void *data), void *data)
{
	follow->stopping = TRUE;
	follow->stopped = stopped;
	follow->stopped_data = data;
	if (follow->timer != 0)
		g_source_remove(follow->timer);
	follow->timer = 0;
	if (!follow->looking)
		stopped(data);
}

void follow_free(struct follow *follow)
{
	if (follow == NULL)
		return;
	g_object_unref(follow->udev);
	g_free(follow->complaint);
	g_free(follow);
}
