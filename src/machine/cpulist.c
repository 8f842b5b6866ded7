/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpulist.h"

#include <string.h>

enum member {
	MEMBER_NO,
	MEMBER_YES,
	MEMBER_NEVER, /* "^2", wherever it stands */
};

/* read_range - "3", "0-3" or "^2" into the members below @end; FALSE: it is none of them */
static gboolean read_range(char *text, guint8 *members, guint *end)
{
	const char *range = g_strstrip(text);
	enum member member = range[0] == '^' ? MEMBER_NEVER : MEMBER_YES;
	const char *digits = range + (member == MEMBER_NEVER ? 1 : 0);
	g_auto(GStrv) ends = g_strsplit(digits, "-", 2);
	guint64 first, last;

	if (ends[0] == NULL ||
	    !g_ascii_string_to_unsigned(ends[0], 10, 0, CPULIST_MAX - 1, &first, NULL))
		return FALSE;
	last = first;
	if (ends[1] != NULL &&
	    !g_ascii_string_to_unsigned(ends[1], 10, first, CPULIST_MAX - 1, &last, NULL))
		return FALSE;
	for (guint64 cpu = first; cpu <= last; cpu++)
		members[cpu] = MAX(members[cpu], (guint8)member);
	*end = MAX(*end, (guint)last + 1);
	return TRUE;
}

GArray *cpulist_read(const char *text)
{
	g_autofree guint8 *members = g_new0(guint8, CPULIST_MAX);
	g_auto(GStrv) ranges = g_strsplit(text, ",", -1);
	GArray *list;
	guint end = 0;

	for (guint i = 0; ranges[i] != NULL; i++) {
		if (!read_range(ranges[i], members, &end))
			return NULL;
	}
	list = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint cpu = 0; cpu < end; cpu++) {
		if (members[cpu] == MEMBER_YES)
			g_array_append_val(list, cpu);
	}
	return list;
}

gboolean cpulist_has(const GArray *list, guint cpu)
{
	for (guint i = 0; list != NULL && i < list->len; i++) {
		if (g_array_index(list, guint, i) == cpu)
			return TRUE;
	}
	return FALSE;
}
