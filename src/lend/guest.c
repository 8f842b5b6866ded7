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
	if (facts->uuid == NULL || facts->fingerprint == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "hotseat's own <metadata> in %s is damaged: it names no card. Make the "
			    "guest anew, or put it right with: virsh edit %s",
			    name, name);
		return NULL;
	}
	return g_steal_pointer(&facts);
}

static gboolean is_function_of(const struct card *card, const char *address)
{
	for (guint i = 0; i < card->functions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(card->functions, i);

		if (g_str_equal(dev->address, address))
			return TRUE;
	}
	return FALSE;
}

const struct card *lend_find_card(const struct machine *machine, const struct domain_facts *facts,
				  GError **error)
{
	const struct card *card = card_find(machine->cards, facts->fingerprint, error);

	if (card == NULL) {
		g_prefix_error(error, "the card of %s is not here: ", facts->name);
		return NULL;
	}
	for (guint i = 0; facts->hostdevs[i] != NULL; i++) {
		if (is_function_of(card, facts->hostdevs[i]))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s asks for %s, but its card is at %s now; nothing was touched. Make "
			    "the guest anew: virsh undefine --keep-nvram %s, then hotseat new %s "
			    "with --disk and its image",
			    facts->name, facts->hostdevs[i], card_display(card)->address,
			    facts->name, facts->name);
		return NULL;
	}
	return card;
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
