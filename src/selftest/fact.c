/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest/fact.h"

#include <string.h>

#include "core/match.h"

enum how {
	READ,  /* what the file says */
	LINK,  /* the last component of where the link leads */
	NAMES, /* what the folder has, without numbers */
	CORES, /* of a control group; without the controller it may run where everybody may */
};

/* A step may have "*"; "%" is a function of the card. */
static const struct place {
	enum how how;
	const char *pattern, *name;
} places[] = {
	{ LINK, "sys/bus/pci/devices/%/driver", "driver" },
	{ READ, "sys/bus/pci/devices/%/driver_override", "driver_override" },
	{ READ, "sys/bus/pci/devices/%/power/control", "power/control" },
	{ READ, "sys/bus/pci/devices/%/d3cold_allowed", "d3cold_allowed" },
	{ NAMES, "sys/bus/pci/devices/%/drm", "screens" },
	{ READ, "sys/bus/pci/devices/%/sound/card*/id", "sound card" },
	{ READ, "sys/class/graphics/fb*/name", "framebuffers" },
	{ LINK, "sys/bus/platform/devices/*-framebuffer.*/driver", "the firmware's framebuffer" },
	{ READ, "sys/class/vtconsole/vtcon*/bind", "consoles bound to a screen" },
	{ READ, "sys/devices/system/node/node*/hugepages/*/nr_hugepages", "huge pages" },
	{ READ, "sys/kernel/mm/transparent_hugepage/enabled", "transparent huge pages" },
	{ READ, "sys/devices/system/cpu/cpufreq/policy*/scaling_governor", "governors" },
	{ CORES, "sys/fs/cgroup/system.slice", "cores of system.slice" },
	{ CORES, "sys/fs/cgroup/user.slice", "cores of user.slice" },
	{ CORES, "sys/fs/cgroup/init.scope", "cores of init.scope" },
	{ NAMES, "run/hotseat", "open journals" },
	{ NAMES, "var/lib/hotseat/breadcrumb", "breadcrumb" },
};

static void fact_free(gpointer data)
{
	struct fact *fact = data;

	g_free(fact->what);
	g_free(fact->value);
	g_free(fact);
}

static void add(GString *value, const char *text)
{
	g_string_append_printf(value, "%s%s", value->len > 0 ? " " : "", text);
}

static void add_names(const struct root *root, const char *path, GString *value)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", path);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		/* run/hotseat has the relay's and others' sockets, too */
		if (g_str_has_prefix(path, "run/") && !g_str_has_suffix(names[i], ".journal"))
			continue;
		names[i][strcspn(names[i], "0123456789")] = '\0';
		add(value, names[i]);
	}
	if (names == NULL && root_exists(root, "%s", path))
		add(value, "there");
}

static void add_value(const struct root *root, enum how how, const char *path, GString *value)
{
	g_autofree char *text = NULL;

	switch (how) {
	case NAMES:
		add_names(root, path, value);
		return;
	case READ:
		text = root_read(root, NULL, "%s", path);
		break;
	case CORES:
		text = root_read(root, NULL, "%s/cpuset.cpus.effective", path);
		if (text == NULL)
			text = root_read(root, NULL, "sys/fs/cgroup/cpuset.cpus.effective");
		break;
	case LINK:
		text = root_read_link(root, NULL, "%s", path);
		break;
	}
	if (text != NULL)
		add(value, g_strstrip(text));
}

static void add_fact(const struct root *root, const struct place *place, const char *function,
		     GPtrArray *facts)
{
	g_auto(GStrv) parts = g_strsplit(place->pattern, "%", 2);
	g_autofree char *pattern = g_strjoinv(function, parts);
	g_auto(GStrv) paths = match_paths(root, pattern);
	g_autoptr(GString) value = g_string_new(NULL);
	struct fact *fact = g_new0(struct fact, 1);

	for (guint i = 0; paths[i] != NULL; i++)
		add_value(root, place->how, paths[i], value);
	fact->what = function == NULL ? g_strdup(place->name)
				      : g_strdup_printf("%s of %s", place->name, function);
	fact->value = g_strdup(value->len == 0 ? "none" : value->str);
	g_ptr_array_add(facts, fact);
}

GPtrArray *facts_read(const struct root *root, const char *const *functions)
{
	GPtrArray *facts = g_ptr_array_new_with_free_func(fact_free);

	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		if (strchr(places[i].pattern, '%') == NULL)
			add_fact(root, &places[i], NULL, facts);
		for (guint f = 0; strchr(places[i].pattern, '%') != NULL && functions[f] != NULL;
		     f++)
			add_fact(root, &places[i], functions[f], facts);
	}
	return facts;
}

GPtrArray *facts_compare(const GPtrArray *before, const GPtrArray *now)
{
	GPtrArray *differ = g_ptr_array_new_with_free_func(g_free);

	g_assert(before->len == now->len);
	for (guint i = 0; i < before->len; i++) {
		const struct fact *was = g_ptr_array_index(before, i);
		const struct fact *is = g_ptr_array_index(now, i);

		if (!g_str_equal(was->value, is->value))
			g_ptr_array_add(differ, g_strdup_printf("%s: was %s, is %s", was->what,
								was->value, is->value));
	}
	return differ;
}
