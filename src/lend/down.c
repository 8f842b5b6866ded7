/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "handover/step.h"
#include "lend/deadman.h"
#include "lend/lend.h"

#define GROUP_SECONDS 30 /* from the end of QEMU to a free VFIO group */
#define ASK_AGAIN_SECONDS 10
#define POLL_MICROSECONDS 250000

static gboolean is_off(struct virt *virt, const char *name, gboolean *off, GError **error)
{
	enum guest_state state;

	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	*off = state == GUEST_SHUT_OFF || state == GUEST_CRASHED;
	return TRUE;
}

/*
 * wait_shut_down - press the power button until the guest is off
 *
 * Again and again: firmware and a booting system lose the first press, and Windows takes each as
 * the same wish. Return: FALSE without an error if the time is over.
 */
static gboolean wait_shut_down(struct virt *virt, const char *name, guint seconds, GError **error)
{
	gint64 now = g_get_monotonic_time();
	gint64 deadline = now + (gint64)seconds * G_USEC_PER_SEC;
	gint64 ask_at = now;

	for (;; now = g_get_monotonic_time()) {
		g_autoptr(GError) refused = NULL;
		gboolean off = FALSE;

		if (!is_off(virt, name, &off, error))
			return FALSE;
		if (off)
			return TRUE;
		if (step_interrupted()) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
				    "interrupted; %s was asked to shut down, and its card comes "
				    "back when it has",
				    name);
			return FALSE;
		}
		/* The last look is a look only: who was just asked has no time to answer. */
		if (now >= deadline && now > ask_at - ASK_AGAIN_SECONDS * G_USEC_PER_SEC)
			return FALSE;
		if (now >= ask_at) {
			if (!virt_shutdown(virt, name, &refused) &&
			    is_off(virt, name, &off, NULL) && !off) {
				g_propagate_error(error, g_steal_pointer(&refused));
				return FALSE;
			}
			ask_at = now + ASK_AGAIN_SECONDS * G_USEC_PER_SEC;
		}
		g_usleep(POLL_MICROSECONDS);
	}
}

static gboolean pull_plug(struct virt *virt, const char *name, const struct lend_report *report,
			  GError **error)
{
	lend_say(report, LEND_BEGIN, "pulling the plug of %s", name);
	return virt_destroy(virt, name, error) &&
	       virt_wait_shut_off(virt, name, GROUP_SECONDS, error);
}

static gboolean shut_down(struct virt *virt, const char *name, const struct lend_options *options,
			  const struct lend_report *report, GError **error)
{
	g_autoptr(GError) failure = NULL;

	lend_say(report, LEND_BEGIN, "asked %s to shut down, waiting up to %u s", name,
		 options->timeout);
	if (wait_shut_down(virt, name, options->timeout, &failure))
		return TRUE;
	if (options->force && !step_interrupted())
		return pull_plug(virt, name, report, error);
	if (failure != NULL)
		g_propagate_error(error, g_steal_pointer(&failure));
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s still runs after %u s and keeps its card. Shut it down from "
			    "inside, or pull its plug: hotseat down --force %s",
			    name, options->timeout, name);
	return FALSE;
}

static gboolean end_guest(struct virt *virt, const char *name, const struct lend_options *options,
			  const struct lend_report *report, GError **error)
{
	enum guest_state state;

	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	if (state == GUEST_SHUT_OFF || state == GUEST_CRASHED) {
		lend_say(report, LEND_STEP, "%s is %s", name, guest_state_name(state));
		return TRUE;
	}
	return shut_down(virt, name, options, report, error);
}

gboolean lend_take_back(struct host *host, const char *uuid, const char *name, guint seconds,
			const struct lend_report *report, GError **error)
{
	struct lend_report to = *report;
	const struct handover_options options = { .progress = lend_report_step,
						  .data = &to,
						  .seconds = seconds };
	g_autoptr(GPtrArray) left = NULL;

	if (!handover_down(host, uuid, &options, &left, error)) {
		g_prefix_error(error, "cannot take back what %s had: ", name);
		return FALSE;
	}
	for (guint i = 0; left != NULL && i < left->len; i++)
		lend_say(report, LEND_STEP, "left as it is: %s",
			 (const char *)g_ptr_array_index(left, i));
	/* A timer that stays finds nothing to do. */
	(void)dead_man_disarm(uuid, NULL);
	return TRUE;
}

gboolean lend_down(const char *guest, const struct lend_options *options,
		   const struct lend_report *report, GError **error)
{
	autoptr(virt) virt = virt_open(error);
	autoptr(domain_facts) facts = NULL;
	autoptr(host) host = NULL;

	if (virt == NULL) {
		g_prefix_error(error,
			       "cannot ask the guest to shut down; if it is gone, hotseat "
			       "recover takes its card back: ");
		return FALSE;
	}
	facts = lend_read_guest(virt, guest, error);
	if (facts == NULL || !end_guest(virt, facts->name, options, report, error))
		return FALSE;
	/* The hook does this too, from inside libvirt; whoever comes second finds it done. */
	host = host_new_live(error);
	if (host == NULL ||
	    !lend_take_back(host, facts->uuid, facts->name, GROUP_SECONDS, report, error))
		return FALSE;
	lend_say(report, LEND_SAID, "%s is down, and its %s back with the host.", facts->name,
		 facts->cards[1] == NULL ? "card is" : "cards are");
	return TRUE;
}
