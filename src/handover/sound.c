/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "handover/bind.h"
#include "handover/kinds.h"

/*
 * Every desktop's sound server has the control node of every sound card open, for ever, and the
 * driver of a sound function waits for that: seen to wait for half a minute and more, with
 * WirePlumber 0.5, although the kernel had told it that the card leaves. So the server is told
 * first, while the driver still has the card: "remove" written into a device's uevent is sent to
 * all who listen to udev (Linux, Documentation/ABI/testing/sysfs-uevent), and PipeWire and
 * PulseAudio close what they have of the card. "add" brings it back to them, and does nothing where
 * they have it already.
 */
static char **sound_cards(struct host *host, const char *address)
{
	return root_list(host->root, NULL, "sys/bus/pci/devices/%s/sound", address);
}

static gboolean tell(struct host *host, const char *address, const char *action, GError **error)
{
	g_auto(GStrv) cards = sound_cards(host, address);

	for (guint i = 0; cards != NULL && cards[i] != NULL; i++) {
		g_autofree char *path = g_strdup_printf("sys/bus/pci/devices/%s/sound/%s/uevent",
							address, cards[i]);

		if (g_str_has_prefix(cards[i], "card") && !host->write(host, path, action, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean sound_check(const struct step *step, const char **why)
{
	*why = "the subject is no PCI address, or there are values";
	return bind_is_address(step->subject) && step->values->len == 0;
}

static gboolean sound_save(struct host *host, struct step *step, GError **error)
{
	return TRUE;
}

static gboolean sound_apply(struct host *host, const struct step *step, GError **error)
{
	return tell(host, step->subject, "remove", error);
}

/* A card that is not there is announced by the kernel when it comes. */
static gboolean sound_undo(struct host *host, const struct step *step, struct step_undo *undo,
			   GError **error)
{
	return tell(host, step->subject, "add", error);
}

static char *sound_former(const struct step *step)
{
	return g_strdup("offered");
}

static char *sound_wanted(struct host *host, const struct step *step)
{
	return g_strdup("withdrawn");
}

/* What was announced last is kept nowhere; that there is no card is seen. */
static char *sound_now(struct host *host, const struct step *step)
{
	g_auto(GStrv) cards = sound_cards(host, step->subject);

	return g_strdup(cards == NULL || cards[0] == NULL ? "withdrawn" : "there");
}

const struct step_kind sound_kind = {
	.name = "sound",
	.check = sound_check,
	.save = sound_save,
	.apply = sound_apply,
	.undo = sound_undo,
	.former = sound_former,
	.wanted = sound_wanted,
	.now = sound_now,
};
