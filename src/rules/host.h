/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "rules/rules.h"

/*
 * What the files of the host's rules share. The predicates stand by subject, host-firmware.c,
 * host-groups.c and host-tools.c; the table that names them is host-rules.c.
 */

/* The answer to "what would I type?", by distribution: advice.c. */
enum advice {
	ADVICE_QEMU,
	ADVICE_LIBVIRT,
	ADVICE_NETWORK, /* libvirt's default network, where no file of it is there */
	ADVICE_UEFI,
	ADVICE_KERNEL, /* a kernel with its modules */
	ADVICE_INITRAMFS,
	N_ADVICE,
};

/* advice_for - the commands, one in each line; never NULL; the caller owns them */
char *advice_for(const struct machine *machine, enum advice advice);

/* advice_add_argument, advice_drop_argument - change the kernel's command line for good */
char *advice_add_argument(const struct machine *machine, const char *argument);
char *advice_drop_argument(const struct machine *machine, const char *argument);

/* host_iommu_works - the kernel runs an IOMMU and has made groups (FW-03) */
gboolean host_iommu_works(const struct machine *machine);

/* host_has_iommu_table - the firmware describes an IOMMU (FW-02) */
gboolean host_has_iommu_table(const struct machine *machine);

/* host_parameter_is_set - a module's boolean parameter; FALSE too where it cannot be read */
gboolean host_parameter_is_set(const struct machine *machine, const char *module,
			       const char *parameter);

/* host_card_spare - the kernel would lend the card, and the desktop keeps a display without it */
gboolean host_card_spare(const struct machine *machine, const struct card *card);

/* host_has_other_spare - some card other than this one can be lent */
gboolean host_has_other_spare(const struct machine *machine, const struct card *card);

/* host_card_sole - lending the card would leave the desktop without a display */
gboolean host_card_sole(const struct machine *machine, const struct card *card, char **why);

/* host_all_cards_sole - whichever card is lent, the desktop goes dark */
gboolean host_all_cards_sole(const struct machine *machine);

typedef void host_judge(const struct rule *rule, const struct machine *machine,
			GPtrArray *findings);

host_judge host_judge_virtualisation, host_judge_kvm, host_judge_iommu_table,
	host_judge_iommu_active, host_judge_intel_argument, host_judge_amd_argument,
	host_judge_identity_argument, host_judge_interrupt_remapping, host_judge_direct_regions,
	host_judge_acs_override, host_judge_address_width, host_judge_framebuffer_argument,
	host_judge_framebuffer_ritual, host_judge_clocksource, host_judge_ignored_msrs;
host_judge host_judge_cards_exist, host_judge_viability, host_judge_bridge_ids, host_judge_no_iommu,
	host_judge_blacklist, host_judge_virqfd, host_judge_only_display;
host_judge host_judge_modules, host_judge_qemu, host_judge_libvirt, host_judge_libvirt_running,
	host_judge_network, host_judge_network_active, host_judge_uefi_firmware, host_judge_hook,
	host_judge_rights;

/* A user of the host, as far as rights go. */
struct host_user {
	uid_t uid;
	const gid_t *groups;
	gsize n_groups;
};

/* host_judge_rights_of - host_judge_rights() for any user: that of the process is not the root's */
void host_judge_rights_of(const struct rule *rule, const struct machine *machine,
			  const struct host_user *user, GPtrArray *findings);
