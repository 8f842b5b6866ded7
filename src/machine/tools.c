/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/tools.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "machine/probe.h"

void tools_free(struct tools *tools)
{
	if (tools == NULL)
		return;
	g_free(tools->os_id);
	g_free(tools->os_id_like);
	g_free(tools->os_name);
	g_free(tools->qemu);
	g_free(tools->libvirtd);
	g_free(tools);
}

/* os-release is shell assignments; what g_shell_unquote() refuses is kept as it stands */
static char *os_release_value(char **lines, const char *key)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		const char *text = lines[i] + strlen(key);
		char *value;

		if (!g_str_has_prefix(lines[i], key))
			continue;
		value = g_shell_unquote(text, NULL);
		return value == NULL ? g_strdup(text) : value;
	}
	return NULL;
}

static void read_os(const struct root *root, struct tools *tools)
{
	g_autofree char *text = root_read(root, NULL, "etc/os-release");
	g_auto(GStrv) lines = NULL;

	if (text == NULL)
		text = root_read(root, NULL, "usr/lib/os-release");
	if (text == NULL)
		return;
	lines = g_strsplit(text, "\n", -1);
	tools->os_id = os_release_value(lines, "ID=");
	tools->os_id_like = os_release_value(lines, "ID_LIKE=");
	tools->os_name = os_release_value(lines, "PRETTY_NAME=");
}

static char *first_there(const struct root *root, const char *const *paths)
{
	for (guint i = 0; paths[i] != NULL; i++) {
		if (root_exists(root, "%s", paths[i]))
			return g_strconcat("/", paths[i], NULL);
	}
	return NULL;
}

static const char *const qemu_paths[] = {
	"usr/bin/qemu-system-x86_64",
	"usr/local/bin/qemu-system-x86_64",
	"usr/bin/qemu-kvm",
	"usr/libexec/qemu-kvm",
	NULL,
};

/* Fedora and Arch have merged sbin into bin. */
static const char *const libvirtd_paths[] = {
	"usr/sbin/libvirtd", "usr/bin/libvirtd",        "usr/sbin/virtqemud",
	"usr/bin/virtqemud", "usr/local/sbin/libvirtd", NULL,
};

/* One daemon for all, or one for each driver: whichever serves qemu:///system. */
static const char *const libvirt_sockets[] = {
	"run/libvirt/libvirt-sock",
	"run/libvirt/virtqemud-sock",
	NULL,
};

/*
 * libvirt keeps the configuration of a network under etc/, and the state of one that is active
 * under run/. Source: libvirt src/network/bridge_driver.c, networkStateInitialize() (configDir,
 * stateDir), virNetworkObjSaveStatus().
 */
#define DEFAULT_NETWORK "etc/libvirt/qemu/networks/default.xml"
#define DEFAULT_NETWORK_STATUS "run/libvirt/network/default.xml"

#define HOOK "etc/libvirt/hooks/qemu.d/hotseat"

static enum known read_hook(const struct root *root)
{
	struct statx info;

	if (!root_stat(root, &info, NULL, HOOK))
		return probe_exists(root, HOOK);
	return known_from(S_ISREG(info.stx_mode) && (info.stx_mode & S_IXUSR) != 0);
}

static JsonArray *member_array(JsonObject *object, const char *member)
{
	JsonNode *node = json_object_get_member(object, member);

	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static gboolean node_is_text(JsonNode *node, const char *text)
{
	return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
	       g_strcmp0(json_node_get_string(node), text) == 0;
}

static gboolean has_uefi_interface(JsonObject *descriptor)
{
	JsonArray *types = member_array(descriptor, "interface-types");

	for (guint i = 0; types != NULL && i < json_array_get_length(types); i++) {
		if (node_is_text(json_array_get_element(types, i), "uefi"))
			return TRUE;
	}
	return FALSE;
}

static gboolean targets_x86_64(JsonObject *descriptor)
{
	JsonArray *targets = member_array(descriptor, "targets");

	for (guint i = 0; targets != NULL && i < json_array_get_length(targets); i++) {
		JsonNode *target = json_array_get_element(targets, i);

		if (JSON_NODE_HOLDS_OBJECT(target) &&
		    node_is_text(
			    json_object_get_member(json_node_get_object(target), "architecture"),
			    "x86_64"))
			return TRUE;
	}
	return FALSE;
}

/* Source: QEMU docs/interop/firmware.json */
static gboolean descriptor_is_uefi(const char *text)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *node;
	JsonObject *descriptor;

	if (!json_parser_load_from_data(parser, text, -1, NULL))
		return FALSE;
	node = json_parser_get_root(parser);
	if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
		return FALSE;
	descriptor = json_node_get_object(node);
	return has_uefi_interface(descriptor) && targets_x86_64(descriptor);
}

/* The administrator's folder hides files of the same name in the distribution's; empty ones too. */
static const char *const descriptor_folders[] = {
	"etc/qemu/firmware",
	"usr/share/qemu/firmware",
	"usr/local/share/qemu/firmware",
};

static gboolean folder_has_uefi(const struct root *root, const char *folder, GHashTable *seen,
				enum known *answer)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = root_list(root, &error, "%s", folder);

	if (names == NULL && !hotseat_error_is(error, HOTSEAT_ERROR_ABSENT))
		*answer = NOT_KNOWN;
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text = NULL;

		if (!g_str_has_suffix(names[i], ".json") ||
		    !g_hash_table_add(seen, g_strdup(names[i])))
			continue;
		text = root_read(root, NULL, "%s/%s", folder, names[i]);
		if (text != NULL && descriptor_is_uefi(text))
			return TRUE;
	}
	return FALSE;
}

static enum known read_uefi_firmware(const struct root *root)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	enum known answer = root_exists(root, "usr") ? KNOWN_NO : NOT_KNOWN;

	for (guint i = 0; i < G_N_ELEMENTS(descriptor_folders); i++) {
		if (folder_has_uefi(root, descriptor_folders[i], seen, &answer))
			return KNOWN_YES;
	}
	return answer;
}

/* Distributions build QEMU's sound as modules, in packages that need not be installed. */
static const char *const qemu_module_folders[] = {
	"usr/lib/x86_64-linux-gnu/qemu",
	"usr/lib64/qemu",
	"usr/lib64/qemu-kvm",
	"usr/lib/qemu",
};

static gboolean is_module(const char *name)
{
	return g_str_has_suffix(name, ".so");
}

static void read_qemu_sound(const struct root *root, struct tools *tools)
{
	for (guint i = 0; i < G_N_ELEMENTS(qemu_module_folders); i++) {
		g_auto(GStrv) names = root_list(root, NULL, "%s", qemu_module_folders[i]);
		const char *const *all = (const char *const *)names;
		gboolean modular = FALSE;

		for (guint j = 0; names != NULL && names[j] != NULL; j++)
			modular = modular || is_module(names[j]);
		if (!modular)
			continue;
		tools->qemu_pipewire = known_from(g_strv_contains(all, "audio-pipewire.so"));
		tools->qemu_pulse = known_from(g_strv_contains(all, "audio-pa.so"));
		return;
	}
}

/*
 * libvirt's library has its version in its file's name: libvirt.so.0 leads to
 * libvirt.so.0.11003.0 in 11.3.0. Source: libvirt meson.build, lt_revision.
 */
static guint library_version(const struct root *root)
{
	static const char *const paths[] = { "usr/lib/x86_64-linux-gnu/libvirt.so.0",
					     "usr/lib64/libvirt.so.0", "usr/lib/libvirt.so.0" };

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *name = root_read_link(root, NULL, "%s", paths[i]);
		unsigned int number, micro;

		if (name != NULL && sscanf(name, "libvirt.so.0.%u.%u", &number, &micro) == 2)
			return number * 1000 + micro;
	}
	return 0;
}

/*
 * libvirt writes down what it found out about each QEMU, for root's eyes only: <version> in a file
 * for each emulator. Source: libvirt src/qemu/qemu_capabilities.c, virQEMUCapsFormatCache().
 */
static guint cached_qemu_version(const struct root *root)
{
	static const char folder[] = "var/cache/libvirt/qemu/capabilities";
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text = root_read(root, NULL, "%s/%s", folder, names[i]);
		const char *version = text == NULL ? NULL : strstr(text, "<version>");
		unsigned int number;

		if (version != NULL && strstr(text, "qemu-system-x86_64") != NULL &&
		    sscanf(version, "<version>%u<", &number) == 1)
			return number;
	}
	return 0;
}

struct tools *tools_read(const struct root *root)
{
	struct tools *tools = g_new0(struct tools, 1);

	read_os(root, tools);
	tools->qemu = first_there(root, qemu_paths);
	tools->libvirtd = first_there(root, libvirtd_paths);
	tools->libvirt_running = probe_any(root, libvirt_sockets);
	tools->default_network = probe_exists(root, DEFAULT_NETWORK);
	tools->default_network_active = probe_exists(root, DEFAULT_NETWORK_STATUS);
	tools->uefi_firmware = read_uefi_firmware(root);
	tools->hook_installed = read_hook(root);
	read_qemu_sound(root, tools);
	tools->libvirt_version = library_version(root);
	tools->qemu_version = cached_qemu_version(root);
	return tools;
}
