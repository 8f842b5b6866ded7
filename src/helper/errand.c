/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/errand.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_MS 30000

struct task {
	char *command, *seat, *side;
};

struct errand {
	errand_failed failed;
	void *data;
	guint deadline_ms;
	struct task now, next; /* command is NULL: none */
	GSubprocess *process;
	GCancellable *cancellable;
	guint deadline;
	gboolean late;
};

static void task_clear(struct task *task)
{
	g_clear_pointer(&task->command, g_free);
	g_clear_pointer(&task->seat, g_free);
	g_clear_pointer(&task->side, g_free);
}

static void begin(struct errand *errand);

static void end(struct errand *errand, const char *why)
{
	struct task task = errand->now;

	errand->now = (struct task){ 0 };
	g_clear_object(&errand->process);
	if (why != NULL)
		errand->failed(task.command, why, errand->data);
	task_clear(&task);
	begin(errand);
}

static void on_end(GObject *source, GAsyncResult *result, gpointer data)
{
	GSubprocess *process = G_SUBPROCESS(source);
	g_autoptr(GError) error = NULL;
	g_autofree char *why = NULL;
	struct errand *errand = data;

	if (!g_subprocess_wait_finish(process, result, &error) &&
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	g_source_remove(errand->deadline);
	if (errand->late)
		why = g_strdup_printf("it was ended after %.3g s", errand->deadline_ms / 1000.0);
	else if (g_subprocess_get_if_signaled(process))
		why = g_strdup_printf("it was ended by signal %d",
				      g_subprocess_get_term_sig(process));
	else if (g_subprocess_get_exit_status(process) != 0)
		why = g_strdup_printf("its exit status is %d",
				      g_subprocess_get_exit_status(process));
	end(errand, why);
}

/* With its children: a script that is ended alone leaves what it runs behind. */
static void kill_process(struct errand *errand)
{
	const char *pid = g_subprocess_get_identifier(errand->process);

	if (pid != NULL) /* else it has ended */
		(void)kill(-(pid_t)g_ascii_strtoll(pid, NULL, 10), SIGKILL);
}

static gboolean on_deadline(gpointer data)
{
	struct errand *errand = data;

	errand->late = TRUE;
	kill_process(errand);
	return G_SOURCE_CONTINUE; /* its end removes this */
}

static void lead_group(gpointer data)
{
	(void)setpgid(0, 0); /* cannot fail: just forked */
}

static GSubprocess *spawn(const struct task *task, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_auto(GStrv) words = NULL;

	if (!g_shell_parse_argv(task->command, NULL, &words, error))
		return NULL;
	g_subprocess_launcher_setenv(launcher, "HOTSEAT_SEAT", task->seat, TRUE);
	g_subprocess_launcher_setenv(launcher, "HOTSEAT_SIDE", task->side, TRUE);
	g_subprocess_launcher_set_child_setup(launcher, lead_group, NULL, NULL);
	return g_subprocess_launcher_spawnv(launcher, (const char *const *)words, error);
}

static void begin(struct errand *errand)
{
	g_autoptr(GError) error = NULL;

	if (errand->next.command == NULL || errand->now.command != NULL)
		return;
	errand->now = errand->next;
	errand->next = (struct task){ 0 };
	errand->late = FALSE;
	errand->process = spawn(&errand->now, &error);
	if (errand->process == NULL) {
		end(errand, error->message);
		return;
	}
	errand->deadline = g_timeout_add(errand->deadline_ms, on_deadline, errand);
	g_subprocess_wait_async(errand->process, errand->cancellable, on_end, errand);
}

struct errand *errand_new(errand_failed failed, void *data)
{
	struct errand *errand = g_new0(struct errand, 1);

	errand->failed = failed;
	errand->data = data;
	errand->deadline_ms = DEADLINE_MS;
	errand->cancellable = g_cancellable_new();
	return errand;
}

void errand_free(struct errand *errand)
{
	if (errand == NULL)
		return;
	g_cancellable_cancel(errand->cancellable);
	if (errand->process != NULL) {
		g_source_remove(errand->deadline);
		kill_process(errand);
		g_object_unref(errand->process);
	}
	g_object_unref(errand->cancellable);
	task_clear(&errand->now);
	task_clear(&errand->next);
	g_free(errand);
}

void errand_run(struct errand *errand, const char *command, const char *seat, const char *side)
{
	task_clear(&errand->next);
	errand->next = (struct task){ g_strdup(command), g_strdup(seat), g_strdup(side) };
	begin(errand);
}

void errand_set_deadline(struct errand *errand, guint milliseconds)
{
	errand->deadline_ms = milliseconds;
}
