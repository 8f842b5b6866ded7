/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/ddcutil.h"

#include <ddcutil_c_api.h>
#include <ddcutil_macros.h>
#include <ddcutil_status_codes.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/library.h"
#include "monitor/capabilities.h"
#include "monitor/i2c.h"
#include "monitor/model.h"

/*
 * A program that was built on Debian 12 finds the library of Debian 13 where it runs on that, so
 * both do. What we use of them is the same but for one struct, of which each has its own. Source:
 * src/public/ddcutil_types.h of ddcutil 1.4.1 and 2.2.0.
 */
struct info_4 {
	char marker[4];
	int number;
	int mode, bus, adl_display; /* 1.x had room for AMD's proprietary library */
	int usb_bus, usb_device;
	char manufacturer[4], model[14], serial[14];
	guint16 product;
	guint8 edid[DDC_EDID_SIZE];
	guint8 mccs_version[2];
	gpointer handle;
};

struct info_5 {
	char marker[4];
	int number;
	int mode, bus;
	int usb_bus, usb_device;
	char manufacturer[4], model[14], serial[14];
	guint16 product;
	guint8 edid[DDC_EDID_SIZE];
	guint8 mccs_version[2];
	gpointer handle;
};

#if DDCUTIL_VMAJOR >= 2
#define INFO_OF_HEADER struct info_5
#else
#define INFO_OF_HEADER struct info_4
#endif
G_STATIC_ASSERT(sizeof(INFO_OF_HEADER) == sizeof(DDCA_Display_Info));
G_STATIC_ASSERT(offsetof(INFO_OF_HEADER, bus) == offsetof(DDCA_Display_Info, path.path));
G_STATIC_ASSERT(offsetof(INFO_OF_HEADER, edid) == offsetof(DDCA_Display_Info, edid_bytes));
G_STATIC_ASSERT(offsetof(INFO_OF_HEADER, handle) == offsetof(DDCA_Display_Info, dref));
/* so that one array of them is like the other */
G_STATIC_ASSERT(sizeof(struct info_4) == sizeof(struct info_5));

static const struct layout {
	const char *file;
	gsize edid, handle; /* offsets */
} libraries[] = {
	{ "libddcutil.so.5", offsetof(struct info_5, edid), offsetof(struct info_5, handle) },
	{ "libddcutil.so.4", offsetof(struct info_4, edid), offsetof(struct info_4, handle) },
}, *version; /* the one that was loaded */

#define NEEDED(FUNCTION)                                                                           \
	FUNCTION(ddca_set_fout)                                                                    \
	FUNCTION(ddca_set_ferr)                                                                    \
	FUNCTION(ddca_enable_verify)                                                               \
	FUNCTION(ddca_redetect_displays)                                                           \
	FUNCTION(ddca_get_display_info_list2)                                                      \
	FUNCTION(ddca_free_display_info_list)                                                      \
	FUNCTION(ddca_open_display2)                                                               \
	FUNCTION(ddca_close_display)                                                               \
	FUNCTION(ddca_get_capabilities_string)                                                     \
	FUNCTION(ddca_get_non_table_vcp_value)                                                     \
	FUNCTION(ddca_set_non_table_vcp_value)                                                     \
	FUNCTION(ddca_rc_desc)

#define POINTER(name) __typeof__(name) *name;
static struct functions {
	NEEDED(POINTER)
} lib;

/* Of 2.x alone, which does it by itself with a warning; 1.x does it in a constructor. */
typedef int (*init_function)(const char *options, int syslog_level, int flags);
#define SYSLOG_ERRORS 3

#define ENTRY(name) { #name, offsetof(struct functions, name) },
static const struct library_function functions[] = { NEEDED(ENTRY) };

#define ADVICE "monitors are switched with it. On Debian: sudo apt install ddcutil"

/* The newer one first; what is said of the last is told. */
static gboolean load_library(GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(libraries); i++) {
		g_clear_error(error);
		version = &libraries[i];
		if (library_load(version->file, "libddcutil", ADVICE, functions,
				 G_N_ELEMENTS(functions), &lib, error))
			return TRUE;
	}
	return FALSE;
}

/* It is loaded already. */
static void initialize(void)
{
	static const struct library_function function[] = { { "ddca_init", 0 } };
	init_function init = NULL;

	/* The user's ddcutilrc holds what a difficult card needs. */
	if (library_load(version->file, "libddcutil", ADVICE, function, 1, &init, NULL))
		init(NULL, SYSLOG_ERRORS, 0);
}

/*
 * While it looks for monitors, 2.2 prints what it does not understand of a card on standard output,
 * from threads of its own, which its settings do not reach: seen with cards whose connectors do not
 * have the monitor's EDID. Nobody else prints meanwhile: who asks waits.
 */
static int hush(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);

	fflush(stdout);
	if (nowhere >= 0 && saved >= 0)
		dup2(nowhere, STDOUT_FILENO);
	if (nowhere >= 0)
		close(nowhere);
	return saved;
}

static void unhush(int saved)
{
	fflush(stdout);
	if (saved < 0)
		return;
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

static gboolean load(GError **error)
{
	int saved = hush();
	gboolean loaded = load_library(error);

	if (loaded)
		initialize();
	unhush(saved);
	return loaded;
}

/* Once in a process; the reason is kept for those who ask again. */
static gboolean load_once(GError **error)
{
	static GMutex lock;
	static gboolean loaded;
	gboolean done;

	g_mutex_lock(&lock);
	if (!loaded)
		loaded = load(error);
	done = loaded;
	g_mutex_unlock(&lock);
	return done;
}

/* -- as a struct ddc -------------------------------------------------------------------------- */

struct ddcutil {
	struct ddc ddc; /* first, so that one is the other */
	FILE *nowhere;
	gboolean scanned;
};

static gboolean is_fine(DDCA_Status status, GError **error)
{
	enum hotseat_error code = HOTSEAT_ERROR_ABSENT;

	if (status == DDCRC_OK)
		return TRUE;
	if (status == DDCRC_REPORTED_UNSUPPORTED || status == DDCRC_DETERMINED_UNSUPPORTED)
		code = HOTSEAT_ERROR_REFUSED;
	g_set_error_literal(error, HOTSEAT_ERROR, (int)code, lib.ddca_rc_desc(status));
	return FALSE;
}

static void take_cable(GPtrArray *cables, const guint8 *bytes)
{
	/* up to and with the bus they are alike */
	const struct info_5 *info = (const void *)bytes;
	struct ddc_cable *cable;

	/* below -1: shown twice, or gone since */
	if (info->mode != DDCA_IO_I2C || info->number < -1)
		return;
	cable = g_new0(struct ddc_cable, 1);
	cable->bus = info->bus;
	cable->answers = info->number > 0;
	memcpy(cable->edid, bytes + version->edid, sizeof(cable->edid));
	memcpy(&cable->handle, bytes + version->handle, sizeof(cable->handle));
	g_ptr_array_add(cables, cable);
}

static DDCA_Status look(struct ddcutil *self, DDCA_Display_Info_List **list)
{
	int saved = hush();
	DDCA_Status status = self->scanned ? lib.ddca_redetect_displays() : DDCRC_OK;

	if (status == DDCRC_OK)
		status = lib.ddca_get_display_info_list2(true, list);
	self->scanned = TRUE;
	unhush(saved);
	return status;
}

static GPtrArray *scan(struct ddc *ddc, GError **error)
{
	g_autoptr(GPtrArray) cables = g_ptr_array_new_with_free_func(g_free);
	DDCA_Display_Info_List *list = NULL;

	if (!is_fine(look((struct ddcutil *)ddc, &list), error))
		return NULL;
	for (int i = 0; i < list->ct; i++)
		take_cable(cables, (const guint8 *)&list->info[i]);
	lib.ddca_free_display_info_list(list);
	return g_steal_pointer(&cables);
}

static gboolean open_cable(const struct ddc_cable *cable, DDCA_Display_Handle *handle,
			   GError **error)
{
	return is_fine(lib.ddca_open_display2(cable->handle, true, handle), error);
}

static GBytes *listed(struct ddc *ddc, const struct ddc_cable *cable, GError **error)
{
	DDCA_Display_Handle handle;
	DDCA_Status status;
	char *text = NULL;
	GBytes *inputs;

	if (!open_cable(cable, &handle, error))
		return NULL;
	status = lib.ddca_get_capabilities_string(handle, &text);
	lib.ddca_close_display(handle);
	if (!is_fine(status, error))
		return NULL;
	inputs = capabilities_inputs(text);
	free(text);
	return inputs;
}

static gboolean get(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature, guint8 *value,
		    GError **error)
{
	DDCA_Non_Table_Vcp_Value answer;
	DDCA_Display_Handle handle;
	DDCA_Status status;

	if (!open_cable(cable, &handle, error))
		return FALSE;
	status = lib.ddca_get_non_table_vcp_value(handle, feature, &answer);
	lib.ddca_close_display(handle);
	if (!is_fine(status, error))
		return FALSE;
	*value = answer.sl;
	return TRUE;
}

static gboolean set(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature, guint8 value,
		    GError **error)
{
	DDCA_Display_Handle handle;
	DDCA_Status status;

	if (feature != MONITOR_FEATURE_INPUT)
		return i2c_set_feature(cable->bus, I2C_SOURCE_MAKER, feature, value, error);
	if (!open_cable(cable, &handle, error))
		return FALSE;
	status = lib.ddca_set_non_table_vcp_value(handle, feature, 0, value);
	lib.ddca_close_display(handle);
	return is_fine(status, error);
}

static gint64 now(struct ddc *ddc)
{
	return g_get_monotonic_time();
}

static void sleep_for(struct ddc *ddc, guint milliseconds)
{
	g_usleep((gulong)milliseconds * 1000);
}

static void ddcutil_free(struct ddc *ddc)
{
	struct ddcutil *self = (struct ddcutil *)ddc;

	lib.ddca_set_fout(NULL);
	lib.ddca_set_ferr(NULL);
	fclose(self->nowhere);
	g_free(self);
}

struct ddc *ddcutil_new(GError **error)
{
	struct ddcutil *self;
	FILE *nowhere;

	if (!load_once(error))
		return NULL;
	nowhere = fopen("/dev/null", "we");
	g_assert(nowhere != NULL);
	/* It tells its own story on standard output; for this thread alone. */
	lib.ddca_set_fout(nowhere);
	lib.ddca_set_ferr(nowhere);
	/* We look ourselves, for longer. */
	lib.ddca_enable_verify(false);
	self = g_new0(struct ddcutil, 1);
	self->nowhere = nowhere;
	self->ddc = (struct ddc){
		.scan = scan,
		.listed = listed,
		.get = get,
		.set = set,
		.now = now,
		.sleep = sleep_for,
		.free = ddcutil_free,
	};
	return &self->ddc;
}
