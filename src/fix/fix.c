/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fix/fix.h"

#include <string.h>

#include "core/error.h"
#include "fix/mend.h"

#define MAX_ROUNDS 400u
#define FIX_MAX ((guint)512 << 10)

static const struct mends *const all_mends[] = { &mends_processor, &mends_devices, &mends_inputs };

const struct mend *mend_next(gsize number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(all_mends); i++) {
		if (number < all_mends[i]->n_mends)
			return &all_mends[i]->mends[number];
		number -= all_mends[i]->n_mends;
	}
	return NULL;
}

const struct mend *mend_of(const struct rule *rule)
{
	const struct mend *mend;

	for (gsize i = 0; (mend = mend_next(i)) != NULL; i++) {
		const struct domain_rule *own = domain_rule_named(mend->rule);

		if (own != NULL && &own->rule == rule)
			return mend;
	}
	return NULL;
}

static void change_free(gpointer data)
{
	struct fix_change *change = data;

	g_free(change->did);
	g_free(change);
}

static void left_free(gpointer data)
{
	struct fix_left *left = data;

	g_free(left->said);
	g_free(left);
}

void fixed_free(struct fixed *fixed)
{
	if (fixed == NULL)
		return;
	g_free(fixed->text);
	g_ptr_array_unref(fixed->changes);
	g_ptr_array_unref(fixed->left);
	g_free(fixed);
}

/* One text with what lint says about it. */
struct state {
	struct document *document;
	GPtrArray *findings;
	gboolean fits; /* the schema takes it */
};

static void state_free(struct state *state)
{
	if (state == NULL)
		return;
	g_ptr_array_unref(state->findings);
	document_free(state->document);
	g_free(state);
}

AUTOPTR_DEFINE(state)

static struct state *state_read(const char *text, gsize length, const struct fix_wish *wish,
				GError **error)
{
	struct document *document = document_read(text, length, error);
	struct state *state;

	if (document == NULL)
		return NULL;
	state = g_new0(struct state, 1);
	state->document = document;
	/* what exactly the schema does not take is no mend's matter, and takes long to find */
	state->findings = domain_judge(document, wish->machine, NULL);
	state->fits = wish->schema != NULL && document_fits(document, wish->schema);
	return state;
}

static guint count_rule(const struct state *state, const struct rule *rule)
{
	guint count = 0;

	for (guint i = 0; i < state->findings->len; i++)
		count += ((const struct finding *)g_ptr_array_index(state->findings, i))->rule ==
			 rule;
	return count;
}

/* better - is a mend of @rule to stay? */
static gboolean better(const struct state *before, const struct state *after,
		       const struct rule *rule)
{
	guint line, column;

	return document_defect(after->document, &line, &column) == NULL &&
	       count_rule(after, rule) < count_rule(before, rule) &&
	       (after->fits || !before->fits) &&
	       findings_count(after->findings, SEVERITY_BROKEN) <=
		       findings_count(before->findings, SEVERITY_BROKEN) &&
	       findings_count(after->findings, SEVERITY_RISKY) <=
		       findings_count(before->findings, SEVERITY_RISKY);
}

static gboolean do_mend(const struct mend *mend, struct mending *mending)
{
	switch (mend->how) {
	case MEND_CALL:
		return mend->mend(mending);
	case MEND_REMOVE:
		edit_remove(mending->edit, mending->element);
		return TRUE;
	case MEND_SET:
		edit_set(mending->edit, mending->element, mend->name, mend->value);
		return TRUE;
	case MEND_PUT:
		edit_put(mending->edit, mend->name, mend->value);
		return TRUE;
	}
	return FALSE;
}

/* try_mend - the text without one finding; NULL: its mend does not work here */
static struct state *try_mend(const struct mend *mend, const struct state *state,
			      const struct finding *finding, const struct fix_wish *wish,
			      char **text)
{
	autoptr(edit) edit = edit_new(state->document);
	struct mending mending = { wish, state->document, edit, finding->element };
	autoptr(state) after = NULL;
	g_autofree char *mended = NULL;

	if (finding->element == NULL || !do_mend(mend, &mending))
		return NULL;
	mended = edit_apply(edit);
	after = mended == NULL ? NULL : state_read(mended, strlen(mended), wish, NULL);
	if (after == NULL || !better(state, after, finding->rule))
		return NULL;
	*text = g_steal_pointer(&mended);
	return g_steal_pointer(&after);
}

static gboolean lists(char **ids, const char *id)
{
	return ids != NULL && (g_strv_contains((const char *const *)ids, id) ||
			       g_strv_contains((const char *const *)ids, "all"));
}

static gboolean wanted(const struct mend *mend, const struct rule *rule,
		       const struct fix_wish *wish)
{
	return !lists(wish->never, rule->id) && (!mend->choice || lists(wish->also, rule->id));
}

static void note_change(struct fixed *fixed, const struct finding *finding, const struct mend *mend)
{
	struct fix_change *change = g_new0(struct fix_change, 1);

	change->rule = finding->rule;
	change->line = finding->line;
	change->did = g_strdup(mend->did);
	g_ptr_array_add(fixed->changes, change);
}

/* round - one mend; FALSE: there is none left that works */
static gboolean mend_one(struct fixed *fixed, struct state **state, const struct fix_wish *wish)
{
	for (guint i = 0; i < (*state)->findings->len; i++) {
		const struct finding *finding = g_ptr_array_index((*state)->findings, i);
		const struct mend *mend = mend_of(finding->rule);
		struct state *after;
		char *text = NULL;

		if (mend == NULL || !wanted(mend, finding->rule, wish))
			continue;
		after = try_mend(mend, *state, finding, wish, &text);
		if (after == NULL)
			continue;
		note_change(fixed, finding, mend);
		state_free(*state);
		*state = after;
		g_free(fixed->text);
		fixed->text = text;
		return TRUE;
	}
	return FALSE;
}

/* note_left - what lint still says, and whether a choice would mend it */
static void note_left(struct fixed *fixed, const struct state *state, const struct fix_wish *wish)
{
	g_autoptr(GPtrArray) findings = domain_judge(state->document, wish->machine, wish->schema);

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);
		const struct mend *mend = mend_of(finding->rule);
		struct fix_left *left = g_new0(struct fix_left, 1);
		g_autofree char *text = NULL;
		autoptr(state) after = mend == NULL || wanted(mend, finding->rule, wish)
					       ? NULL
					       : try_mend(mend, state, finding, wish, &text);

		left->rule = finding->rule;
		left->line = finding->line;
		left->why = after != NULL ? FIX_LEFT_CHOICE : FIX_LEFT_USER;
		left->said = g_strdup(after != NULL ? mend->did : finding->message);
		g_ptr_array_add(fixed->left, left);
	}
}

static gboolean check_readable(const struct document *document, const char *text, gsize length,
			       GError **error)
{
	guint line, column;
	const char *defect = document_defect(document, &line, &column);
	const char *read = document_text_of(document);

	if (document_domain(document) == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "there is no <domain> in it");
		return FALSE;
	}
	if (length > FIX_MAX) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "it is larger than %u KiB, which no domain is", FIX_MAX >> 10);
		return FALSE;
	}
	if (defect != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "it is not well-formed (line %u: %s), so that libvirt takes nothing of "
			    "it; get the original, or let hotseat import read what can be read",
			    line, defect);
		return FALSE;
	}
	if (strlen(read) != length || memcmp(read, text, length) != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "it is not plain UTF-8; save it as that first");
		return FALSE;
	}
	return TRUE;
}

struct fixed *fix(const char *text, gsize length, const struct fix_wish *wish, GError **error)
{
	autoptr(state) state = state_read(text, length, wish, error);
	struct fixed *fixed;
	guint rounds = 0;

	if (state == NULL || !check_readable(state->document, text, length, error))
		return NULL;
	fixed = g_new0(struct fixed, 1);
	fixed->text = g_strndup(text, length);
	fixed->changes = g_ptr_array_new_with_free_func(change_free);
	fixed->left = g_ptr_array_new_with_free_func(left_free);
	while (rounds++ < MAX_ROUNDS && mend_one(fixed, &state, wish))
		continue;
	note_left(fixed, state, wish);
	return fixed;
}
