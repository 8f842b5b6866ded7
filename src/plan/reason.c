/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/reason.h"

static void reason_free(gpointer data)
{
	struct reason *reason = data;

	g_free(reason->about);
	g_free(reason->why);
	g_free(reason->instead_of);
	g_free(reason);
}

GPtrArray *reasons_new(void)
{
	return g_ptr_array_new_with_free_func(reason_free);
}

void reason_add(GPtrArray *reasons, const char *about, char *instead_of, const char *format, ...)
{
	struct reason *reason = g_new0(struct reason, 1);
	va_list args;

	reason->about = g_strdup(about);
	reason->instead_of = instead_of;
	va_start(args, format);
	reason->why = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(reasons, reason);
}
