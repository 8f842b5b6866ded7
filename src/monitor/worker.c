/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/worker.h"

#include "core/error.h"
#include "monitor/ddcutil.h"

struct worker {
	worker_make_ddc make;
	gpointer data;
	char *learned;
	GThreadPool *pool; /* of one thread, which alone uses the rest */
	struct ddc *ddc;
	struct root *root;
	GPtrArray *monitors; /* as found last; NULL: not looked yet */
};

struct job {
	GTask *task;
	GSource *timeout;
	gint answered; /* atomic: by the worker or by the clock, whoever is first */
	gint references;
	guint milliseconds;
	gint64 deadline;
	gboolean lists;
	char *monitor, *input;
};

static void job_unref(struct job *job)
{
	if (!g_atomic_int_dec_and_test(&job->references))
		return;
	g_object_unref(job->task);
	g_source_unref(job->timeout);
	g_free(job->monitor);
	g_free(job->input);
	g_free(job);
}

static void unref_job(gpointer job)
{
	job_unref(job);
}

/* Whether this is the first answer, which alone counts. */
static gboolean claim(struct job *job)
{
	return g_atomic_int_compare_and_exchange(&job->answered, 0, 1);
}

static gboolean on_timeout(gpointer data)
{
	struct job *job = data;

	if (claim(job))
		g_task_return_new_error(job->task, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
					"%s gave no answer within %.1f s; the bus to it may hang",
					job->lists ? "a monitor" : job->monitor,
					job->milliseconds / 1000.0);
	return G_SOURCE_REMOVE;
}

/* -- in the worker's thread ------------------------------------------------------------------- */

static struct ddc *make_ddcutil(gpointer data, GError **error)
{
	return ddcutil_new(error);
}

static gboolean get_ready(struct worker *worker, GError **error)
{
	if (worker->root == NULL)
		worker->root = root_open("/", error);
	if (worker->root != NULL && worker->ddc == NULL)
		worker->ddc = worker->make(worker->data, error);
	return worker->root != NULL && worker->ddc != NULL;
}

static GPtrArray *look(struct worker *worker, GError **error)
{
	if (!get_ready(worker, error))
		return NULL;
	return monitors_read(worker->ddc, worker->root, worker->learned, error);
}

static gboolean look_again(struct worker *worker, GError **error)
{
	g_clear_pointer(&worker->monitors, g_ptr_array_unref);
	worker->monitors = look(worker, error);
	return worker->monitors != NULL;
}

/*
 * Part of a job's time that a switch leaves over: for a command that is under way when it gives up,
 * and for its word. Else who asked hears of a bus that hangs, where a monitor did not heed.
 */
#define SPARE(milliseconds) ((milliseconds) / 8)

static gint64 left(const struct job *job)
{
	return job->deadline - SPARE(job->milliseconds) * 1000 - g_get_monotonic_time();
}

static gboolean switch_known(struct worker *worker, const struct job *job,
			     enum switch_outcome *outcome, GError **error)
{
	const struct monitor *monitor = monitors_find(worker->monitors, job->monitor, error);
	const struct monitor_input *input;

	if (monitor == NULL)
		return FALSE;
	input = model_find_input(monitor->model, job->input, error);
	if (input == NULL)
		return FALSE;
	return switch_input(worker->ddc, &monitor->cable, monitor->model, input,
			    worker->ddc->now(worker->ddc) + left(job), outcome, error);
}

/* A monitor that is not there as it was may have been plugged elsewhere, or woken up. */
static gboolean switch_wanted(struct worker *worker, const struct job *job,
			      enum switch_outcome *outcome, GError **error)
{
	gboolean fresh = worker->monitors == NULL;
	g_autoptr(GError) why = NULL;

	if (fresh && !look_again(worker, error))
		return FALSE;
	if (switch_known(worker, job, outcome, &why))
		return TRUE;
	if (fresh || !hotseat_error_is(why, HOTSEAT_ERROR_ABSENT)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	return look_again(worker, error) && switch_known(worker, job, outcome, error);
}

static void free_array(gpointer array)
{
	g_ptr_array_unref(array);
}

static void work(gpointer data, gpointer user_data)
{
	struct worker *worker = user_data;
	struct job *job = data;
	enum switch_outcome outcome = SWITCH_ALREADY;
	GError *error = NULL;
	GPtrArray *monitors = NULL;
	gboolean done;

	if (g_atomic_int_get(&job->answered)) {
		job_unref(job);
		return;
	}
	if (job->lists) {
		/* what was found before is void from here on */
		g_clear_pointer(&worker->monitors, g_ptr_array_unref);
		monitors = look(worker, &error);
		done = monitors != NULL;
	} else {
		done = switch_wanted(worker, job, &outcome, &error);
	}
	if (!claim(job)) {
		g_clear_error(&error);
		g_clear_pointer(&monitors, g_ptr_array_unref);
	} else if (!done) {
		g_task_return_error(job->task, error);
	} else if (job->lists) {
		g_task_return_pointer(job->task, monitors, free_array);
	} else {
		g_task_return_int(job->task, outcome);
	}
	g_source_destroy(job->timeout);
	job_unref(job);
}

/* -- in the caller's -------------------------------------------------------------------------- */

struct worker *worker_new(worker_make_ddc make, gpointer data, const char *learned)
{
	struct worker *worker = g_new0(struct worker, 1);

	worker->make = make != NULL ? make : make_ddcutil;
	worker->data = data;
	worker->learned = g_strdup(learned);
	/* exclusive: libddcutil keeps settings for each thread, so it must stay the same one */
	worker->pool = g_thread_pool_new(work, worker, 1, TRUE, NULL);
	return worker;
}

void worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	g_thread_pool_free(worker->pool, FALSE, TRUE);
	g_clear_pointer(&worker->monitors, g_ptr_array_unref);
	ddc_free(worker->ddc);
	root_free(worker->root);
	g_free(worker->learned);
	g_free(worker);
}

static void push(struct worker *worker, struct job *job, guint milliseconds,
		 GAsyncReadyCallback callback, gpointer data)
{
	job->task = g_task_new(NULL, NULL, callback, data);
	job->milliseconds = milliseconds;
	job->deadline = g_get_monotonic_time() + (gint64)milliseconds * 1000;
	job->references = 2; /* the queue's and the clock's */
	job->timeout = g_timeout_source_new(milliseconds);
	g_source_set_callback(job->timeout, on_timeout, job, unref_job);
	g_source_attach(job->timeout, g_task_get_context(job->task));
	g_thread_pool_push(worker->pool, job, NULL);
}

void worker_list_async(struct worker *worker, guint milliseconds, GAsyncReadyCallback callback,
		       gpointer data)
{
	struct job *job = g_new0(struct job, 1);

	job->lists = TRUE;
	push(worker, job, milliseconds, callback, data);
}

GPtrArray *worker_list_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

void monitor_switch_async(struct worker *worker, const char *monitor, const char *input,
			  guint milliseconds, GAsyncReadyCallback callback, gpointer data)
{
	struct job *job = g_new0(struct job, 1);

	job->monitor = g_strdup(monitor);
	job->input = g_strdup(input);
	push(worker, job, milliseconds, callback, data);
}

gboolean monitor_switch_finish(GAsyncResult *result, enum switch_outcome *outcome, GError **error)
{
	g_autoptr(GError) why = NULL;
	gssize found = g_task_propagate_int(G_TASK(result), &why);

	if (why != NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	*outcome = (enum switch_outcome)found;
	return TRUE;
}
