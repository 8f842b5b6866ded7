/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/place.h"

#include <unistd.h>

#include "hotseatd/client.h"
#include "plan/reason.h"

#define USUAL "seat0"
#define LOGIND_SEAT "/run/systemd/seats/" USUAL

static gboolean can_serve(const char **why_not)
{
	g_autoptr(GPtrArray) seats = NULL;

	*why_not = "logind knows no " USUAL " here";
	if (access(LOGIND_SEAT, F_OK) != 0)
		return FALSE;
	*why_not = "hotseatd does not answer";
	seats = client_seats(TRUE, NULL);
	return seats != NULL;
}

static void forget_reasons(GPtrArray *reasons)
{
	for (guint i = reasons->len; i-- > 0;) {
		const struct reason *reason = reasons->pdata[i];

		if (g_str_equal(reason->about, "keyboard") || g_str_equal(reason->about, "mouse"))
			g_ptr_array_remove_index(reasons, i);
	}
}

const char *place_choose(const char *wanted, const struct plan *plan)
{
	const char *why_not = "as you asked";
	gboolean none = wanted != NULL && g_str_equal(wanted, "none");

	if (none || (wanted == NULL && !can_serve(&why_not))) {
		reason_add(plan->reasons, "seat", none ? NULL : g_strdup(USUAL),
			   "none, QEMU moves this keyboard and mouse by both Ctrl keys: %s",
			   why_not);
		return NULL;
	}
	forget_reasons(plan->reasons);
	reason_add(plan->reasons, "seat", g_strdup("--seat none, QEMU's own toggle"),
		   "%s, every keyboard and mouse of it, by one chord for all guests",
		   wanted != NULL ? wanted : USUAL);
	return wanted != NULL ? wanted : USUAL;
}
