/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/osinfo.h"

#include <osinfo/osinfo.h>
#include <stddef.h>

#include "core/library.h"

/* As with libvirt: it brings a web client and more along, which "hotseat status" can do without. */
#define OSINFO_FUNCTIONS(X)                                                                        \
	X(osinfo_db_get_os_list)                                                                   \
	X(osinfo_db_identify_media)                                                                \
	X(osinfo_entity_get_id)                                                                    \
	X(osinfo_entity_get_param_value_list)                                                      \
	X(osinfo_firmware_get_architecture)                                                        \
	X(osinfo_firmware_get_firmware_type)                                                       \
	X(osinfo_firmware_is_supported)                                                            \
	X(osinfo_list_get_length)                                                                  \
	X(osinfo_list_get_nth)                                                                     \
	X(osinfo_loader_get_db)                                                                    \
	X(osinfo_loader_new)                                                                       \
	X(osinfo_loader_process_default_path)                                                      \
	X(osinfo_media_create_from_location)                                                       \
	X(osinfo_media_get_os)                                                                     \
	X(osinfo_os_get_family)                                                                    \
	X(osinfo_os_get_firmware_list)                                                             \
	X(osinfo_os_get_minimum_resources)                                                         \
	X(osinfo_product_get_name)                                                                 \
	X(osinfo_product_get_short_id)                                                             \
	X(osinfo_resources_get_architecture)                                                       \
	X(osinfo_resources_get_n_cpus)                                                             \
	X(osinfo_resources_get_ram)                                                                \
	X(osinfo_resources_get_storage)

static struct {
#define OSINFO_MEMBER(function) typeof(function) *function;
	OSINFO_FUNCTIONS(OSINFO_MEMBER)
#undef OSINFO_MEMBER
} lib;

static const struct library_function functions[] = {
#define OSINFO_ROW(function) { #function, offsetof(typeof(lib), function) },
	OSINFO_FUNCTIONS(OSINFO_ROW)
#undef OSINFO_ROW
};

/* libosinfo's database has no words for TPM and Secure Boot; these are Microsoft's (DX-06). */
static const struct known_os {
	const char *id, *name;
	gboolean windows, tpm, secure_boot;
} known_systems[] = {
	{ "win11", "Microsoft Windows 11", TRUE, TRUE, TRUE },
	{ "win10", "Microsoft Windows 10", TRUE, FALSE, FALSE },
	{ "linux", "Linux", FALSE, FALSE, FALSE },
};

static const struct known_os *find_known(const char *id)
{
	for (guint i = 0; i < G_N_ELEMENTS(known_systems); i++) {
		if (g_str_equal(known_systems[i].id, id))
			return &known_systems[i];
	}
	return NULL;
}

void os_needs_free(struct os_needs *needs)
{
	if (needs == NULL)
		return;
	g_free(needs->id);
	g_free(needs->name);
	g_free(needs->uri);
	g_free(needs);
}

/* The database, loaded once and kept; NULL with the reason why there is none. */
static OsinfoDb *open_database(GError **error)
{
	static OsinfoLoader *loader;
	g_autoptr(GError) broken = NULL;

	if (loader != NULL)
		return lib.osinfo_loader_get_db(loader);
	if (!library_load("libosinfo-1.0.so.0", "libosinfo", "install libosinfo and osinfo-db",
			  functions, G_N_ELEMENTS(functions), &lib, error))
		return NULL;
	loader = lib.osinfo_loader_new();
	/* A file of the database that makes no sense does not spoil the others. */
	lib.osinfo_loader_process_default_path(loader, &broken);
	return lib.osinfo_loader_get_db(loader);
}

/* Types are libosinfo's, and its own cast macros would link it. */
static gpointer nth(gpointer list, int index)
{
	return lib.osinfo_list_get_nth(list, index);
}

static gboolean for_our_architecture(const char *architecture)
{
	return g_strcmp0(architecture, "x86_64") == 0 || g_strcmp0(architecture, "all") == 0;
}

static void read_resources(OsinfoOs *os, struct os_needs *needs)
{
	g_autoptr(GObject) list = (GObject *)lib.osinfo_os_get_minimum_resources(os);

	for (int i = 0; i < lib.osinfo_list_get_length((gpointer)list); i++) {
		OsinfoResources *resources = nth(list, i);

		if (!for_our_architecture(lib.osinfo_resources_get_architecture(resources)))
			continue;
		/* -1: not known */
		needs->memory_bytes = (guint64)MAX(0, lib.osinfo_resources_get_ram(resources));
		needs->disk_bytes = (guint64)MAX(0, lib.osinfo_resources_get_storage(resources));
		needs->vcpus = (guint)MAX(0, lib.osinfo_resources_get_n_cpus(resources));
	}
}

static void read_firmware(OsinfoOs *os, struct os_needs *needs)
{
	g_autoptr(GObject) list = (GObject *)lib.osinfo_os_get_firmware_list(os, NULL);

	for (int i = 0; i < lib.osinfo_list_get_length((gpointer)list); i++) {
		OsinfoFirmware *firmware = nth(list, i);

		if (for_our_architecture(lib.osinfo_firmware_get_architecture(firmware)) &&
		    g_strcmp0(lib.osinfo_firmware_get_firmware_type(firmware), "bios") == 0 &&
		    !lib.osinfo_firmware_is_supported(firmware))
			needs->uefi_only = TRUE;
	}
}

static struct os_needs *describe(OsinfoOs *os)
{
	OsinfoProduct *product = (OsinfoProduct *)os;
	struct os_needs *needs = g_new0(struct os_needs, 1);
	const struct known_os *known;

	needs->id = g_strdup(lib.osinfo_product_get_short_id(product));
	needs->name = g_strdup(lib.osinfo_product_get_name(product));
	needs->uri = g_strdup(lib.osinfo_entity_get_id((OsinfoEntity *)os));
	needs->windows = g_strcmp0(lib.osinfo_os_get_family(os), "winnt") == 0;
	known = needs->id != NULL ? find_known(needs->id) : NULL;
	needs->tpm = known != NULL && known->tpm;
	needs->secure_boot = known != NULL && known->secure_boot;
	read_resources(os, needs);
	read_firmware(os, needs);
	return needs;
}

static struct os_needs *describe_known(const struct known_os *known)
{
	struct os_needs *needs = g_new0(struct os_needs, 1);

	needs->id = g_strdup(known->id);
	needs->name = g_strdup(known->name);
	needs->windows = known->windows;
	needs->tpm = known->tpm;
	needs->secure_boot = known->secure_boot;
	needs->uefi_only = known->secure_boot;
	return needs;
}

/* A system may have several short ids: "win2k19", "win2019". */
static OsinfoOs *find_os(OsinfoList *all, const char *id)
{
	for (int i = 0; i < lib.osinfo_list_get_length(all); i++) {
		OsinfoEntity *entity = nth(all, i);
		GList *ids = lib.osinfo_entity_get_param_value_list(entity, "short-id");
		gboolean found = g_list_find_custom(ids, id, (GCompareFunc)g_strcmp0) != NULL;

		g_list_free(ids);
		if (found)
			return (OsinfoOs *)entity;
	}
	return NULL;
}

struct os_needs *osinfo_find(const char *id, GError **error)
{
	const struct known_os *known = find_known(id);
	g_autoptr(GError) no_database = NULL;
	OsinfoDb *database = open_database(&no_database);
	g_autoptr(GObject) all =
		database != NULL ? (GObject *)lib.osinfo_db_get_os_list(database) : NULL;
	OsinfoOs *os = all != NULL ? find_os((OsinfoList *)(gpointer)all, id) : NULL;

	if (os != NULL)
		return describe(os);
	if (known != NULL)
		return describe_known(known);
	if (database == NULL)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "the needs of \"%s\" are not known, as %s; win11, win10 and linux "
			    "are known without",
			    id, no_database->message);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "libosinfo knows no operating system \"%s\"; it is win11, win10, linux "
			    "or a short id that \"osinfo-query os\" lists",
			    id);
	return NULL;
}

struct os_needs *osinfo_identify(const char *iso)
{
	OsinfoDb *database = open_database(NULL);
	g_autoptr(GObject) media = NULL;
	OsinfoOs *os;

	if (database == NULL)
		return NULL;
	media = (GObject *)lib.osinfo_media_create_from_location(iso, NULL, NULL);
	if (media == NULL || !lib.osinfo_db_identify_media(database, (gpointer)media))
		return NULL;
	os = lib.osinfo_media_get_os((gpointer)media);
	return os != NULL ? describe(os) : NULL;
}
