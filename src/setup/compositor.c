/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "setup/draft.h"
#include "setup/product.h"

/*
 * A card that keeps its driver and that no compositor opens, so that it can be handed over while
 * the desktop runs (UB-04).
 *
 * Compositors open every card that they find. mutter leaves out those with a tag of udev's; KWin,
 * wlroots and aquamarine take the cards of a list in the environment and no others; X adds a card
 * that it was not configured for unless AutoAddGPU is off. The lists are separated by colons, and
 * so are the addresses in /dev/dri/by-path: hence a name of our own for each card of the host.
 *
 * A name that leads nowhere would leave the desktop without any card. So the host's cards are
 * named by what they are and not by their address, which moves when another card is put in.
 *
 * The lists go two ways. Whatever the user's service manager starts, and what asks it as Plasma and
 * GDM do, has environment.d; a compositor that is started at a prompt, or by SDDM, has what the
 * login shell read (environment.d(5) says who is left out).
 */
#define RULES_FILE "etc/udev/rules.d/61-hotseat.rules"
#define ENVIRONMENT_FILE "etc/environment.d/90-hotseat.conf"
#define PROFILE_FILE "etc/profile.d/hotseat.sh"
#define XORG_FILE "etc/X11/xorg.conf.d/90-hotseat.conf"

/* Programs that take a list, and the variable they take it from. */
static const struct {
	const char *program, *variable;
} lists[] = {
	{ "usr/bin/kwin_wayland", "KWIN_DRM_DEVICES" }, { "usr/bin/sway", "WLR_DRM_DEVICES" },
	{ "usr/bin/wayfire", "WLR_DRM_DEVICES" },       { "usr/bin/labwc", "WLR_DRM_DEVICES" },
	{ "usr/bin/river", "WLR_DRM_DEVICES" },         { "usr/bin/Hyprland", "AQ_DRM_DEVICES" },
};

static const char *const xorg_programs[] = { "usr/lib/xorg/Xorg", "usr/bin/Xorg",
					     "usr/libexec/Xorg" };

/* host_cards - the cards that stay; NULL if one of them is of the very kind of the one kept free */
static GPtrArray *host_cards(const struct machine *machine, const struct card *card)
{
	g_autoptr(GPtrArray) cards = g_ptr_array_new();
	const struct pcidev *kept = card_display(card);

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *other = g_ptr_array_index(machine->cards, i);
		const struct pcidev *display = card_display(other);

		if (other == card || display->driver == NULL)
			continue;
		if (draft_same_kind(display, kept))
			return NULL;
		g_ptr_array_add(cards, g_ptr_array_index(machine->cards, i));
	}
	return g_steal_pointer(&cards);
}

static void add_match(GString *rules, const struct pcidev *dev, const char *address)
{
	g_string_append(rules, "SUBSYSTEM==\"drm\", KERNEL==\"card[0-9]*\", KERNEL!=\"card*-*\", ");
	if (address != NULL)
		g_string_append_printf(rules, "KERNELS==\"%s\", ", address);
	g_string_append_printf(rules,
			       "ATTRS{vendor}==\"0x%04x\", ATTRS{device}==\"0x%04x\", "
			       "ATTRS{subsystem_vendor}==\"0x%04x\", "
			       "ATTRS{subsystem_device}==\"0x%04x\", ATTRS{class}==\"0x%06x\", ",
			       dev->vendor, dev->device, dev->subsystem_vendor,
			       dev->subsystem_device, dev->class);
}

static char *make_rules(const struct card *card, const GPtrArray *hosts)
{
	GString *rules = g_string_new(DRAFT_HEADER("#"));

	add_match(rules, card_display(card), card_display(card)->address);
	g_string_append(rules, "TAG+=\"mutter-device-ignore\"\n");
	for (guint i = 0; hosts != NULL && i < hosts->len; i++) {
		add_match(rules, card_display(g_ptr_array_index(hosts, i)), NULL);
		g_string_append_printf(rules, "SYMLINK+=\"dri/hotseat-host%u\"\n", i);
	}
	return g_string_free(rules, FALSE);
}

/* list_variables - what the compositors here take their list from */
static GPtrArray *list_variables(const struct machine *machine)
{
	GPtrArray *variables = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		if (root_exists(machine->root, "%s", lists[i].program))
			ledger_add(variables, lists[i].variable);
	}
	return variables;
}

static char *make_environment(const GPtrArray *variables, guint hosts)
{
	g_autoptr(GString) list = g_string_new(NULL);
	GString *text = g_string_new(DRAFT_HEADER("#"));

	for (guint i = 0; i < hosts; i++)
		g_string_append_printf(list, "%s/dev/dri/hotseat-host%u", i == 0 ? "" : ":", i);
	for (guint i = 0; i < variables->len; i++)
		g_string_append_printf(text, "%s=%s\n", (char *)g_ptr_array_index(variables, i),
				       list->str);
	return g_string_free(text, FALSE);
}

/* A shell can look whether a name leads somewhere, so there a list is never wrong. */
static const char find_cards[] =
	DRAFT_HEADER("#")
	"hotseat_cards=\n"
	"for hotseat_card in /dev/dri/hotseat-host*; do\n"
	"	[ -e \"$hotseat_card\" ] || continue\n"
	"	hotseat_cards=\"${hotseat_cards:+$hotseat_cards:}$hotseat_card\"\n"
	"done\n"
	"if [ -n \"$hotseat_cards\" ]; then\n";

static char *make_profile(const GPtrArray *variables)
{
	GString *text = g_string_new(find_cards);

	for (guint i = 0; i < variables->len; i++)
		g_string_append_printf(text, "	export %s=\"$hotseat_cards\"\n",
				       (char *)g_ptr_array_index(variables, i));
	g_string_append(text, "fi\nunset hotseat_cards hotseat_card\n");
	return g_string_free(text, FALSE);
}

static gboolean draft_lists(struct draft *draft, const struct card *card, const GPtrArray *hosts,
			    GError **error)
{
	g_autoptr(GPtrArray) variables = list_variables(draft->machine);
	g_autofree char *environment = NULL;
	g_autofree char *profile = NULL;

	if (variables->len == 0)
		return TRUE;
	if (hosts == NULL || hosts->len == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s and a card of the desktop's own are of the same kind, and no list "
			    "of cards would stay true if one of them moved. Let guests have it "
			    "from the boot on: hotseat setup --gpu %s",
			    card_display(card)->address, card_display(card)->address);
		return FALSE;
	}
	environment = make_environment(variables, hosts->len);
	profile = make_profile(variables);
	return draft_file(draft, ENVIRONMENT_FILE, environment, FALSE, PRODUCT_UDEV, error) &&
	       draft_file(draft, PROFILE_FILE, profile, FALSE, PRODUCT_UDEV, error);
}

static gboolean draft_xorg(struct draft *draft, GError **error)
{
	static const char text[] = DRAFT_HEADER("#")
		"Section \"ServerFlags\"\n"
		"	Option \"AutoAddGPU\" \"off\"\n"
		"EndSection\n";

	for (gsize i = 0; i < G_N_ELEMENTS(xorg_programs); i++) {
		if (root_exists(draft->machine->root, "%s", xorg_programs[i]))
			return draft_file(draft, XORG_FILE, text, FALSE, NULL, error);
	}
	return TRUE;
}

gboolean draft_keep_free(struct draft *draft, GError **error)
{
	const char *const wanted[] = { draft->wish->keep_free, NULL };
	g_autoptr(GPtrArray) cards = draft_cards(draft, wanted, error);
	g_autoptr(GPtrArray) hosts = NULL;
	g_autofree char *rules = NULL;
	const struct card *card;

	if (cards == NULL || cards->len == 0)
		return cards != NULL;
	card = g_ptr_array_index(cards, 0);
	hosts = host_cards(draft->machine, card);
	rules = make_rules(card, hosts);
	if (!draft_lists(draft, card, hosts, error) ||
	    !draft_file(draft, RULES_FILE, rules, FALSE, PRODUCT_UDEV, error) ||
	    !draft_xorg(draft, error))
		return FALSE;
	draft_item(draft,
		   g_strdup_printf("keep desktops off %s (%s)", card_display(card)->address,
				   card_display(card)->name),
		   g_strdup("A compositor opens every card, and a card that is open cannot be "
			    "handed over. Log out and in again after this."));
	return TRUE;
}
