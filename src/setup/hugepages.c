/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "core/size.h"
#include "rules/host.h"
#include "setup/draft.h"
#include "setup/words.h"

/*
 * Memory in huge pages, set aside at boot, when it is not yet in pieces. Pages of 1 GiB can hardly
 * be had later; where the processor has none (no pdpe1gb), those of 2 MiB. "hugepages=" counts
 * pages of the last "hugepagesz=" before it, so the two stay together and in this order.
 * Source: Linux Documentation/admin-guide/kernel-parameters.txt.
 */
#define MIB ((guint64)1 << 20)
#define GIB ((guint64)1 << 30)

static gboolean fits(const struct draft *draft, guint64 bytes, GError **error)
{
	struct memory memory = { 0 };

	/* the desktop needs something as well; what is not known is not judged */
	if (!memory_read(draft->machine->root, &memory, NULL) ||
	    bytes <= (memory.total_kib << 10) / 4 * 3)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%" G_GUINT64_FORMAT
		    " MiB are more than three quarters of this machine's "
		    "memory, and the desktop could not start; ask for less",
		    bytes / MIB);
	return FALSE;
}

/* is_free - nobody but us gives the kernel another number: the later one would add to it */
static gboolean is_free(const struct draft *draft, const char *count, GError **error)
{
	g_autoptr(GPtrArray) given = draft_given(draft);
	const char *value = words_value(given, "hugepages");
	g_autofree char *word = g_strconcat("hugepages=", value, NULL);

	if (value == NULL || g_str_equal(word, count) ||
	    (draft->ledger != NULL && ledger_has(draft->ledger->arguments, word)))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the kernel is given %s already; take that out first", word);
	return FALSE;
}

gboolean draft_hugepages(struct draft *draft, GError **error)
{
	g_autofree char *count = NULL;
	guint64 bytes = 0, page;

	if (draft->wish->hugepages == NULL)
		return TRUE;
	if (!size_parse(draft->wish->hugepages, MIB, &bytes, error) || !fits(draft, bytes, error))
		return FALSE;
	page = bytes % GIB == 0 && host_cpuinfo_has(draft->machine, "pdpe1gb") ? GIB : 2 * MIB;
	count = g_strdup_printf("hugepages=%" G_GUINT64_FORMAT, (bytes + page - 1) / page);
	if (!is_free(draft, count, error))
		return FALSE;
	words_set(draft->setup->arguments, page == GIB ? "hugepagesz=1G" : "hugepagesz=2M");
	words_set(draft->setup->arguments, count);
	draft_item(draft,
		   g_strdup_printf("set %s aside in pages of %s at boot", draft->wish->hugepages,
				   page == GIB ? "1 GiB" : "2 MiB"),
		   g_strdup("You asked for it. The desktop cannot use this memory, also while no "
			    "guest runs."));
	return TRUE;
}
