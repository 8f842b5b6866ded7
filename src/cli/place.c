/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/place.h"

#include <unistd.h>

#include "core/error.h"
#include "guest/side.h"
#include "hotseatd/client.h"
#include "plan/reason.h"
#include "seat/seat.h"

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

guint place_side(const char *seat, struct virt *virt, GError **error)
{
	guint side = side_choose(virt, seat, SEAT_SIDES - 1);

	if (side == 0)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s has room for %u guests, and has as many; take it from one of them "
			    "with: hotseat set GUEST seat=none",
			    seat, SEAT_SIDES - 1);
	return side;
}

gboolean place_choose(const char *wanted, struct virt *virt, struct place *place, GError **error)
{
	*place = (struct place){ .why_not = "as you asked" };
	if (wanted != NULL && g_str_equal(wanted, "none"))
		return TRUE;
	if (wanted == NULL && !can_serve(&place->why_not))
		return TRUE;
	place->seat = wanted != NULL ? wanted : USUAL;
	place->side = place_side(place->seat, virt, wanted != NULL ? error : NULL);
	if (place->side != 0)
		return TRUE;
	*place = (struct place){ .why_not = USUAL " has as many guests as it has room for" };
	return wanted == NULL;
}

void place_explain(const struct place *place, struct plan *plan)
{
	if (place->seat == NULL)
		reason_add(plan->reasons, "seat", g_strdup(USUAL),
			   "none, QEMU moves this keyboard and mouse by both Ctrl keys: %s",
			   place->why_not);
	else
		reason_add(plan->reasons, "seat", g_strdup("--seat none, QEMU's own toggle"),
			   "%s, every keyboard and mouse of it, by one chord for all guests",
			   place->seat);
}
