/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/card.h"

#include <string.h>

#include "core/error.h"

/*
 * A fingerprint is one line of text:
 *
 *	10de:1b80/1458:3702/030000/a1@00:01.0-00.0;0123456789abcdef
 *	vendor:device/subsystem/class/revision @ path ; serial number
 *
 * The path is the root bus (with its domain, if that is not 0), then device.function of each step
 * from there down to the card. Bus numbers below the root are left out: the firmware counts them
 * anew whenever a card comes or goes (GR-11). A host bridge behind a device, as VMD makes it,
 * begins with its own bus again: "00:0e.0-e0:06.0-00.0".
 *
 * The serial number is PCIe's Device Serial Number. Only root can read it and many cards have none,
 * so it is there in one reading and not in another of the same card. It therefore never makes a
 * fingerprint unequal by being absent; it only tells two cards apart where both sides have it.
 */
struct fingerprint {
	char *identity;
	char *path;
	char *serial; /* NULL: not read, or the card has none */
};

static void fingerprint_free(struct fingerprint *fingerprint)
{
	if (fingerprint == NULL)
		return;
	g_free(fingerprint->identity);
	g_free(fingerprint->path);
	g_free(fingerprint->serial);
	g_free(fingerprint);
}
AUTOPTR_DEFINE(fingerprint)

static struct fingerprint *fingerprint_parse(const char *text)
{
	struct fingerprint *fingerprint;
	const char *at = strchr(text, '@');
	const char *semicolon;

	if (at == NULL)
		return NULL;
	fingerprint = g_new0(struct fingerprint, 1);
	semicolon = strchrnul(at, ';');
	fingerprint->identity = g_strndup(text, (gsize)(at - text));
	fingerprint->path = g_strndup(at + 1, (gsize)(semicolon - at - 1));
	if (*semicolon != '\0')
		fingerprint->serial = g_strdup(semicolon + 1);
	return fingerprint;
}

/* "pci0000:40" is a host bridge, "0000:40:03.1" a step below it */
static void append_step(GString *path, const char *step)
{
	const char *bus;

	if (path->len > 0 && path->str[path->len - 1] != ':')
		g_string_append_c(path, '-');
	if (g_str_has_prefix(step, "pci")) {
		bus = strchr(step, ':');
		if (path->len == 0 && !g_str_has_prefix(step, "pci0000:"))
			g_string_append_len(path, step + strlen("pci"),
					    (bus == NULL ? step + strlen(step) : bus + 1) -
						    (step + strlen("pci")));
		g_string_append_printf(path, "%s:", bus == NULL ? "" : bus + 1);
	} else {
		bus = strrchr(step, ':');
		g_string_append(path, bus == NULL ? step : bus + 1);
	}
}

static char *fingerprint_new(const struct pcidev *dev)
{
	g_auto(GStrv) steps = g_strsplit(dev->path, "/", -1);
	g_autoptr(GString) path = g_string_new(NULL);

	for (guint i = 0; steps[i] != NULL; i++)
		append_step(path, steps[i]);
	return g_strdup_printf("%04x:%04x/%04x:%04x/%06x/%02x@%s%s%s", dev->vendor, dev->device,
			       dev->subsystem_vendor, dev->subsystem_device, dev->class,
			       dev->revision, path->str, dev->serial == NULL ? "" : ";",
			       dev->serial == NULL ? "" : dev->serial);
}

static gboolean may_be_same(const struct fingerprint *a, const struct fingerprint *b)
{
	if (!g_str_equal(a->identity, b->identity))
		return FALSE;
	return a->serial == NULL || b->serial == NULL || g_str_equal(a->serial, b->serial);
}

gboolean card_fingerprint_equal(const char *a, const char *b)
{
	autoptr(fingerprint) first = fingerprint_parse(a);
	autoptr(fingerprint) second = fingerprint_parse(b);

	return first != NULL && second != NULL && may_be_same(first, second) &&
	       g_str_equal(first->path, second->path);
}

static void blocker_free(gpointer data)
{
	struct card_blocker *blocker = data;

	g_free(blocker->why);
	g_free(blocker);
}

void card_free(struct card *card)
{
	if (card == NULL)
		return;
	g_clear_pointer(&card->functions, g_ptr_array_unref);
	g_clear_pointer(&card->blockers, g_ptr_array_unref);
	g_clear_pointer(&card->companions, g_ptr_array_unref);
	g_free(card->fingerprint);
	g_free(card);
}

static void free_one(gpointer card)
{
	card_free(card);
}

const char *card_verdict_name(enum card_verdict verdict)
{
	switch (verdict) {
	case CARD_READY:
		return "ready";
	case CARD_BLOCKED:
		return "blocked";
	case CARD_UNKNOWN:
	case CARD_NO_GROUP:
		return "unknown";
	}
	g_assert_not_reached();
}

const struct pcidev *card_display(const struct card *card)
{
	return g_ptr_array_index(card->functions, 0);
}

static void add_blocker(struct card *card, const struct pcidev *dev)
{
	struct card_blocker *blocker = g_new0(struct card_blocker, 1);

	blocker->dev = dev;
	blocker->why = g_strdup_printf(
		"%s (%s) is in the card's IOMMU group %s and driven by %s, which the kernel does "
		"not allow while the group is lent: unbind it or bind it to vfio-pci, if the host "
		"can do without it, or move the card to another slot",
		dev->address, dev->name, dev->group, dev->driver);
	g_ptr_array_add(card->blockers, blocker);
}

/*
 * The devices by slot and by group, each in the order of the machine: a machine of thousands of
 * functions must not be gone through once for each of its cards.
 */
struct shelves {
	GHashTable *slots;  /* "0000:01:00" to GPtrArray of struct pcidev */
	GHashTable *groups; /* "12" likewise */
};

static void free_shelf(gpointer shelf)
{
	g_ptr_array_unref(shelf);
}

static void put_on_shelf(GHashTable *shelves, char *label, struct pcidev *dev)
{
	GPtrArray *shelf = g_hash_table_lookup(shelves, label);

	if (shelf == NULL) {
		shelf = g_ptr_array_new();
		g_hash_table_insert(shelves, label, shelf);
	} else {
		g_free(label);
	}
	g_ptr_array_add(shelf, dev);
}

static char *slot_of(const struct pcidev *dev)
{
	const char *dot = strrchr(dev->address, '.');

	return dot == NULL ? g_strdup(dev->address)
			   : g_strndup(dev->address, (gsize)(dot - dev->address));
}

static void shelves_init(struct shelves *shelves, const GPtrArray *devices)
{
	shelves->slots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_shelf);
	shelves->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_shelf);
	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);

		put_on_shelf(shelves->slots, slot_of(dev), dev);
		if (dev->group != NULL)
			put_on_shelf(shelves->groups, g_strdup(dev->group), dev);
	}
}

static void shelves_clear(struct shelves *shelves)
{
	g_hash_table_unref(shelves->slots);
	g_hash_table_unref(shelves->groups);
}

static void judge_one(struct card *card, struct pcidev *dev, gboolean dma_ownership_model)
{
	if (pcidev_is_bridge(dev) || pcidev_same_slot(dev, card_display(card)))
		return;
	g_ptr_array_add(card->companions, dev);
	switch (pcidev_driver_allowed(dev, dma_ownership_model)) {
	case KNOWN_NO:
		add_blocker(card, dev);
		card->verdict = CARD_BLOCKED;
		break;
	case NOT_KNOWN:
		if (card->verdict == CARD_READY)
			card->verdict = CARD_UNKNOWN;
		break;
	case KNOWN_YES:
		break;
	}
}

/* Was this group met at an earlier function of the card? */
static gboolean is_judged(const struct card *card, guint function, const char *group)
{
	for (guint i = 0; i < function; i++) {
		const struct pcidev *earlier = g_ptr_array_index(card->functions, i);

		if (g_strcmp0(earlier->group, group) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The groups of all functions count: on boards that isolate functions, each has one of its own. */
static void judge(struct card *card, const struct shelves *shelves, gboolean dma_ownership_model)
{
	card->verdict = card_display(card)->group == NULL ? CARD_NO_GROUP : CARD_READY;

	for (guint f = 0; f < card->functions->len; f++) {
		const struct pcidev *function = g_ptr_array_index(card->functions, f);
		const GPtrArray *members;

		if (function->group == NULL || is_judged(card, f, function->group))
			continue;
		members = g_hash_table_lookup(shelves->groups, function->group);
		for (guint i = 0; i < members->len; i++)
			judge_one(card, g_ptr_array_index(members, i), dma_ownership_model);
	}
}

static struct card *card_new(const struct shelves *shelves, struct pcidev *display,
			     gboolean dma_ownership_model)
{
	struct card *card = g_new0(struct card, 1);
	g_autofree char *slot = slot_of(display);
	const GPtrArray *mates = g_hash_table_lookup(shelves->slots, slot);

	card->functions = g_ptr_array_new();
	card->companions = g_ptr_array_new();
	card->blockers = g_ptr_array_new_with_free_func(blocker_free);
	card->fingerprint = fingerprint_new(display);
	g_ptr_array_add(card->functions, display);
	for (guint i = 0; i < mates->len; i++) {
		if (g_ptr_array_index(mates, i) != display)
			g_ptr_array_add(card->functions, g_ptr_array_index(mates, i));
	}
	judge(card, shelves, dma_ownership_model);
	return card;
}

/* Two display functions in one slot, as very old cards with two heads have them, are one card. */
static gboolean is_second_head(const struct shelves *shelves, const struct pcidev *dev)
{
	g_autofree char *slot = slot_of(dev);
	const GPtrArray *mates = g_hash_table_lookup(shelves->slots, slot);

	for (guint i = 0; g_ptr_array_index(mates, i) != dev; i++) {
		if (pcidev_is_display(g_ptr_array_index(mates, i)))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *card_find_all(const GPtrArray *devices, gboolean dma_ownership_model)
{
	GPtrArray *cards = g_ptr_array_new_with_free_func(free_one);
	struct shelves shelves = { NULL };

	shelves_init(&shelves, devices);
	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);

		if (pcidev_is_display(dev) && !is_second_head(&shelves, dev))
			g_ptr_array_add(cards, card_new(&shelves, dev, dma_ownership_model));
	}
	shelves_clear(&shelves);
	return cards;
}

static void set_absent(GError **error, const GPtrArray *cards, const char *what)
{
	g_autoptr(GString) there = g_string_new(NULL);

	for (guint i = 0; i < cards->len; i++) {
		const struct pcidev *dev = card_display(g_ptr_array_index(cards, i));

		g_string_append_printf(there, "%s%s (%s)", i == 0 ? "" : ", ", dev->address,
				       dev->name);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    "there is no graphics card %s; %s%s", what,
		    cards->len == 0 ? "this machine has none" : "there is: ", there->str);
}

static const struct card *find_by_address(const GPtrArray *cards, const char *address)
{
	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		if (pcidev_find(card->functions, address) != NULL)
			return card;
	}
	return NULL;
}

/* What must agree beside the identity. From the surest to the vaguest, first answer wins. */
static gboolean same_serial(const struct fingerprint *wanted, const struct fingerprint *card)
{
	return wanted->serial != NULL && g_strcmp0(wanted->serial, card->serial) == 0;
}

static gboolean same_path(const struct fingerprint *wanted, const struct fingerprint *card)
{
	return g_str_equal(wanted->path, card->path);
}

static gboolean same_model(const struct fingerprint *wanted, const struct fingerprint *card)
{
	return TRUE;
}

typedef gboolean (*fingerprint_test)(const struct fingerprint *wanted,
				     const struct fingerprint *card);
static const fingerprint_test fingerprint_tests[] = { same_serial, same_path, same_model };

static guint count_matches(const GPtrArray *cards, const struct fingerprint *wanted,
			   fingerprint_test test, const struct card **match)
{
	guint found = 0;

	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);
		autoptr(fingerprint) fingerprint = fingerprint_parse(card->fingerprint);

		if (!may_be_same(wanted, fingerprint) || !test(wanted, fingerprint))
			continue;
		*match = card;
		found++;
	}
	return found;
}

/*
 * A serial number that several cards carry says nothing: some makers give all cards the same. Then,
 * and without one, the path decides; and at last the model, if there is only one such card.
 */
static const struct card *find_by_fingerprint(const GPtrArray *cards,
					      const struct fingerprint *wanted, GError **error)
{
	const struct card *match = NULL;
	guint found = 0;

	for (guint i = 0; i < G_N_ELEMENTS(fingerprint_tests); i++) {
		found = count_matches(cards, wanted, fingerprint_tests[i], &match);
		if (found == 1)
			return match;
	}
	if (found > 1)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%u graphics cards are of the kind %s, and none of them is where it "
			    "was (%s): which one is meant must be said by address",
			    found, wanted->identity, wanted->path);
	else
		set_absent(error, cards, wanted->identity);
	return NULL;
}

const struct card *card_find(const GPtrArray *cards, const char *address_or_fingerprint,
			     GError **error)
{
	autoptr(fingerprint) wanted = fingerprint_parse(address_or_fingerprint);
	const struct card *card;

	if (wanted != NULL)
		return find_by_fingerprint(cards, wanted, error);
	card = find_by_address(cards, address_or_fingerprint);
	if (card == NULL)
		set_absent(error, cards, address_or_fingerprint);
	return card;
}

GPtrArray *cards_find(const GPtrArray *cards, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		const struct card *card = card_find(cards, names[i], error);
		guint before = 0;

		if (card == NULL)
			return NULL;
		if (g_ptr_array_find(found, card, &before)) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
				    "%s and %s are one card, the one at %s; a guest has each card "
				    "once, with all its functions",
				    names[before], names[i], card_display(card)->address);
			return NULL;
		}
		g_ptr_array_add(found, (gpointer)(guintptr)card);
	}
	return g_steal_pointer(&found);
}

GPtrArray *cards_functions(const GPtrArray *cards)
{
	GPtrArray *functions = g_ptr_array_new();

	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		g_ptr_array_extend(functions, card->functions, NULL, NULL);
	}
	return functions;
}

char *cards_describe(const GPtrArray *cards)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cards->len; i++)
		g_string_append_printf(text, "%s%s",
				       i == 0               ? ""
				       : i + 1 < cards->len ? ", "
							    : " and ",
				       card_display(g_ptr_array_index(cards, i))->name);
	return g_string_free(text, FALSE);
}
