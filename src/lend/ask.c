/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/ask.h"

#include <unistd.h>

#include "guest/domain.h"
#include "guest/virt.h"
#include "lend/signals.h"

#define LIBVIRT_STATUS "/run/libvirt/qemu"

/*
 * A question is asked on a thread of its own, which is left behind if it does not come back in
 * time; what both share is freed by whoever is last.
 */
struct question {
	gatomicrefcount refs;
	enum ask_answer (*ask)(struct virt *virt, const char *guest);
	char *guest;

	GMutex mutex;
	GCond answered;
	gboolean done;
	enum ask_answer answer;
};

static void question_unref(struct question *question)
{
	if (!g_atomic_ref_count_dec(&question->refs))
		return;
	g_mutex_clear(&question->mutex);
	g_cond_clear(&question->answered);
	g_free(question->guest);
	g_free(question);
}

static gpointer ask_thread(gpointer data)
{
	struct question *question = data;
	autoptr(virt) virt = virt_open(NULL);
	enum ask_answer answer =
		virt == NULL ? ASK_NO_ANSWER : question->ask(virt, question->guest);

	g_mutex_lock(&question->mutex);
	question->done = TRUE;
	question->answer = answer;
	g_cond_signal(&question->answered);
	g_mutex_unlock(&question->mutex);
	question_unref(question);
	return NULL;
}

static gboolean start_thread(struct question *question)
{
	sigset_t before = signals_block();
	GThread *thread = g_thread_try_new("ask", ask_thread, question, NULL);

	signals_restore(&before);
	if (thread != NULL)
		g_thread_unref(thread);
	return thread != NULL;
}

static enum ask_answer ask(enum ask_answer (*what)(struct virt *virt, const char *guest),
			   const char *guest, guint seconds)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	struct question *question = g_new0(struct question, 1);
	enum ask_answer answer = ASK_NO_ANSWER;

	g_atomic_ref_count_init(&question->refs);
	g_mutex_init(&question->mutex);
	g_cond_init(&question->answered);
	question->ask = what;
	question->guest = g_strdup(guest);

	g_atomic_ref_count_inc(&question->refs);
	if (!start_thread(question)) {
		question_unref(question);
		question_unref(question);
		return ASK_NO_ANSWER;
	}
	g_mutex_lock(&question->mutex);
	while (!question->done) {
		if (!g_cond_wait_until(&question->answered, &question->mutex, deadline))
			break;
	}
	if (question->done)
		answer = question->answer;
	g_mutex_unlock(&question->mutex);
	question_unref(question);
	return answer;
}

static enum ask_answer runs(struct virt *virt, const char *guest)
{
	g_autoptr(GError) error = NULL;
	enum guest_state state;

	if (virt_guest_state(virt, guest, &state, &error))
		return state == GUEST_SHUT_OFF || state == GUEST_CRASHED ? ASK_NO : ASK_YES;
	return hotseat_error_is(error, HOTSEAT_ERROR_ABSENT) ? ASK_NO : ASK_NO_ANSWER;
}

static enum ask_answer has_agent(struct virt *virt, const char *guest)
{
	g_autofree char *xml = virt_domain_live_xml(virt, guest, NULL);
	autoptr(domain_facts) facts = xml == NULL ? NULL : domain_facts_parse(xml, NULL);

	if (facts == NULL)
		return ASK_NO_ANSWER;
	return facts->agent ? ASK_YES : ASK_NO;
}

static enum ask_answer destroy(struct virt *virt, const char *guest)
{
	/* One that is off already cannot be destroyed, and is what was wanted. */
	(void)virt_destroy(virt, guest, NULL);
	switch (runs(virt, guest)) {
	case ASK_NO:
		return ASK_YES;
	case ASK_YES:
		return ASK_NO;
	case ASK_NO_ANSWER:
		break;
	}
	return ASK_NO_ANSWER;
}

enum ask_answer ask_runs(const char *guest, guint seconds)
{
	return ask(runs, guest, seconds);
}

gboolean ask_knows(const char *guest)
{
	g_autofree char *name = g_strconcat(guest, ".xml", NULL);
	g_autofree char *path = g_build_filename(LIBVIRT_STATUS, name, NULL);

	return access(path, F_OK) == 0;
}

enum ask_answer ask_agent(const char *guest, guint seconds)
{
	return ask(has_agent, guest, seconds);
}

enum ask_answer ask_destroy(const char *guest, guint seconds)
{
	return ask(destroy, guest, seconds);
}
