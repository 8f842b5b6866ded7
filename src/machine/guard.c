/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/guard.h"

#include <string.h>

void guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	g_free(guard->lockdown);
	g_free(guard);
}

/* sys/fs/selinux is there exactly if SELinux is on; its status can be read by everybody. */
static enum known read_selinux(const struct root *root)
{
	guint64 enforce;

	if (root_read_number(root, 10, &enforce, NULL, "sys/fs/selinux/enforce"))
		return known_from(enforce == 1);
	return root_exists(root, "sys/fs") ? KNOWN_NO : NOT_KNOWN;
}

static enum known read_apparmor(const struct root *root)
{
	g_autofree char *enabled = root_read(root, NULL, "sys/module/apparmor/parameters/enabled");

	if (enabled != NULL)
		return known_from(g_str_equal(enabled, "Y"));
	return root_exists(root, "sys/module") ? KNOWN_NO : NOT_KNOWN;
}

/* "none [integrity] confidentiality"; only root can look into securityfs on some systems */
static char *read_lockdown(const struct root *root)
{
	g_autofree char *text = root_read(root, NULL, "sys/kernel/security/lockdown");
	const char *start = text == NULL ? NULL : strchr(text, '[');

	return start == NULL ? NULL : g_strndup(start + 1, strcspn(start + 1, "]"));
}

struct guard *guard_read(const struct root *root)
{
	struct guard *guard = g_new0(struct guard, 1);

	guard->selinux = read_selinux(root);
	guard->apparmor = read_apparmor(root);
	guard->lockdown = read_lockdown(root);
	return guard;
}
