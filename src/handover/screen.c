/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/kinds.h"
#include "handover/share.h"

/* What draws on a card that is the only one: the text consoles, and the firmware's framebuffer. */

/* Consoles. Source: Linux drivers/tty/vt/vt.c, store_bind */

#define CONSOLE "sys/class/vtconsole/%s/bind"

static gboolean is_console(const char *text)
{
	return g_str_has_prefix(text, "vtcon") && step_is_name(text, "");
}

static gboolean is_switch(const char *text)
{
	return g_str_equal(text, "0") || g_str_equal(text, "1");
}

static char *console_read(struct host *host, const char *console, GError **error)
{
	return root_read(host->root, error, CONSOLE, console);
}

static gboolean console_write(struct host *host, const struct step *baseline, const char *value,
			      GError **error)
{
	g_autofree char *path = g_strdup_printf(CONSOLE, baseline->subject);
	g_autofree char *now = NULL;

	if (!host->write(host, path, value, error))
		return FALSE;
	now = console_read(host, baseline->subject, error);
	if (now == NULL || g_str_equal(now, value))
		return now != NULL;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "the console %s should be %s the screen and is not", baseline->subject,
		    g_str_equal(value, "1") ? "on" : "off");
	return FALSE;
}

static const struct share console_share = {
	.check_subject = is_console,
	.check_value = is_switch,
	.read = console_read,
	.write = console_write,
};
const struct step_kind console_kind = SHARED_STEP("console", &console_share);

/*
 * The firmware's framebuffer: a platform device, named after its driver. A real driver that takes
 * the card removes it for good (Linux drivers/video/aperture.c), so it is often not there.
 */
#define PLATFORM_DEVICE "sys/bus/platform/devices/%s"

static char *driver_of(const char *framebuffer)
{
	return g_strndup(framebuffer, strcspn(framebuffer, "."));
}

static gboolean is_framebuffer(const char *text)
{
	return g_str_has_suffix(text, "-framebuffer.0") && step_is_name(text, ".");
}

static gboolean is_binding(const char *text)
{
	return g_str_equal(text, "bound") || g_str_equal(text, "unbound");
}

static char *framebuffer_read(struct host *host, const char *framebuffer, GError **error)
{
	if (!root_exists(host->root, PLATFORM_DEVICE, framebuffer)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "%s is not there",
			    framebuffer);
		return NULL;
	}
	return g_strdup(root_exists(host->root, PLATFORM_DEVICE "/driver", framebuffer)
				? "bound"
				: "unbound");
}

static gboolean framebuffer_write(struct host *host, const struct step *baseline, const char *value,
				  GError **error)
{
	g_autofree char *driver = driver_of(baseline->subject);
	g_autofree char *path = g_strdup_printf("sys/bus/platform/drivers/%s/%s", driver,
						g_str_equal(value, "bound") ? "bind" : "unbind");
	g_autofree char *now = NULL;

	if (!host->write(host, path, baseline->subject, error))
		return FALSE;
	now = framebuffer_read(host, baseline->subject, error);
	if (now == NULL || g_str_equal(now, value))
		return now != NULL;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s should be %s and is %s",
		    baseline->subject, value, now);
	return FALSE;
}

static const struct share framebuffer_share = {
	.check_subject = is_framebuffer,
	.check_value = is_binding,
	.read = framebuffer_read,
	.write = framebuffer_write,
};
const struct step_kind framebuffer_kind = SHARED_STEP("framebuffer", &framebuffer_share);
