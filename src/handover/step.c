/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/step.h"

#include <signal.h>

#include "handover/bind.h"

static const struct step_kind *const kinds[] = {
	&bind_kind,
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

struct step *step_new(const struct step_kind *kind, const char *subject)
{
	struct step *step = g_new0(struct step, 1);

	step->kind = kind;
	step->subject = g_strdup(subject);
	step->values = g_ptr_array_new_with_free_func(value_free);
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
	struct step_value *value = g_new0(struct step_value, 1);

	g_assert(step_get(step, key) == NULL);
	value->key = g_strdup(key);
	value->value = g_strdup(text);
	g_ptr_array_add(step->values, value);
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

gboolean step_interrupted(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
	       sigismember(&pending, SIGHUP) == 1;
}
