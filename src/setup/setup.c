/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup/setup.h"

#include <string.h>

#include "core/error.h"
#include "machine/displays.h"
#include "setup/draft.h"
#include "setup/product.h"
#include "setup/store.h"

static void free_item(gpointer data)
{
	struct setup_item *item = data;

	g_free(item->what);
	g_free(item->why);
	g_free(item);
}

static void free_file(gpointer data)
{
	struct setup_file *file = data;

	g_free(file->path);
	g_bytes_unref(file->wanted);
	g_free(file);
}

static struct setup *setup_new(void)
{
	struct setup *setup = g_new0(struct setup, 1);

	setup->items = g_ptr_array_new_with_free_func(free_item);
	setup->files = g_ptr_array_new_with_free_func(free_file);
	setup->products = g_ptr_array_new_with_free_func(g_free);
	setup->arguments = g_ptr_array_new_with_free_func(g_free);
	setup->by_hand = g_ptr_array_new_with_free_func(g_free);
	return setup;
}

void setup_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	g_ptr_array_unref(setup->items);
	g_ptr_array_unref(setup->files);
	g_ptr_array_unref(setup->products);
	g_ptr_array_unref(setup->arguments);
	g_ptr_array_unref(setup->by_hand);
	g_free(setup);
}

gboolean setup_changes(const struct setup *setup)
{
	return setup->files->len > 0 || setup->products->len > 0;
}

void draft_item(struct draft *draft, char *what, char *why)
{
	struct setup_item *item = g_new0(struct setup_item, 1);

	item->what = what;
	item->why = why;
	g_ptr_array_add(draft->setup->items, item);
}

void draft_by_hand(struct draft *draft, char *text)
{
	g_ptr_array_add(draft->setup->by_hand, text);
}

void draft_product(struct draft *draft, const char *name)
{
	ledger_add(draft->setup->products, name);
}

gboolean draft_file(struct draft *draft, const char *path, const char *text, gboolean program,
		    const char *product, GError **error)
{
	g_autoptr(GBytes) wanted = g_bytes_new(text, strlen(text));
	auto_store_file now = { 0 };
	struct setup_file *file;

	/* there /etc is made from the machine's configuration, and what is written to it is lost */
	if (draft->machine->boot->loader == BOOT_NIXOS) {
		draft_by_hand(draft, g_strdup_printf("Let environment.etc make /%s with\n%s",
						     path + strlen("etc/"), text));
		return TRUE;
	}
	if (!store_read(draft->machine->root, path, &now, error))
		return FALSE;
	if (now.bytes != NULL && g_bytes_equal(now.bytes, wanted))
		return TRUE;
	file = g_new0(struct setup_file, 1);
	file->path = g_strdup(path);
	file->wanted = g_steal_pointer(&wanted);
	file->program = program;
	g_ptr_array_add(draft->setup->files, file);
	if (product != NULL)
		draft_product(draft, product);
	return TRUE;
}

static gboolean has_line(const char *text, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	return g_strv_contains((const char *const *)lines, line);
}

gboolean draft_line(struct draft *draft, const char *path, const char *line, const char *product,
		    GError **error)
{
	auto_store_file now = { 0 };
	g_autoptr(GString) text = NULL;
	gsize length = 0;
	const char *data;

	if (!store_read(draft->machine->root, path, &now, error))
		return FALSE;
	data = now.bytes == NULL ? "" : g_bytes_get_data(now.bytes, &length);
	text = g_string_new_len(data, (gssize)length);
	if (has_line(text->str, line))
		return TRUE;
	if (text->len > 0 && text->str[text->len - 1] != '\n')
		g_string_append_c(text, '\n');
	g_string_append_printf(text, DRAFT_HEADER("#") "%s\n", line);
	return draft_file(draft, path, text->str, FALSE, product, error);
}

static gboolean is_viable(const struct card *card, GError **error)
{
	const char *address = card_display(card)->address;
	const struct card_blocker *blocker =
		card->blockers->len > 0 ? g_ptr_array_index(card->blockers, 0) : NULL;

	if (card->verdict == CARD_READY)
		return TRUE;
	if (card->verdict == CARD_NO_GROUP)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is in no IOMMU group, because the IOMMU is off. Run hotseat setup "
			    "without it first, boot anew, and ask again",
			    address);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "%s cannot be lent: %s",
			    address,
			    blocker == NULL ? "its IOMMU group cannot be judged; try again as root"
					    : blocker->why);
	return FALSE;
}

/* Without a screen nobody could undo it: worse at boot than while a desktop runs. */
static gboolean is_spare(const struct draft *draft, const struct card *card, const char *only_why,
			 GError **error)
{
	const struct pcidev *display = card_display(card);
	gboolean only = only_why != NULL;

	if (draft->wish->take_last_display || (!only && display->boot_vga != KNOWN_YES))
		return TRUE;
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		"%s is %s%s%s. Choose another card as the first in the firmware's setup; or, if "
		"the screen may stay dark, say so with --take-last-display",
		display->address,
		only ? "the only display of this desktop" : "the card that this machine boots on",
		only ? ": " : "", only ? only_why : "");
	return FALSE;
}

GPtrArray *draft_cards(const struct draft *draft, const char *const *addresses, GError **error)
{
	const struct machine *machine = draft->machine;
	g_autoptr(GPtrArray) cards = cards_find(machine->cards, addresses, error);
	g_autofree char *why = NULL;
	gboolean only;

	if (cards == NULL)
		return NULL;
	only = displays_are_only(machine->root, machine->cards, cards, &why) == KNOWN_YES;
	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		if (!is_viable(card, error) || !is_spare(draft, card, only ? why : NULL, error))
			return NULL;
	}
	return g_steal_pointer(&cards);
}

/* What a killed setup did not come to: everything is generated anew, which costs only time. */
static void draft_rest(struct draft *draft)
{
	const struct ledger *ledger = draft->ledger;

	if (ledger == NULL || ledger->made)
		return;
	for (guint i = 0; i < ledger->products->len; i++)
		draft_product(draft, g_ptr_array_index(ledger->products, i));
	draft_item(draft, g_strdup("finish what an interrupted setup began"),
		   g_strdup("Its files are written, but not everything that is generated from "
			    "them."));
}

/* Images before menus, whichever part of the plan asked first. */
static void sort_products(struct setup *setup)
{
	static const char *const order[] = { PRODUCT_UDEV,          PRODUCT_MODULES,
					     PRODUCT_LIBVIRT,       PRODUCT_INITRAMFS_TOOLS,
					     PRODUCT_DRACUT,        PRODUCT_GRUB,
					     PRODUCT_KERNEL_INSTALL };
	g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		if (ledger_has(setup->products, order[i]))
			ledger_add(sorted, order[i]);
	}
	g_ptr_array_unref(setup->products);
	setup->products = g_steal_pointer(&sorted);
}

struct setup *setup_plan(const struct machine *machine, const GPtrArray *findings,
			 const struct ledger *ledger, const struct setup_wish *wish, GError **error)
{
	autoptr(setup) setup = setup_new();
	struct draft draft = { .machine = machine, .ledger = ledger, .wish = wish, .setup = setup };

	for (guint i = 0; ledger != NULL && i < ledger->arguments->len; i++)
		ledger_add(setup->arguments, g_ptr_array_index(ledger->arguments, i));
	draft_rest(&draft);
	if (!draft_findings(&draft, findings, error) || !draft_gpu(&draft, error) ||
	    !draft_keep_free(&draft, error) || !draft_hugepages(&draft, error) ||
	    !draft_loader(&draft, error))
		return NULL;
	sort_products(setup);
	return g_steal_pointer(&setup);
}
