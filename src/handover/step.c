/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/step.h"

#include <signal.h>
#include <string.h>

#include "handover/bind.h"
#include "handover/kinds.h"

#define NAME_MAX_BYTES 200

static const struct step_kind *const kinds[] = {
	&bind_kind,     &sound_kind,       &module_kind,    &service_kind,
	&console_kind,  &framebuffer_kind, &hugepages_kind, &compound_kind,
	&governor_kind, &hold_kind,        &cpus_kind,      &usb_kind,
};

const struct step_kind *step_kind_find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_equal(kinds[i]->name, name))
			return kinds[i];
	}
	return NULL;
}

static void value_free(gpointer data)
{
	struct step_value *value = data;

	g_free(value->key);
	g_free(value->value);
	g_free(value);
}

GPtrArray *step_values_new(void)
{
	return g_ptr_array_new_with_free_func(value_free);
}

void step_values_add(GPtrArray *values, const char *key, const char *text)
{
	struct step_value *value = g_new0(struct step_value, 1);

	value->key = g_strdup(key);
	value->value = g_strdup(text);
	g_ptr_array_add(values, value);
}

struct step *step_new(const struct step_kind *kind, const char *subject)
{
	struct step *step = g_new0(struct step, 1);

	step->kind = kind;
	step->subject = g_strdup(subject);
	step->values = step_values_new();
	return step;
}

void step_free(struct step *step)
{
	if (step == NULL)
		return;
	g_free(step->subject);
	g_ptr_array_unref(step->values);
	g_free(step);
}

char *step_describe(const struct step *step)
{
	return g_strdup_printf("%s %s", step->kind->name, step->subject);
}

void step_set(struct step *step, const char *key, const char *text)
{
	g_assert(step_get(step, key) == NULL);
	step_values_add(step->values, key, text);
}

const char *step_get(const struct step *step, const char *key)
{
	for (guint i = 0; i < step->values->len; i++) {
		const struct step_value *value = g_ptr_array_index(step->values, i);

		if (g_str_equal(value->key, key))
			return value->value;
	}
	return NULL;
}

void step_leave(struct step_undo *undo, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(undo->left, g_strdup_vprintf(format, args));
	va_end(args);
}

gboolean step_is_name(const char *text, const char *more)
{
	gsize length = strlen(text);

	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(text[i]) && strchr("-_", text[i]) == NULL &&
		    strchr(more, text[i]) == NULL)
			return FALSE;
	}
	return length > 0 && length <= NAME_MAX_BYTES && text[0] != '.' && text[0] != '-';
}

gboolean step_interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
	       sigismember(&pending, SIGHUP) == 1;
}
