/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/breadcrumb.h"
#include "machine/holders.h"

#include "rules/host.h"

/* Who is on a card that would be lent. An unbind does not fail while they are: it waits, or worse.
 */

static gboolean is_radeon(const struct pcidev *dev)
{
	return host_has_driver(dev, "amdgpu") || host_has_driver(dev, "radeon");
}

/* hardware of a card that would be lent and that a driver of the host has; else NULL */
static const struct hardware *taken(const struct machine *machine, guint number)
{
	const struct hardware *hardware = host_wanted(machine, number);
	const struct pcidev *dev = hardware == NULL ? NULL : card_display(hardware->card);

	return dev != NULL && dev->driver != NULL && !host_on_vfio(dev) ? hardware : NULL;
}

/* Sound servers let a sound card go when the kernel tells them that it is leaving. */
static gboolean is_sound(const struct holder *holder)
{
	return g_str_has_prefix(holder->node, "/dev/snd/");
}

static gboolean is_compositor(const struct holder *holder)
{
	return !is_sound(holder) && desktop_is_compositor(holder->process);
}

static gboolean is_program(const struct holder *holder)
{
	return !is_sound(holder) && !desktop_is_compositor(holder->process);
}

static void judge_holders(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings, gboolean radeon, const char *message)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = taken(machine, i);
		g_autofree char *who = NULL;

		if (hardware == NULL || is_radeon(card_display(hardware->card)) != radeon)
			continue;
		who = holders_text(hardware->holders, is_program);
		if (who != NULL)
			host_say(findings, rule, card_display(hardware->card)->address,
				 g_strdup_printf("these have it open: %s", who), message,
				 g_strdup("Close these programs before hotseat up, which checks "
					  "again."));
		else if (!hardware->holders_complete)
			host_add_unknown(rule, findings, card_display(hardware->card)->address,
					 "other users' processes show their files to root only");
	}
}

static void judge_waiting(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	judge_holders(rule, machine, findings, FALSE,
		      "While programs have the card open, its driver cannot let it go: it waits "
		      "in the kernel, and newer NVIDIA drivers wait for ever.");
}

static void judge_dead_handles(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	judge_holders(rule, machine, findings, TRUE,
		      "The driver lets the card go all the same, and these programs keep dead "
		      "handles: they hang or crash, and the card may not come back.");
}

static guint count_driver(const struct machine *machine, const char *driver)
{
	guint count = 0;

	for (guint i = 0; i < machine->cards->len; i++)
		count += host_has_driver(card_display(g_ptr_array_index(machine->cards, i)), driver)
				 ? 1
				 : 0;
	return count;
}

static void judge_nvidia(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	const struct process *service = desktop_process(machine->desktop, PROCESS_PERSISTENCE);

	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = taken(machine, i);
		const char *address;

		if (hardware == NULL || !host_has_driver(card_display(hardware->card), "nvidia"))
			continue;
		address = card_display(hardware->card)->address;
		if (service != NULL)
			host_say(findings, rule, address,
				 g_strdup_printf("%s (%d) runs", service->name, service->pid),
				 "This service keeps every NVIDIA card open, so that none can be "
				 "given away.",
				 g_strdup("sudo systemctl disable --now nvidia-persistenced"));
		else if (count_driver(machine, "nvidia") > 1)
			host_say(findings, rule, address,
				 g_strdup_printf("%u cards are on the driver nvidia",
						 count_driver(machine, "nvidia")),
				 "The driver serves the host's card too, so it cannot be unloaded "
				 "to free this one. Desktops keep both cards open.",
				 g_strdup("Let vfio-pci have this card from boot on."));
	}
}

static gboolean has_open(const struct hardware *hardware, int pid)
{
	for (guint i = 0; i < hardware->holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(hardware->holders, i);

		if (holder->pid == pid && !is_sound(holder))
			return TRUE;
	}
	return FALSE;
}

/*
 * A compositor's only card is no news: without it there is no desktop. So it is where the others
 * are kept free of it.
 */
static gboolean is_beside_another(const struct machine *machine, const struct hardware *hardware)
{
	for (guint i = 0; i < hardware->holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(hardware->holders, i);

		for (guint j = 0; is_compositor(holder) && j < machine->hardware->len; j++) {
			const struct hardware *other = g_ptr_array_index(machine->hardware, j);

			if (other != hardware && has_open(other, holder->pid))
				return TRUE;
		}
	}
	return FALSE;
}

static void judge_compositor(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = taken(machine, i);
		g_autofree char *who =
			hardware == NULL ? NULL : holders_text(hardware->holders, is_compositor);

		if (who == NULL || host_card_sole(machine, hardware->card, NULL) ||
		    !is_beside_another(machine, hardware))
			continue;
		host_say(findings, rule, card_display(hardware->card)->address,
			 g_strdup_printf("%s has it open", who),
			 "Compositors keep every card that they found when they started, with or "
			 "without a monitor.",
			 g_strdup_printf("sudo hotseat setup --keep-free %s\nThen log in anew.",
					 card_display(hardware->card)->address));
	}
}

/* A line that lies on the disk only while a driver is asked to let go, or to take back. */
static void judge_breadcrumb(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	autoptr(breadcrumb) breadcrumb = breadcrumb_read(machine->root, NULL);

	if (breadcrumb == NULL || breadcrumb->alive)
		return;
	host_say(findings, rule, breadcrumb->address, breadcrumb_describe(breadcrumb),
		 breadcrumb->same_boot
			 ? "A handover ended in the middle of the most delicate step."
			 : "The machine hung, or was switched off, in the most delicate step of a "
			   "handover. If that comes again, this driver cannot give the card away "
			   "while the machine runs.",
		 breadcrumb->same_boot
			 ? g_strdup("sudo hotseat recover")
			 : g_strdup("Let vfio-pci have this card from boot on. This line goes with "
				    "the next handover that works."));
}

static const struct rule rules[] = {
	{ "UB-01", SEVERITY_RISKY, 'C', "no program has the card open",
	  "Unbinding does not fail while a card is in use. It blocks in the kernel, with whoever "
	  "asked for it.",
	  "close the programs that have the card open",
	  "github.com/NVIDIA/open-gpu-kernel-modules issues 1374, 1119", judge_waiting },
	{ "UB-02", SEVERITY_RISKY, 'C', "NVIDIA's driver can let the card go",
	  "nvidia-persistenced, nvidia-drm and consoles keep a card busy without showing up as its "
	  "users.",
	  "stop nvidia-persistenced",
	  "github.com/joeknock90/Single-GPU-Passthrough issue 18, "
	  "github.com/NVIDIA/open-gpu-kernel-modules issue 1119",
	  judge_nvidia },
	{ "UB-03", SEVERITY_RISKY, 'V', "no program is left with a dead Radeon",
	  "amdgpu unplugs its DRM device at unbind, whoever has it open.",
	  "close the programs that have the card open",
	  "Linux drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c amdgpu_pci_remove", judge_dead_handles },
	{ "UB-04", SEVERITY_STYLE, 'U', "the compositor leaves the card alone",
	  "A card that the desktop has open cannot be handed over while it runs.",
	  "tell the compositor to leave the card alone", "none: experience", judge_compositor },
	{ "HS-16", SEVERITY_RISKY, 'V', "no handover was cut off",
	  "Before a driver is asked to let go of a card, or to take it back, a line is written to "
	  "the disk, and removed after. A line that is still there tells where a machine hung.",
	  "let vfio-pci have the card from boot on", "/var/lib/hotseat/breadcrumb",
	  judge_breadcrumb },
};

const struct rule_set host_rules_holders = { rules, G_N_ELEMENTS(rules) };
