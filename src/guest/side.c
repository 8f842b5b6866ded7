/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/side.h"

#include "guest/domain.h"

guint side_choose(struct virt *virt, const char *seat, guint most)
{
	g_auto(GStrv) names = virt_list(virt, NULL);
	guint taken = 0;

	g_assert(most < 32);
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *xml = virt_domain_xml(virt, names[i], NULL);
		autoptr(domain_facts) facts = xml != NULL ? domain_facts_parse(xml, NULL) : NULL;

		if (facts != NULL && g_strcmp0(facts->seat, seat) == 0 && facts->seat_side < 32)
			taken |= 1U << facts->seat_side;
	}
	for (guint side = 1; side <= most; side++) {
		if ((taken & 1U << side) == 0)
			return side;
	}
	return 0;
}
