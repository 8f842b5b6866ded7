/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/probe.h"

#include <string.h>

#include "core/error.h"

enum known probe_exists(const struct root *root, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *branch = g_strndup(path, strcspn(path, "/"));
	struct statx info;

	if (root_stat(root, &info, &error, "%s", path))
		return KNOWN_YES;
	if (!hotseat_error_is(error, HOTSEAT_ERROR_ABSENT) || !root_exists(root, "%s", branch))
		return NOT_KNOWN;
	return KNOWN_NO;
}

enum known probe_any(const struct root *root, const char *const *paths)
{
	enum known answer = KNOWN_NO;

	for (guint i = 0; paths[i] != NULL; i++) {
		enum known one = probe_exists(root, paths[i]);

		if (one == KNOWN_YES)
			return KNOWN_YES;
		if (one == NOT_KNOWN)
			answer = NOT_KNOWN;
	}
	return answer;
}

guint probe_count(const struct root *root, const char *path)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", path);

	return names == NULL ? 0 : g_strv_length(names);
}
