/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/share.h"

#include "core/error.h"

#define MACHINE_SECONDS 60 /* another guest's step: a service can take that long to stop */

struct step *share_wish(const struct step_kind *kind, const char *subject, const char *uuid,
			const char *want)
{
	struct step *step = step_new(kind, subject);

	step_set(step, "guest", uuid);
	step_set(step, "want", want);
	return step;
}

static const struct share *share_of(const struct step *step)
{
	return step->kind->share;
}

static gboolean check_values(const struct step *step)
{
	for (guint i = 0; i < step->values->len; i++) {
		const struct step_value *value = g_ptr_array_index(step->values, i);
		gboolean good = g_str_equal(value->key, "guest")
					? g_uuid_string_is_valid(value->value)
					: share_of(step)->check_value(value->value);

		if (!good)
			return FALSE;
	}
	return TRUE;
}

gboolean share_check(const struct step *step, const char **why)
{
	*why = "the subject makes no sense";
	if (!share_of(step)->check_subject(step->subject))
		return FALSE;
	*why = "a value is missing or makes no sense";
	return step_get(step, "former") != NULL && check_values(step) &&
	       (step_get(step, "guest") == NULL) == (step_get(step, "want") == NULL);
}

/* find - the machine's open entry for the same thing; NULL: there is none */
static struct journal_entry *find(const struct journal *machine, const struct step *step,
				  guint *number)
{
	for (guint i = 0; machine != NULL && i < machine->entries->len; i++) {
		struct journal_entry *entry = g_ptr_array_index(machine->entries, i);

		if (entry->undone || entry->step->kind != step->kind ||
		    !g_str_equal(entry->step->subject, step->subject))
			continue;
		*number = i;
		return entry;
	}
	return NULL;
}

/* The former value is for people: what it was before any guest. The way back does not use it. */
gboolean share_save(struct host *host, struct step *step, GError **error)
{
	g_autoptr(GError) failure = NULL;
	autoptr(journal) machine = journal_read(host, JOURNAL_MACHINE, NULL, &failure);
	const struct journal_entry *entry;
	guint number;
	g_autofree char *now = NULL;

	if (machine == NULL && !hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	entry = find(machine, step, &number);
	now = entry != NULL ? g_strdup(step_get(entry->step, "former"))
			    : share_of(step)->read(host, step->subject, error);
	if (now == NULL)
		return FALSE;
	step_set(step, "former", now);
	return TRUE;
}

static gboolean has_journal(struct host *host, const char *uuid)
{
	g_autofree char *name = g_strconcat(uuid, ".journal", NULL);
	g_autofree char *path = g_build_filename(host->run_dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/*
 * A guest without a journal has nothing; somebody has removed that by hand. Not written down: the
 * claim is found stale again until what it stood for is undone.
 */
static void drop_stale_claims(struct host *host, struct journal *machine)
{
	for (guint i = 0; i < machine->entries->len; i++) {
		struct journal_entry *entry = g_ptr_array_index(machine->entries, i);

		for (guint c = entry->claims->len; c-- > 0;) {
			const struct step_value *claim = g_ptr_array_index(entry->claims, c);

			if (has_journal(host, claim->key))
				continue;
			g_ptr_array_remove_index(entry->claims, c);
			entry->abandoned = entry->claims->len == 0;
		}
	}
}

/* hold_machine - *machine is NULL if there is none and none is to be made */
static gboolean hold_machine(struct host *host, gboolean create, struct journal **machine,
			     GError **error)
{
	char *none[] = { NULL };

	if (!journal_hold(host, JOURNAL_MACHINE, create, MACHINE_SECONDS, machine, error))
		return FALSE;
	if (*machine == NULL)
		return TRUE;
	drop_stale_claims(host, *machine);
	return (*machine)->started || !create ||
	       journal_start(*machine, JOURNAL_MACHINE, JOURNAL_MACHINE, none, error);
}

static char *combine(const struct journal_entry *entry)
{
	const struct step *step = entry->step;
	const struct step_value *last;

	if (entry->claims->len == 0)
		return g_strdup(step_get(step, "former"));
	if (share_of(step)->combine != NULL)
		return share_of(step)->combine(step, entry->claims);
	last = g_ptr_array_index(entry->claims, entry->claims->len - 1);
	return g_strdup(last->value);
}

/* is_ours - is a value one that we have set, or that a change of ours, killed, can have left? */
static gboolean is_ours(const struct journal_entry *entry, const char *now)
{
	const struct share *share = share_of(entry->step);
	const char *former = step_get(entry->step, "former");

	if (g_str_equal(now, former))
		return TRUE;
	for (guint i = 0; i < entry->values->len; i++) {
		const char *value = g_ptr_array_index(entry->values, i);

		if (g_str_equal(now, value) ||
		    (share->is_between != NULL && share->is_between(now, former, value)))
			return TRUE;
	}
	return FALSE;
}

static gboolean may_still_change(const struct journal_entry *entry)
{
	return share_of(entry->step)->asked && entry->values->len > 0;
}

/*
 * settle - set what the baseline and all claims come to
 * @undo: NULL forwards, where the guest gets what it wants; backwards, what somebody else has set
 *        is left
 */
static gboolean settle(struct host *host, struct journal *machine, guint number,
		       struct step_undo *undo, GError **error)
{
	const struct journal_entry *entry = g_ptr_array_index(machine->entries, number);
	const struct step *step = entry->step;
	g_autoptr(GError) failure = NULL;
	g_autofree char *wanted = combine(entry);
	g_autofree char *now = share_of(step)->read(host, step->subject, &failure);
	g_autofree char *what = step_describe(step);

	if (now == NULL && undo != NULL && hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
		step_leave(undo, "%s is gone, and was %s before", what, step_get(step, "former"));
		return TRUE;
	}
	if (now == NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (g_str_equal(now, wanted) && !(undo != NULL && may_still_change(entry)))
		return TRUE;
	if (undo != NULL && !is_ours(entry, now)) {
		step_leave(undo, "%s was set to %s by somebody else, and was %s before", what, now,
			   step_get(step, "former"));
		return TRUE;
	}
	/* Backwards the change is worth more than its record. */
	if (!journal_note_value(machine, number, wanted, undo == NULL ? error : NULL) &&
	    undo == NULL)
		return FALSE;
	return share_of(step)->write(host, step, wanted, error);
}

/* begin - the baseline, saved now because nobody had claimed the subject yet */
static gboolean begin(struct host *host, struct journal *machine, const struct step *step,
		      guint *number, GError **error)
{
	autoptr(step) baseline = step_new(step->kind, step->subject);
	g_autofree char *now = share_of(step)->read(host, step->subject, error);

	if (now == NULL)
		return FALSE;
	step_set(baseline, "former", now);
	if (share_of(step)->save != NULL && !share_of(step)->save(host, baseline, error))
		return FALSE;
	*number = machine->entries->len;
	return journal_begin(machine, g_steal_pointer(&baseline), error);
}

gboolean share_apply(struct host *host, const struct step *step, GError **error)
{
	autoptr(journal) machine = NULL;
	guint number = 0;

	return hold_machine(host, TRUE, &machine, error) &&
	       (find(machine, step, &number) != NULL ||
		begin(host, machine, step, &number, error)) &&
	       journal_claim(machine, number, step_get(step, "guest"), step_get(step, "want"),
			     error) &&
	       settle(host, machine, number, NULL, error);
}

/* back_to_baseline - for an entry that nobody claims any more */
static gboolean back_to_baseline(struct host *host, struct journal *machine, guint number,
				 struct step_undo *undo, GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(machine->entries, number);

	const struct share *share = share_of(entry->step);

	if (!settle(host, machine, number, undo, error) ||
	    (share->clean != NULL && !share->clean(host, entry->step, error)))
		return FALSE;
	(void)journal_undone(machine, number, NULL); /* unwritten, it is looked at once more */
	entry->undone = TRUE;
	return TRUE;
}

/* is_settled - does an entry without claims look as if it were back, or as somebody else's? */
static gboolean is_settled(struct host *host, const struct journal_entry *entry)
{
	const struct step *step = entry->step;
	g_autofree char *now = share_of(step)->read(host, step->subject, NULL);

	return now == NULL || g_str_equal(now, step_get(step, "former")) || !is_ours(entry, now);
}

/*
 * close_machine - remove the machine's journal if nothing in it is left to undo
 *
 * An entry without claims is another step's, of which either "undone" could not be written, or the
 * undo failed and will be tried again with its guest; or the guest is no more, then it is tried
 * here. None of it is a failure of this step.
 */
static gboolean close_machine(struct host *host, struct journal *machine, struct step_undo *undo,
			      GError **error)
{
	for (guint i = machine->entries->len; i-- > 0;) {
		const struct journal_entry *entry = g_ptr_array_index(machine->entries, i);

		if (!entry->undone && entry->claims->len == 0 &&
		    (entry->abandoned || is_settled(host, entry)))
			(void)back_to_baseline(host, machine, i, undo, NULL);
		if (!entry->undone)
			return TRUE;
	}
	return journal_discard(machine, error);
}

gboolean share_undo(struct host *host, const struct step *step, struct step_undo *undo,
		    GError **error)
{
	const char *guest = step_get(step, "guest");
	autoptr(journal) machine = NULL;
	const struct journal_entry *entry;
	gboolean back = TRUE;
	guint number = 0;

	if (!hold_machine(host, FALSE, &machine, error))
		return FALSE;
	if (machine == NULL)
		return TRUE;
	entry = find(machine, step, &number);
	if (entry != NULL && journal_entry_claim(entry, guest) != NULL)
		(void)journal_release(machine, number, guest, NULL); /* see drop_stale_claims() */
	if (entry != NULL)
		back = entry->claims->len > 0
			       ? settle(host, machine, number, undo, error)
			       : back_to_baseline(host, machine, number, undo, error);
	return back && close_machine(host, machine, undo, error);
}

/* Without any guest's journal nobody will try again what failed with its guest, either. */
static gboolean is_orphan(const struct journal_entry *entry, gboolean guests)
{
	return !entry->undone && entry->claims->len == 0 && (entry->abandoned || !guests);
}

static gboolean have_guests(struct host *host, gboolean *guests, GError **error)
{
	g_auto(GStrv) uuids = journal_list(host, error);

	*guests = uuids != NULL && uuids[0] != NULL;
	return uuids != NULL;
}

gboolean share_settle(struct host *host, struct step_undo *undo, GError **error)
{
	autoptr(journal) machine = NULL;
	gboolean guests = FALSE;

	if (!hold_machine(host, FALSE, &machine, error))
		return FALSE;
	if (machine == NULL)
		return TRUE;
	if (!have_guests(host, &guests, error))
		return FALSE;
	for (guint i = machine->entries->len; i-- > 0;) {
		if (is_orphan(g_ptr_array_index(machine->entries, i), guests) &&
		    !back_to_baseline(host, machine, i, undo, error))
			return FALSE;
	}
	return close_machine(host, machine, undo, error);
}

struct journal *share_orphans(struct host *host, GError **error)
{
	g_autoptr(GError) failure = NULL;
	gboolean busy = FALSE, guests = FALSE;
	autoptr(journal) machine = journal_read(host, JOURNAL_MACHINE, &busy, &failure);

	if (machine == NULL && !hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		g_propagate_error(error, g_steal_pointer(&failure));
	if (machine == NULL || busy || !have_guests(host, &guests, error))
		return NULL;
	drop_stale_claims(host, machine);
	for (guint i = machine->entries->len; i-- > 0;) {
		if (!is_orphan(g_ptr_array_index(machine->entries, i), guests))
			g_ptr_array_remove_index(machine->entries, i);
	}
	return g_steal_pointer(&machine);
}

char *share_former(const struct step *step)
{
	return g_strdup(step_get(step, "former"));
}

/* What the guest asks for need not look like what comes of it: its cores are others' loss. */
char *share_wanted(struct host *host, const struct step *step)
{
	autoptr(journal) machine = journal_read(host, JOURNAL_MACHINE, NULL, NULL);
	const struct journal_entry *entry;
	guint number;

	if (machine != NULL)
		drop_stale_claims(host, machine);
	entry = find(machine, step, &number);
	return entry == NULL ? g_strdup(step_get(step, "want")) : combine(entry);
}

char *share_now(struct host *host, const struct step *step)
{
	g_autoptr(GError) failure = NULL;
	char *now = share_of(step)->read(host, step->subject, &failure);

	if (now != NULL)
		return now;
	return g_strdup(hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT) ? "gone" : "not known");
}
