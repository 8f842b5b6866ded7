/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/kinds.h"

/*
 * Kernel modules that use a driver without a process that shows (UB-02): nvidia_uvm, nvidia_drm,
 * nvidia_modeset. While they are loaded the driver's remove waits for them; they themselves do not
 * wait, they fail to unload. So they go first, and the first that does not stops everything.
 *
 * They come back with the parameters that they had, which may not be those of modprobe.d.
 */
static gboolean is_loaded(struct host *host, const char *module)
{
	return root_exists(host->root, "sys/module/%s", module);
}

/* What modprobe takes as a word: most parameters, but no "(null)" and no text with blanks. */
static gboolean is_plain(const char *text)
{
	return text[0] != '\0' && strpbrk(text, " \t\n\"'()\\") == NULL;
}

/* Parameters that cannot be read, or not be given again, are left to modprobe.d. */
static char *read_parameters(struct host *host, const char *module)
{
	g_autoptr(GString) parameters = g_string_new(NULL);
	g_auto(GStrv) names = root_list(host->root, NULL, "sys/module/%s/parameters", module);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *value = root_read(host->root, NULL, "sys/module/%s/parameters/%s",
						   module, names[i]);

		if (value != NULL && is_plain(value) && step_is_name(names[i], ""))
			g_string_append_printf(parameters, "%s%s=%s",
					       parameters->len == 0 ? "" : " ", names[i], value);
	}
	return g_string_free(g_steal_pointer(&parameters), FALSE);
}

static gboolean module_check(const struct step *step, const char **why)
{
	const char *loaded = step_get(step, "loaded"), *parameters = step_get(step, "parameters");

	*why = "the subject is no module";
	if (!step_is_name(step->subject, ""))
		return FALSE;
	*why = "an old value is missing or makes no sense";
	return loaded != NULL && parameters != NULL && step->values->len == 2 &&
	       (g_str_equal(loaded, "yes") || g_str_equal(loaded, "no")) &&
	       strpbrk(parameters, "\n\t\"'\\") == NULL && parameters[0] != '-' &&
	       strstr(parameters, " -") == NULL;
}

static gboolean module_save(struct host *host, struct step *step, GError **error)
{
	gboolean loaded = is_loaded(host, step->subject);
	g_autofree char *parameters = read_parameters(host, step->subject);

	step_set(step, "loaded", loaded ? "yes" : "no");
	step_set(step, "parameters", parameters);
	return TRUE;
}

static gboolean was_loaded(const struct step *step)
{
	return g_str_equal(step_get(step, "loaded"), "yes");
}

static gboolean module_apply(struct host *host, const struct step *step, GError **error)
{
	return !was_loaded(step) || host->unload_module(host, step->subject, error);
}

static gboolean module_verify(struct host *host, const struct step *step, GError **error)
{
	if (!is_loaded(host, step->subject))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "the module %s is still loaded",
		    step->subject);
	return FALSE;
}

static gboolean module_undo(struct host *host, const struct step *step, struct step_undo *undo,
			    GError **error)
{
	if (!was_loaded(step) || is_loaded(host, step->subject))
		return TRUE;
	if (!host->load_module(host, step->subject, step_get(step, "parameters"), error))
		return FALSE;
	if (is_loaded(host, step->subject))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "the module %s does not load any more", step->subject);
	return FALSE;
}

static char *module_former(const struct step *step)
{
	return g_strdup(was_loaded(step) ? "loaded" : "not loaded");
}

static char *module_wanted(struct host *host, const struct step *step)
{
	return g_strdup("not loaded");
}

static char *module_now(struct host *host, const struct step *step)
{
	return g_strdup(is_loaded(host, step->subject) ? "loaded" : "not loaded");
}

const struct step_kind module_kind = {
	.name = "module",
	.check = module_check,
	.save = module_save,
	.apply = module_apply,
	.verify = module_verify,
	.undo = module_undo,
	.former = module_former,
	.wanted = module_wanted,
	.now = module_now,
};
