/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/handover.h"

#include <signal.h>

#include "core/error.h"
#include "handover/bind.h"
#include "handover/crumb.h"
#include "handover/journal.h"
#include "handover/kinds.h"
#include "handover/share.h"
#include "handover/wishes.h"

/*
 * Running the steps of a handover, forwards and backwards.
 *
 * Forwards, each step is: save, write "begin" with what was saved, apply, verify, write "done".
 * Backwards is one and the same thing for a handover that failed, for `down`, for `recover`, and
 * for the journal of a process that was killed: every step that was begun is undone, last one
 * first, by what the host looks like now and not by how far somebody says to have come. So undo can
 * itself be killed and be run again, and "undone" in the journal spares work but proves nothing.
 *
 * Going back is worth more than its book-keeping: once undo has begun, a journal that cannot be
 * written (a full /run) does not stop it.
 *
 * Signals. SIGINT, SIGTERM and SIGHUP are held back in the calling thread while steps run, and are
 * looked for between steps and while waiting: `up` then goes back and says so, `down` stops waiting
 * for a busy group but finishes what it began. Afterwards the signal arrives as usual. In a process
 * with other threads those must hold the signals back too; if one does not, or it is SIGKILL, the
 * journal is what it is for.
 */
#define DESKTOP_SECONDS 20
#define SOUND_SECONDS 2 /* after which a sound server is told again, so many times */
#define SOUND_TIMES 5

struct held_signals {
	sigset_t before;
};

static void held_signals_release(struct held_signals *held)
{
	pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}

static struct held_signals held_signals_begin(void)
{
	struct held_signals held;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &stop, &held.before);
	return held;
}

#define HOLD_SIGNALS(name)                                                                         \
	__attribute__((cleanup(held_signals_release), unused)) struct held_signals name =          \
		held_signals_begin()

static void tell(const struct handover_options *options, const char *verb, const struct step *step,
		 gboolean done)
{
	g_autofree char *step_name = step_describe(step);
	g_autofree char *what = g_strconcat(verb, step_name, NULL);

	if (options->progress != NULL)
		options->progress(what, done, options->data);
}

static const struct journal_entry *entry_at(const struct journal *journal, guint number)
{
	return g_ptr_array_index(journal->entries, number);
}

/* ready_to_undo - nothing is touched before all of it may be touched */
static gboolean ready_to_undo(struct host *host, const struct journal *journal,
			      const struct step_undo *undo, GError **error)
{
	for (guint i = journal->entries->len; i-- > 0;) {
		const struct journal_entry *entry = entry_at(journal, i);

		const struct step_kind *kind = entry->step->kind;

		if (!entry->undone && kind->ready != NULL &&
		    !kind->ready(host, entry->step, undo, error))
			return FALSE;
	}
	return TRUE;
}

/* may_hang - a card that was with vfio-pci before stays there */
static gboolean may_hang(struct host *host, const struct step *step)
{
	g_autofree char *former = step->kind->former(step);
	g_autofree char *wanted = step->kind->wanted(host, step);

	return step->kind->risky && !g_str_equal(former, wanted);
}

/* undo_steps - returns the number of steps that could not be undone; @failures gets why */
static guint undo_steps(struct host *host, struct journal *journal, struct step_undo *undo,
			const struct handover_options *options, GString *failures)
{
	guint failed = 0, dropped = 0;

	for (guint i = journal->entries->len; i-- > 0;) {
		const struct journal_entry *entry = entry_at(journal, i);
		g_autoptr(GError) failure = NULL;

		if (entry->undone)
			continue;
		tell(options, "undo ", entry->step, FALSE);
		/* Where the driver hangs, the line that tells of that stays. */
		if (may_hang(host, entry->step) && !host_is_stuck(host, entry->step->subject, NULL))
			crumb_drop(host, journal->name, entry->step, TRUE, dropped++);
		if (entry->step->kind->undo(host, entry->step, undo, &failure)) {
			/* Unwritten, it is only looked at once more by the next undo. */
			(void)journal_undone(journal, i, NULL);
			tell(options, "undo ", entry->step, TRUE);
			continue;
		}
		g_string_append_printf(failures, "%s%s", failed == 0 ? "" : "; ", failure->message);
		failed++;
	}
	return failed;
}

/*
 * undo_journal - undo all, and remove the journal that we hold
 *
 * HOTSEAT_ERROR_BUSY if nothing was touched; HOTSEAT_ERROR_NOT_BACK if something was.
 */
static gboolean undo_journal(struct host *host, struct journal *journal,
			     const struct handover_options *options, GPtrArray *left,
			     GError **error)
{
	struct step_undo undo = {
		.deadline = g_get_monotonic_time() + (gint64)options->seconds * G_USEC_PER_SEC,
		.left = left,
	};
	g_autoptr(GString) failures = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;

	if (!ready_to_undo(host, journal, &undo, error))
		return FALSE;
	/* For other processes, so that they can say who is at work; not needed for the way back. */
	if (journal->entries->len > 0)
		(void)journal_note_undo(journal, NULL);
	if (undo_steps(host, journal, &undo, options, failures) > 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK, "%s", failures->str);
		return FALSE;
	}
	crumb_sweep(host);
	if (journal_discard(journal, &failure))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
		    "every driver is back, but %s; recover once more", failure->message);
	return FALSE;
}

static char *join_left(const GPtrArray *left)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < left->len; i++)
		g_string_append_printf(text, "; %s", (const char *)g_ptr_array_index(left, i));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/*
 * give_up - @failure stopped the handover: go back, and tell the caller both
 *
 * Without a step begun, nothing was changed, and the code of @failure stays what it is.
 */
static void give_up(struct host *host, struct journal *journal,
		    const struct handover_options *options, GError *failure, GError **error)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) stuck = NULL;
	g_autofree char *also = NULL;
	gboolean touched = journal->entries->len > 0;

	if (!undo_journal(host, journal, options, left, &stuck)) {
		gboolean same = g_str_equal(failure->message, stuck->message);

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK, "%s%s%s",
			    failure->message,
			    same ? "" : "; and the way back failed: ", same ? "" : stuck->message);
		g_error_free(failure);
		return;
	}
	also = join_left(left);
	g_set_error(error, failure->domain, touched ? (int)HOTSEAT_ERROR_FAILED : failure->code,
		    "%s%s%s", failure->message, touched ? "; everything was put back" : "", also);
	g_error_free(failure);
}

/* The cards were read a moment ago; what is at an address now must still be what was there. */
static gboolean check_same_device(const struct step *step, const GPtrArray *functions,
				  GError **error)
{
	for (guint i = 0; i < functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(functions, i);
		g_autofree char *id = g_strdup_printf("%04x:%04x", dev->vendor, dev->device);

		if (step->kind != &bind_kind || !g_str_equal(dev->address, step->subject) ||
		    g_str_equal(step_get(step, "id"), id))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s was %s and is %s now; look again which card is where", dev->address,
			    id, step_get(step, "id"));
		return FALSE;
	}
	return TRUE;
}

static gboolean check_not_interrupted(GError **error)
{
	if (!step_interrupted())
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "interrupted");
	return FALSE;
}

/* What one run of `up` works with. */
struct run {
	struct host *host;
	struct journal *journal;
	const struct handover_guest *guest;
	const struct machine *machine;
	const GPtrArray *cards, *functions;
	const char *fingerprints; /* of all cards, for the journal */
	const struct handover_options *options;
	guint dropped; /* breadcrumbs */
};

/*
 * tell_sound_servers - say once more that the card leaves; FALSE if there is nobody to tell
 *
 * One that was just starting has not heard it, and has opened the card after it was said.
 */
static gboolean tell_sound_servers(const struct run *run)
{
	gboolean told = FALSE;

	for (guint i = 0; i < run->journal->entries->len; i++) {
		const struct step *step = entry_at(run->journal, i)->step;

		if (step->kind == &sound_kind)
			told = step->kind->apply(run->host, step, NULL) || told;
	}
	return told;
}

/*
 * wait_idle - before each function: the one before it took its time, in which the card can be
 * opened
 *
 * A stopped desktop takes a moment to let go of its card, and so does a sound server.
 */
static gboolean wait_idle(const struct run *run, GError **error)
{
	const struct handover_needs *needs = run->guest->needs;
	guint seconds = needs != NULL && needs->stop_display_manager ? DESKTOP_SECONDS : 0;

	seconds = MAX(seconds, run->options->seconds);
	if (handover_wait_idle(run->host, run->cards, 0, NULL))
		return TRUE;
	for (guint i = 0; i < SOUND_TIMES && tell_sound_servers(run); i++) {
		if (handover_wait_idle(run->host, run->cards, SOUND_SECONDS, NULL))
			return TRUE;
	}
	return handover_wait_idle(run->host, run->cards, seconds, error);
}

static gboolean apply_step(struct run *run, const struct step *step, GError **error)
{
	const struct step_kind *kind = step->kind;

	if (may_hang(run->host, step)) {
		/* It waits for the disk, so it comes before the look. */
		crumb_drop(run->host, run->guest->name, step, FALSE, run->dropped++);
		if (!wait_idle(run, error))
			return FALSE;
	}
	return kind->apply(run->host, step, error) &&
	       (kind->verify == NULL || kind->verify(run->host, step, error));
}

/* do_step - takes the step over */
static gboolean do_step(struct run *run, struct step *owned, GError **error)
{
	autoptr(step) step = owned;
	const struct step *kept = step;
	guint number = run->journal->entries->len;

	tell(run->options, "", step, FALSE);
	if (!check_not_interrupted(error) || !step->kind->save(run->host, step, error) ||
	    !check_same_device(step, run->functions, error) ||
	    !journal_begin(run->journal, g_steal_pointer(&step), error) ||
	    !apply_step(run, kept, error) || !journal_done(run->journal, number, error))
		return FALSE;
	tell(run->options, "", kept, TRUE);
	return TRUE;
}

/* shared_function - the first function that both name, or NULL */
static const char *shared_function(const struct journal *a, const struct journal *b)
{
	for (guint i = 0; a->started && a->functions[i] != NULL; i++) {
		if (b->started &&
		    g_strv_contains((const char *const *)b->functions, a->functions[i]))
			return a->functions[i];
	}
	return NULL;
}

/*
 * check_not_lent_elsewhere - no other journal may name one of our functions
 *
 * Our header is written before this looks. Of two processes that take the same card at the same
 * time, at least one therefore sees the other; if both do, both give up, which is safe.
 */
static gboolean check_not_lent_elsewhere(struct host *host, const struct journal *journal,
					 GError **error)
{
	g_auto(GStrv) uuids = journal_list(host, error);

	for (guint i = 0; uuids != NULL && uuids[i] != NULL; i++) {
		autoptr(journal) other = NULL;
		g_autoptr(GError) failure = NULL;
		const char *shared;

		if (g_str_equal(uuids[i], journal->uuid))
			continue;
		other = journal_read(host, uuids[i], NULL, &failure);
		if (other == NULL && !hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return FALSE;
		}
		shared = other != NULL ? shared_function(journal, other) : NULL;
		if (shared != NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
				    "the guest %s has the card at %s; take it back first: "
				    "hotseat recover --guest %s",
				    other->name, shared, other->name);
			return FALSE;
		}
	}
	return uuids != NULL;
}

static gboolean start_journal(struct run *run, GError **error)
{
	g_autoptr(GPtrArray) addresses = g_ptr_array_new();

	for (guint i = 0; i < run->functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(run->functions, i);

		g_ptr_array_add(addresses, dev->address);
	}
	g_ptr_array_add(addresses, NULL);
	return journal_start(run->journal, run->guest->name, run->fingerprints,
			     (char **)addresses->pdata, error) &&
	       check_not_lent_elsewhere(run->host, run->journal, error);
}

static gboolean lend(struct run *run, GError **error)
{
	g_autoptr(GPtrArray) wishes = NULL;

	if (!start_journal(run, error) || !bind_prepare(run->host, error))
		return FALSE;
	wishes = wishes_build(run->host, run->guest, run->machine, run->cards, error);
	if (wishes == NULL)
		return FALSE;
	while (wishes->len > 0) {
		if (!do_step(run, g_ptr_array_steal_index(wishes, 0), error))
			return FALSE;
	}
	if (run->dropped > 0)
		crumb_sweep(run->host);
	/* Here, and not after it: once that record is there, the card is lent. */
	return check_not_interrupted(error) && journal_note_lent(run->journal, error);
}

/*
 * Only what is the guest's own is a reason to start anew: without its card it cannot start. Whoever
 * has meanwhile set another governor will have wanted to.
 */
static gboolean is_lent_and_verified(struct host *host, const struct journal *journal)
{
	if (!journal_is_complete(journal))
		return FALSE;
	for (guint i = 0; i < journal->entries->len; i++) {
		const struct step *step = entry_at(journal, i)->step;

		if (step->kind->verify != NULL && !step->kind->verify(host, step, NULL))
			return FALSE;
	}
	return TRUE;
}

/*
 * undo_former - a journal that was there before, and that is no answer to this `up`
 *
 * Its process was killed, or somebody has changed a function that was lent: start from the host as
 * it was.
 */
static gboolean undo_former(struct host *host, struct journal *journal,
			    const struct handover_options *options, GError **error)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *also = NULL;

	if (!undo_journal(host, journal, options, left, error)) {
		g_prefix_error(error, "an earlier handover has to be undone first: ");
		return FALSE;
	}
	if (left->len == 0)
		return TRUE;
	also = join_left(left);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "an earlier handover was undone, but not all is as it was%s; if that is right, "
		    "try again",
		    also);
	return FALSE;
}

/* hold_for_up - a journal to write into, or @lent: the same cards are lent to this guest already */
static gboolean hold_for_up(struct run *run, struct journal **journal, gboolean *lent,
			    GError **error)
{
	const struct handover_guest *guest = run->guest;

	for (;;) {
		autoptr(journal) held = NULL;

		if (!journal_hold(run->host, guest->uuid, TRUE, run->options->seconds, &held,
				  error))
			return FALSE;
		if (!held->started) {
			*journal = g_steal_pointer(&held);
			return TRUE;
		}
		if (journal_is_complete(held) && !g_str_equal(held->card, run->fingerprints)) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
				    "%s has another card already; take it back first: "
				    "hotseat down %s",
				    guest->name, guest->name);
			return FALSE;
		}
		*lent = is_lent_and_verified(run->host, held);
		if (*lent)
			return TRUE;
		if (!undo_former(run->host, held, run->options, error))
			return FALSE;
	}
}

/* One word of the journal, which is compared as a whole. */
static char *join_fingerprints(const GPtrArray *cards)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		g_string_append_printf(text, "%s%s", i == 0 ? "" : "+", card->fingerprint);
	}
	return g_string_free(text, FALSE);
}

gboolean handover_up(struct host *host, const struct handover_guest *guest,
		     const struct machine *machine, const GPtrArray *cards,
		     const struct handover_options *options, GError **error)
{
	HOLD_SIGNALS(held);
	g_autoptr(GPtrArray) functions = cards_functions(cards);
	g_autofree char *fingerprints = join_fingerprints(cards);
	struct run run = {
		.host = host,
		.guest = guest,
		.machine = machine,
		.cards = cards,
		.functions = functions,
		.fingerprints = fingerprints,
		.options = options,
	};
	autoptr(journal) journal = NULL;
	GError *failure = NULL;
	gboolean lent = FALSE;

	g_assert(cards->len > 0);
	if (!hold_for_up(&run, &journal, &lent, error))
		return FALSE;
	if (lent)
		return TRUE;
	run.journal = journal;
	if (lend(&run, &failure))
		return TRUE;
	give_up(host, journal, options, failure, error);
	return FALSE;
}

static gboolean settle_machine(struct host *host, GPtrArray *left, GError **error)
{
	struct step_undo undo = { .left = left };
	g_autoptr(GError) failure = NULL;

	if (share_settle(host, &undo, &failure))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK, "%s", failure->message);
	return FALSE;
}

gboolean handover_down(struct host *host, const char *uuid, const struct handover_options *options,
		       GPtrArray **left, GError **error)
{
	HOLD_SIGNALS(held);
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	autoptr(journal) journal = NULL;

	if (g_str_equal(uuid, JOURNAL_MACHINE)) {
		if (!settle_machine(host, sentences, error))
			return FALSE;
	} else if (!journal_hold(host, uuid, FALSE, options->seconds, &journal, error)) {
		return FALSE;
	}
	if (journal != NULL && !undo_journal(host, journal, options, sentences, error))
		return FALSE;
	if (left != NULL)
		*left = g_steal_pointer(&sentences);
	return TRUE;
}
