/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <hwloc.h>
#include <string.h>

#include "core/error.h"
#include "handover/kinds.h"
#include "handover/share.h"

/* How fast cores run, and whose processes run on them. */

/* Governors: "policy0" is a group of cores that change their speed together. */

#define GOVERNOR "sys/devices/system/cpu/cpufreq/%s/scaling_governor"

static gboolean is_policy(const char *text)
{
	return g_str_has_prefix(text, "policy") && step_is_name(text, "");
}

static gboolean is_governor(const char *text)
{
	return step_is_name(text, "");
}

static char *governor_read(struct host *host, const char *policy, GError **error)
{
	return root_read(host->root, error, GOVERNOR, policy);
}

static gboolean governor_write(struct host *host, const struct step *baseline, const char *value,
			       GError **error)
{
	g_autofree char *path = g_strdup_printf(GOVERNOR, baseline->subject);

	return host->write(host, path, value, error);
}

static const struct share governor_share = {
	.check_subject = is_policy,
	.check_value = is_governor,
	.read = governor_read,
	.write = governor_write,
};
const struct step_kind governor_kind = SHARED_STEP("governor", &governor_share);

/*
 * Cores that are the guest's alone (PN-06): the units at the top of systemd's tree get the others.
 * Only machine.slice, where libvirt puts guests, keeps all.
 *
 * An emptied AllowedCPUs is not taken back from control groups that exist (systemd issue 43846).
 * So the way back sets the former list, reads it back, and then removes systemd's record of it.
 */
#define EFFECTIVE "sys/fs/cgroup/%s/cpuset.cpus.effective"
#define RECORD "run/systemd/system.control/%s.d/50-AllowedCPUs.conf"
#define SYSTEMCTL_SECONDS 30
#define READ_BACK_SECONDS 10

const char *const cpus_units[] = { "system.slice", "user.slice", "init.scope", NULL };

static gboolean is_unit(const char *text)
{
	return step_is_name(text, ".") &&
	       (g_str_has_suffix(text, ".slice") || g_str_has_suffix(text, ".scope"));
}

static gboolean is_list(const char *text)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	gboolean valid = text[0] != '\0' && strspn(text, "0123456789,-") == strlen(text) &&
			 hwloc_bitmap_list_sscanf(set, text) == 0 && hwloc_bitmap_weight(set) > 0;

	hwloc_bitmap_free(set);
	return valid;
}

char *cpus_without(const char *all, const char *lent)
{
	hwloc_bitmap_t rest = hwloc_bitmap_alloc(), taken = hwloc_bitmap_alloc();
	char text[4096] = "";
	gboolean valid = is_list(all) && is_list(lent) &&
			 hwloc_bitmap_list_sscanf(rest, all) == 0 &&
			 hwloc_bitmap_list_sscanf(taken, lent) == 0;

	hwloc_bitmap_andnot(rest, rest, taken);
	hwloc_bitmap_list_snprintf(text, sizeof(text), rest);
	hwloc_bitmap_free(rest);
	hwloc_bitmap_free(taken);
	return valid ? g_strdup(text) : NULL;
}

/* Without the controller a unit has no list of its own and may run where everybody may. */
static char *cpus_read(struct host *host, const char *unit, GError **error)
{
	if (root_exists(host->root, EFFECTIVE, unit))
		return root_read(host->root, error, EFFECTIVE, unit);
	if (root_exists(host->root, "sys/fs/cgroup/%s", unit))
		return root_read(host->root, error, "sys/fs/cgroup/cpuset.cpus.effective");
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "there is no unit %s", unit);
	return NULL;
}

static gboolean cpus_save(struct host *host, struct step *baseline, GError **error)
{
	/* 1 or 0, which are lists as well, as all values of this kind are. */
	step_set(baseline, "recorded",
		 root_exists(host->root, RECORD, baseline->subject) ? "1" : "0");
	return TRUE;
}

/* Two guests together must leave something; where they do not, the cores are not kept apart. */
static char *cpus_combine(const struct step *baseline, const GPtrArray *claims)
{
	g_autofree char *rest = g_strdup(step_get(baseline, "former"));

	for (guint i = 0; i < claims->len; i++) {
		const struct step_value *claim = g_ptr_array_index(claims, i);
		char *less = cpus_without(rest, claim->value);

		if (less == NULL || less[0] == '\0') {
			g_free(less);
			return g_strdup(step_get(baseline, "former"));
		}
		g_free(rest);
		rest = less;
	}
	return g_steal_pointer(&rest);
}

struct expected {
	const char *unit, *list;
};

static gboolean is_effective(struct host *host, const void *data)
{
	const struct expected *expected = data;
	g_autofree char *now = cpus_read(host, expected->unit, NULL);

	return g_strcmp0(now, expected->list) == 0;
}

static gboolean has_records(struct host *host)
{
	for (guint i = 0; cpus_units[i] != NULL; i++) {
		if (root_exists(host->root, RECORD, cpus_units[i]))
			return TRUE;
	}
	return FALSE;
}

/* The manager is told once, after the last: it reads all its units again. */
static gboolean cpus_clean(struct host *host, const struct step *baseline, GError **error)
{
	static const char *const reload[] = { "/usr/bin/systemctl", "--no-ask-password",
					      "daemon-reload", NULL };
	g_autofree char *path = g_strdup_printf(RECORD, baseline->subject);
	gboolean recorded = root_exists(host->root, "%s", path);

	if (!recorded || g_strcmp0(step_get(baseline, "recorded"), "0") != 0)
		return TRUE;
	return host->remove(host, path, error) &&
	       (has_records(host) || host->run(host, reload, SYSTEMCTL_SECONDS, error));
}

static gboolean cpus_write(struct host *host, const struct step *baseline, const char *value,
			   GError **error)
{
	g_autofree char *property = g_strconcat("AllowedCPUs=", value, NULL);
	const char *const argv[] = { "/usr/bin/systemctl",
				     "--no-ask-password",
				     "--runtime",
				     "set-property",
				     baseline->subject,
				     property,
				     NULL };
	const struct expected expected = { baseline->subject, value };

	if (!host->run(host, argv, SYSTEMCTL_SECONDS, error))
		return FALSE;
	if (!host_wait(host, READ_BACK_SECONDS, is_effective, &expected)) {
		g_autofree char *now = cpus_read(host, baseline->subject, NULL);

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s should run on cores %s and runs on %s", baseline->subject, value,
			    now == NULL ? "unknown ones" : now);
		return FALSE;
	}
	return TRUE;
}

static const struct share cpus_share = {
	.check_subject = is_unit,
	.check_value = is_list,
	.read = cpus_read,
	.asked = TRUE,
	.save = cpus_save,
	.combine = cpus_combine,
	.write = cpus_write,
	.clean = cpus_clean,
};
const struct step_kind cpus_kind = SHARED_STEP("cpus", &cpus_share);
