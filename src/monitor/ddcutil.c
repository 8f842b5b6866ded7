/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/ddcutil.h"

#include <ddcutil_c_api.h>
#include <ddcutil_macros.h>
#include <ddcutil_status_codes.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "monitor/i2c.h"
#include "monitor/model.h"

/* The names follow the header that we are compiled with. */
#if DDCUTIL_VMAJOR >= 2
#define LIBRARY "libddcutil.so.5"
#else
#define LIBRARY "libddcutil.so.4"
#endif

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
	FUNCTION(ddca_parse_capabilities_string)                                                   \
	FUNCTION(ddca_free_parsed_capabilities)                                                    \
	FUNCTION(ddca_get_non_table_vcp_value)                                                     \
	FUNCTION(ddca_set_non_table_vcp_value)                                                     \
	FUNCTION(ddca_rc_desc)

#define POINTER(name) __typeof__(name) *name;
static struct {
	NEEDED(POINTER)
#if DDCUTIL_VMAJOR >= 2
	POINTER(ddca_init)
#endif
} lib;

static gboolean load_function(void *library, const char *name, void *pointer, GError **error)
{
	void *function = dlsym(library, name);

	if (function == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "%s has no function %s: it is not the version that hotseat was built "
			    "for",
			    LIBRARY, name);
		return FALSE;
	}
	memcpy(pointer, &function, sizeof(function));
	return TRUE;
}

#define LOAD(name) &&load_function(library, #name, &lib.name, error)

static gboolean load(GError **error)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "Monitors are switched with %s, which is not installed. On Debian: "
			    "sudo apt install libddcutil%c",
			    LIBRARY, LIBRARY[sizeof(LIBRARY) - 2]);
		return FALSE;
	}
#if DDCUTIL_VMAJOR >= 2
	if (!(TRUE NEEDED(LOAD) LOAD(ddca_init)))
		return FALSE;
	/* The user's ddcutilrc holds what a difficult card needs. Fails if done before: harmless.
	 */
	lib.ddca_init(NULL, DDCA_SYSLOG_ERROR, DDCA_INIT_OPTIONS_NONE);
	return TRUE;
#else
	return TRUE NEEDED(LOAD);
#endif
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

static void take_cable(GPtrArray *cables, const DDCA_Display_Info *info)
{
	struct ddc_cable *cable;

	/* below -1: shown twice, or gone since */
	if (info->path.io_mode != DDCA_IO_I2C || info->dispno < -1)
		return;
	cable = g_new0(struct ddc_cable, 1);
	cable->bus = info->path.path.i2c_busno;
	memcpy(cable->edid, info->edid_bytes, sizeof(cable->edid));
	cable->answers = info->dispno > 0;
	cable->handle = info->dref;
	g_ptr_array_add(cables, cable);
}

static GPtrArray *scan(struct ddc *ddc, GError **error)
{
	struct ddcutil *self = (struct ddcutil *)ddc;
	g_autoptr(GPtrArray) cables = g_ptr_array_new_with_free_func(g_free);
	DDCA_Display_Info_List *list = NULL;

	if (self->scanned && !is_fine(lib.ddca_redetect_displays(), error))
		return NULL;
	self->scanned = TRUE;
	if (!is_fine(lib.ddca_get_display_info_list2(true, &list), error))
		return NULL;
	for (int i = 0; i < list->ct; i++)
		take_cable(cables, &list->info[i]);
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
	inputs = ddcutil_parse_inputs(text, error);
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

GBytes *ddcutil_parse_inputs(const char *capabilities, GError **error)
{
	g_autofree char *text = g_strdup(capabilities);
	DDCA_Capabilities *parsed = NULL;
	GBytes *inputs = NULL;

	if (!load_once(error))
		return NULL;
	if (!is_fine(lib.ddca_parse_capabilities_string(text, &parsed), error))
		return NULL;
	for (int i = 0; i < parsed->vcp_code_ct && inputs == NULL; i++) {
		const DDCA_Cap_Vcp *vcp = &parsed->vcp_codes[i];

		if (vcp->feature_code == MONITOR_FEATURE_INPUT)
			inputs = g_bytes_new(vcp->values, (gsize)vcp->value_ct);
	}
	lib.ddca_free_parsed_capabilities(parsed);
	return inputs != NULL ? inputs : g_bytes_new(NULL, 0);
}
