/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/holders.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/error.h"
#include "core/match.h"
#include "machine/desktop.h"

#define NVIDIA_MAJOR 195

/* A device node of the card. */
struct node {
	char *name; /* "/dev/dri/card1" */
	dev_t number;
};

static void node_free(gpointer data)
{
	struct node *node = data;

	g_free(node->name);
	g_free(node);
}

void holder_free(struct holder *holder)
{
	if (holder == NULL)
		return;
	g_free(holder->process);
	g_free(holder->node);
	g_free(holder);
}

static void free_holder(gpointer holder)
{
	holder_free(holder);
}

/* Where below a function's folder in sysfs its nodes are, and where in dev/ they are called. */
static const struct {
	const char *pattern; /* a step may have "*" */
	const char *dev;
} node_places[] = {
	{ "drm/*", "/dev/dri/" },
	{ "drm/card*/card*/i2c-*/i2c-dev/i2c-*", "/dev/" },
	{ "drm/card*/card*/drm_dp_aux*", "/dev/" },
	{ "graphics/fb*", "/dev/" },
	{ "i2c-*/i2c-dev/i2c-*", "/dev/" },
	{ "accel/accel*", "/dev/accel/" },
	{ "misc/*", "/dev/" },
	{ "sound/card*/*", "/dev/snd/" },
};

static void add_node(GPtrArray *nodes, const char *dev, const char *name, dev_t number)
{
	struct node *node = g_new0(struct node, 1);

	node->name = g_strconcat(dev, name, NULL);
	node->number = number;
	g_ptr_array_add(nodes, node);
}

static void add_node_of_folder(const struct root *root, const char *folder, const char *dev,
			       GPtrArray *nodes)
{
	g_autofree char *text = root_read(root, NULL, "%s/dev", folder);
	g_autofree char *name = g_path_get_basename(folder);
	unsigned int major, minor;

	if (text != NULL && sscanf(text, "%u:%u", &major, &minor) == 2)
		add_node(nodes, dev, name, makedev(major, minor));
}

static void add_nodes(const struct root *root, const char *address, const char *pattern,
		      const char *dev, GPtrArray *nodes)
{
	g_autofree char *whole = g_build_filename("sys/bus/pci/devices", address, pattern, NULL);
	g_auto(GStrv) folders = match_paths(root, whole);

	for (guint i = 0; folders[i] != NULL; i++)
		add_node_of_folder(root, folders[i], dev, nodes);
}

/*
 * NVIDIA's own driver makes its nodes without the kernel's device model, so sysfs does not know
 * them; which number a card has is said in proc. nvidiactl, -modeset and -uvm belong to all cards
 * together and prove nothing about one.
 */
static void add_nvidia_node(const struct root *root, const struct pcidev *dev, GPtrArray *nodes)
{
	g_autofree char *text =
		root_read(root, NULL, "proc/driver/nvidia/gpus/%s/information", dev->address);
	const char *line = text == NULL ? NULL : strstr(text, "Device Minor:");
	unsigned int minor;
	g_autofree char *name = NULL;

	if (line == NULL || sscanf(line, "Device Minor: %u", &minor) != 1)
		return;
	name = g_strdup_printf("nvidia%u", minor);
	add_node(nodes, "/dev/", name, makedev(NVIDIA_MAJOR, minor));
}

static GPtrArray *find_nodes(const struct root *root, const struct card *card)
{
	GPtrArray *nodes = g_ptr_array_new_with_free_func(node_free);

	for (guint f = 0; f < card->functions->len; f++) {
		const struct pcidev *dev = g_ptr_array_index(card->functions, f);

		for (guint i = 0; i < G_N_ELEMENTS(node_places); i++)
			add_nodes(root, dev->address, node_places[i].pattern, node_places[i].dev,
				  nodes);
		add_nvidia_node(root, dev, nodes);
	}
	return nodes;
}

static struct node *node_by_number(const GPtrArray *nodes, dev_t number)
{
	for (guint i = 0; i < nodes->len; i++) {
		struct node *node = g_ptr_array_index(nodes, i);

		if (node->number == number)
			return node;
	}
	return NULL;
}

static struct node *node_by_name(const GPtrArray *nodes, const char *name)
{
	for (guint i = 0; i < nodes->len; i++) {
		struct node *node = g_ptr_array_index(nodes, i);

		if (g_str_equal(node->name, name))
			return node;
	}
	return NULL;
}

/*
 * On the live machine by number: in a container the node has another path. A foreign root's
 * descriptors are links that lead nowhere, so there the text must do.
 */
static struct node *node_of_descriptor(const struct root *root, const char *pid, const char *fd,
				       const GPtrArray *nodes)
{
	g_autofree char *target = root_read_link_target(root, NULL, "proc/%s/fd/%s", pid, fd);
	struct statx info;

	/* "socket:[123]", "anon_inode:...": most descriptors, and never a device */
	if (target == NULL || target[0] != '/')
		return NULL;
	if (!root_is_live(root))
		return node_by_name(nodes, target);
	if (!root_stat(root, &info, NULL, "proc/%s/fd/%s", pid, fd) || !S_ISCHR(info.stx_mode))
		return NULL;
	return node_by_number(nodes, makedev(info.stx_rdev_major, info.stx_rdev_minor));
}

static void add_holder(const struct root *root, const char *pid, const struct node *node,
		       GPtrArray *holders)
{
	struct holder *holder = g_new0(struct holder, 1);

	holder->pid = (int)g_ascii_strtoll(pid, NULL, 10);
	holder->process = root_read(root, NULL, "proc/%s/comm", pid);
	if (holder->process == NULL)
		holder->process = g_strdup("?");
	holder->node = g_strdup(node->name);
	/*
	 * Every desktop's sound server has the control node of every sound card open, for ever, and
	 * closes it when it is told that the card leaves (handover/sound.c).
	 */
	holder->yields = g_str_has_prefix(node->name, "/dev/snd/") &&
			 desktop_is_sound_server(holder->process);
	g_ptr_array_add(holders, holder);
}

/* FALSE if the descriptors could not be read, other than because the process is gone */
static gboolean look_at_process(const struct root *root, const char *pid, const GPtrArray *nodes,
				GPtrArray *holders)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	g_auto(GStrv) descriptors = root_list(root, &error, "proc/%s/fd", pid);

	if (descriptors == NULL)
		return hotseat_error_is(error, HOTSEAT_ERROR_ABSENT);
	for (guint i = 0; descriptors[i] != NULL; i++) {
		struct node *node = node_of_descriptor(root, pid, descriptors[i], nodes);

		if (node == NULL || g_ptr_array_find(found, node, NULL))
			continue;
		g_ptr_array_add(found, node);
		add_holder(root, pid, node, holders);
	}
	return TRUE;
}

/*
 * Who opens devices for a session's program keeps a descriptor too, logind another in systemd, and
 * lets go when that program does. Sources: TakeDevice() in systemd's org.freedesktop.login1(5);
 * libseat's seatd.
 */
static gboolean opens_for_others(const struct holder *holder)
{
	const char *const names[] = { "systemd-logind", "elogind-daemon", "seatd" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(holder->process, names[i]))
			return TRUE;
	}
	return holder->pid == 1;
}

static gboolean is_for_another(const GPtrArray *holders, const struct holder *holder)
{
	if (!opens_for_others(holder))
		return FALSE;
	for (guint i = 0; i < holders->len; i++) {
		const struct holder *other = g_ptr_array_index(holders, i);

		if (!opens_for_others(other) && g_str_equal(other->node, holder->node))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *holders_read(const struct root *root, const struct card *card, gboolean *complete)
{
	GPtrArray *holders = g_ptr_array_new_with_free_func(free_holder);
	g_autoptr(GPtrArray) nodes = find_nodes(root, card);
	g_auto(GStrv) names = root_list(root, NULL, "proc");
	g_autofree char *self = g_strdup_printf("%d", (int)getpid());

	*complete = names != NULL;
	for (guint i = 0; names != NULL && nodes->len > 0 && names[i] != NULL; i++) {
		if (!g_ascii_isdigit(names[i][0]) ||
		    (root_is_live(root) && g_str_equal(names[i], self)))
			continue;
		if (!look_at_process(root, names[i], nodes, holders))
			*complete = FALSE;
	}
	for (guint i = holders->len; i > 0; i--) {
		if (is_for_another(holders, g_ptr_array_index(holders, i - 1)))
			g_ptr_array_remove_index(holders, i - 1);
	}
	return holders;
}

char *holders_text(const GPtrArray *holders, gboolean (*is_meant)(const struct holder *holder))
{
	g_autoptr(GString) text = g_string_new(NULL);
	int last = 0;

	for (guint i = 0; i < holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(holders, i);

		if (holder->pid == last || !is_meant(holder))
			continue;
		last = holder->pid;
		g_string_append_printf(text, "%s%s (%d)", text->len == 0 ? "" : ", ",
				       holder->process, holder->pid);
	}
	return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}
