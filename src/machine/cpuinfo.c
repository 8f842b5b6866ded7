/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpuinfo.h"

#include <string.h>

/* One processor with all its flags and bugs takes 2 to 3 KiB today. */
#define CPUINFO_MAX 16384

char *cpuinfo_read(const struct root *root)
{
	g_autoptr(GBytes) bytes = root_read_bytes(root, CPUINFO_MAX, NULL, "proc/cpuinfo");

	if (bytes == NULL)
		return NULL;
	return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

char *cpuinfo_value(const char *cpuinfo, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(cpuinfo, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *colon = strchr(lines[i], ':');

		if (colon != NULL && g_str_has_prefix(lines[i], key) &&
		    strchr("\t :", lines[i][strlen(key)]) != NULL)
			return g_strstrip(g_strdup(colon + 1));
	}
	return NULL;
}
