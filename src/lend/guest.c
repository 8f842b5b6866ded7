/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/lend.h"

#include "core/error.h"

void lend_say(const struct lend_report *report, enum lend_line kind, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (report == NULL || report->line == NULL)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	report->line(kind, text, report->data);
}

void lend_report_step(const char *what, gboolean done, void *data)
{
	if (done)
		lend_say(data, LEND_STEP, "%s", what);
}

struct domain_facts *lend_read_guest(struct virt *virt, const char *name, GError **error)
{
	g_autofree char *xml = virt_domain_xml(virt, name, error);
	autoptr(domain_facts) facts = NULL;

	if (xml == NULL)
		return NULL;
	facts = domain_facts_parse(xml, error);
	if (facts == NULL)
		return NULL;
	if (!facts->ours) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s was not made by hotseat and is left alone; hotseat new makes a "
			    "guest, hotseat list shows those there are",
			    name);
		return NULL;
	}
	if (facts->uuid == NULL || facts->cards[0] == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "hotseat's own <metadata> in %s is damaged: it names no card. Make the "
			    "guest anew, or put it right with: virsh edit %s",
			    name, name);
		return NULL;
	}
	return g_steal_pointer(&facts);
}

/* A card that is somewhere else now, or a device of another kind that somebody has added. */
static void set_not_of_cards(const struct domain_facts *facts, const char *address,
			     const struct machine *machine, const GPtrArray *cards, GError **error)
{
	g_autoptr(GPtrArray) functions = cards_functions(machine->cards);
	const struct pcidev *dev = pcidev_find(machine->devices, address);
	g_autoptr(GString) where = g_string_new(NULL);

	if (dev != NULL && pcidev_find(functions, address) == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s also asks for %s (%s), which is no part of a graphics card, and "
			    "hotseat lends nothing else; nothing was touched. Take it out of the "
			    "guest: virsh edit %s",
			    facts->name, address, dev->name, facts->name);
		return;
	}
	for (guint i = 0; i < cards->len; i++)
		g_string_append_printf(where, "%s%s", i == 0 ? "" : " and ",
				       card_display(g_ptr_array_index(cards, i))->address);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s asks for %s, but its card%s at %s now; nothing was touched. Make the guest "
		    "anew: virsh undefine --keep-nvram %s, then hotseat new %s with --disk and its "
		    "image",
		    facts->name, address, cards->len == 1 ? " is" : "s are", where->str,
		    facts->name, facts->name);
}

GPtrArray *lend_find_cards(const struct machine *machine, const struct domain_facts *facts,
			   GError **error)
{
	g_autoptr(GPtrArray) cards =
		cards_find(machine->cards, (const char *const *)facts->cards, error);
	g_autoptr(GPtrArray) functions = NULL;

	if (cards == NULL) {
		g_prefix_error(error, "%s of %s is not here: ",
			       facts->cards[1] == NULL ? "the card" : "one of the cards",
			       facts->name);
		return NULL;
	}
	functions = cards_functions(cards);
	for (guint i = 0; facts->hostdevs[i] != NULL; i++) {
		if (pcidev_find(functions, facts->hostdevs[i]) != NULL)
			continue;
		set_not_of_cards(facts, facts->hostdevs[i], machine, cards, error);
		return NULL;
	}
	return g_steal_pointer(&cards);
}

struct handover_needs lend_needs(const struct domain_facts *facts)
{
	return (struct handover_needs){
		.memory_kib = facts->memory_kib,
		.page_kib = facts->lend.hugepages ? facts->page_kib : 0,
		.node = facts->node,
		.transparent = facts->lend.transparent,
		.governor = facts->lend.governor,
		.cpus = facts->lend.cpuset ? facts->cpus : NULL,
		.usb = facts->usb,
		.stop_display_manager = facts->lend.display_manager,
	};
}

unsigned int lend_allowed(const struct domain_facts *facts, gboolean take_last_display)
{
	if (facts->lend.display_manager)
		return HANDOVER_ALLOW_LAST_DISPLAY | HANDOVER_ALLOW_HOLDERS;
	return take_last_display ? HANDOVER_ALLOW_LAST_DISPLAY : 0;
}

const char *lend_chord(const struct domain_facts *facts)
{
	static const struct {
		const char *toggle, *chord;
	} chords[] = {
		{ "ctrl-ctrl", "left Ctrl + right Ctrl" },
		{ "alt-alt", "left Alt + right Alt" },
		{ "shift-shift", "left Shift + right Shift" },
		{ "meta-meta", "left Super + right Super" },
		{ "scrolllock", "Scroll Lock" },
		{ "ctrl-scrolllock", "Ctrl + Scroll Lock" },
	};

	if (facts->seat != NULL)
		return "left Ctrl + right Ctrl (or what /etc/hotseat says)";
	for (guint i = 0; facts->toggle != NULL && i < G_N_ELEMENTS(chords); i++) {
		if (g_str_equal(chords[i].toggle, facts->toggle))
			return chords[i].chord;
	}
	return chords[0].chord; /* QEMU's own default */
}
