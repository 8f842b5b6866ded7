/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "core/size.h"
#include "handover/kinds.h"
#include "handover/share.h"

/* Memory in large pages: pools that guests take theirs from, or whatever the kernel puts together.
 */

/*
 * Pools, one for each size and node: "node0/2048kB". A baseline has the pages in the pool and, of
 * these, the free ones: what was free already is used before more are asked for.
 */
#define NODE "sys/devices/system/node/%s"

static char *pool_path(const char *subject, const char *file)
{
	g_auto(GStrv) parts = g_strsplit(subject, "/", 2);

	return g_strdup_printf(NODE "/hugepages/hugepages-%s/%s", parts[0], parts[1], file);
}

static gboolean is_pool(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);

	return g_strv_length(parts) == 2 && g_str_has_prefix(parts[0], "node") &&
	       g_str_has_suffix(parts[1], "kB") && step_is_name(parts[0], "") &&
	       step_is_name(parts[1], "");
}

static gboolean is_count(const char *text)
{
	return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, NULL, NULL);
}

static guint64 count_of(const char *text)
{
	return g_ascii_strtoull(text, NULL, 10);
}

static char *read_pool(struct host *host, const char *subject, const char *file, GError **error)
{
	g_autofree char *path = pool_path(subject, file);
	g_autofree char *text = root_read(host->root, error, "%s", path);

	if (text == NULL || is_count(text))
		return g_steal_pointer(&text);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "/%s is no number", path);
	return NULL;
}

static char *pool_read(struct host *host, const char *subject, GError **error)
{
	return read_pool(host, subject, "nr_hugepages", error);
}

static gboolean pool_save(struct host *host, struct step *baseline, GError **error)
{
	g_autofree char *free = read_pool(host, baseline->subject, "free_hugepages", error);

	if (free != NULL)
		step_set(baseline, "free", free);
	return free != NULL;
}

static char *pool_combine(const struct step *baseline, const GPtrArray *claims)
{
	guint64 total = count_of(step_get(baseline, "former"));
	const char *free_pages = step_get(baseline, "free");
	guint64 free = free_pages == NULL ? 0 : MIN(count_of(free_pages), total);
	guint64 wanted = total - free;

	for (guint i = 0; i < claims->len; i++)
		wanted += count_of(((struct step_value *)g_ptr_array_index(claims, i))->value);
	return g_strdup_printf("%" G_GUINT64_FORMAT, MAX(wanted, total));
}

/* A pool that was being filled or emptied can have anything in between. */
static gboolean pool_is_between(const char *now, const char *one, const char *other)
{
	guint64 low = MIN(count_of(one), count_of(other)),
		high = MAX(count_of(one), count_of(other));

	return count_of(now) >= low && count_of(now) <= high;
}

/*
 * Memory gets fragmented: the cache is dropped and what can be moved is moved together, so that
 * more large pages come out. Both are only attempts, and change no setting.
 */
static void make_room(struct host *host, const char *subject)
{
	g_autofree char *node = g_strndup(subject, strcspn(subject, "/"));
	g_autofree char *compact = g_strdup_printf(NODE "/compact", node);

	if (root_exists(host->root, "proc/sys/vm/drop_caches"))
		(void)host->write(host, "proc/sys/vm/drop_caches", "1", NULL);
	if (root_exists(host->root, "%s", compact))
		(void)host->write(host, compact, "1", NULL);
}

static void set_short_error(const struct step *baseline, guint64 wanted, guint64 got,
			    GError **error)
{
	const char *size = strchr(baseline->subject, '/') + 1;
	guint64 page_kib = count_of(size), lacking = wanted - got;
	g_autofree char *node = g_strndup(baseline->subject, strcspn(baseline->subject, "/"));
	g_autofree char *amount = size_format(lacking * page_kib * 1024);
	g_autofree char *page = size_format(page_kib * 1024);

	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "of %" G_GUINT64_FORMAT " huge pages of %s on %s only %" G_GUINT64_FORMAT
		    " can be had: %" G_GUINT64_FORMAT
		    " (%s) are short. End programs that use much memory, "
		    "give the guest less, reserve the pages at boot, or let it do with "
		    "transparent ones: hotseat set GUEST hugepages=transparent",
		    wanted, page, node, got, lacking, amount);
}

/*
 * available_kib - what the kernel could free on a node without pushing programs out of memory
 *
 * Return: FALSE if the node does not say.
 */
static gboolean available_kib(struct host *host, const char *subject, guint64 *kib)
{
	static const char *const counted[] = { "MemFree", "Active(file)", "Inactive(file)",
					       "SReclaimable" };
	g_autofree char *node = g_strndup(subject, strcspn(subject, "/"));
	g_autofree char *text = root_read(host->root, NULL, NODE "/meminfo", node);

	*kib = 0;
	for (gsize i = 0; text != NULL && i < G_N_ELEMENTS(counted); i++) {
		g_autofree char *key = g_strdup_printf(" %s:", counted[i]);
		const char *found = strstr(text, key);

		if (found != NULL)
			*kib += count_of(found + strlen(key) + strspn(found + strlen(key), " "));
	}
	return text != NULL;
}

/*
 * Asked for more than there is, the kernel throws out everything that it can before it gives up,
 * and the desktop crawls for minutes: 4 GiB wanted of a machine with 3 did not end in two.
 */
#define LEFT_TO_HOST_KIB (256 * 1024)

static gboolean check_room(struct host *host, const struct step *baseline, const char *value,
			   GError **error)
{
	guint64 page_kib = count_of(strchr(baseline->subject, '/') + 1);
	g_autofree char *now = pool_read(host, baseline->subject, error);
	guint64 available, missing;

	if (now == NULL)
		return FALSE;
	if (page_kib == 0 || count_of(value) <= count_of(now) ||
	    !available_kib(host, baseline->subject, &available))
		return TRUE;
	missing = count_of(value) - count_of(now);
	available -= MIN(available, LEFT_TO_HOST_KIB);
	if (missing <= available / page_kib)
		return TRUE;
	set_short_error(baseline, count_of(value), count_of(now) + available / page_kib, error);
	return FALSE;
}

static gboolean pool_write(struct host *host, const struct step *baseline, const char *value,
			   GError **error)
{
	g_autofree char *path = pool_path(baseline->subject, "nr_hugepages");
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	if (!check_room(host, baseline, value, error) || !host->write(host, path, value, error))
		return FALSE;
	first = pool_read(host, baseline->subject, error);
	if (first == NULL || g_str_equal(first, value))
		return first != NULL;
	make_room(host, baseline->subject);
	if (!host->write(host, path, value, error))
		return FALSE;
	second = pool_read(host, baseline->subject, error);
	if (second == NULL || g_str_equal(second, value))
		return second != NULL;
	if (count_of(second) < count_of(value)) {
		set_short_error(baseline, count_of(value), count_of(second), error);
		return FALSE;
	}
	/* Pages in use stay until their user ends; then the kernel frees them by itself. */
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "%s has %s huge pages in place of %s: others are still in use",
		    baseline->subject, second, value);
	return FALSE;
}

static const struct share pool_share = {
	.check_subject = is_pool,
	.check_value = is_count,
	.read = pool_read,
	.save = pool_save,
	.combine = pool_combine,
	.write = pool_write,
	.is_between = pool_is_between,
};
const struct step_kind hugepages_kind = SHARED_STEP("hugepages", &pool_share);

/* Transparent huge pages: "always [madvise] never". QEMU asks for them with madvise(). */

#define TRANSPARENT "sys/kernel/mm/transparent_hugepage/enabled"

static gboolean is_transparent(const char *text)
{
	return g_str_equal(text, "transparent");
}

static gboolean is_mode(const char *text)
{
	static const char *const modes[] = { "always", "madvise", "never", NULL };

	return g_strv_contains(modes, text);
}

static char *mode_read(struct host *host, const char *subject, GError **error)
{
	g_autofree char *text = root_read(host->root, error, TRANSPARENT);
	const char *start = text == NULL ? NULL : strchr(text, '[');

	if (text == NULL)
		return NULL;
	if (start != NULL && strchr(start, ']') != NULL)
		return g_strndup(start + 1, strcspn(start + 1, "]"));
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "/%s names no mode",
		    TRANSPARENT);
	return NULL;
}

static gboolean mode_write(struct host *host, const struct step *baseline, const char *value,
			   GError **error)
{
	return host->write(host, TRANSPARENT, value, error);
}

static const struct share mode_share = {
	.check_subject = is_transparent,
	.check_value = is_mode,
	.read = mode_read,
	.write = mode_write,
};
const struct step_kind compound_kind = SHARED_STEP("compound", &mode_share);
