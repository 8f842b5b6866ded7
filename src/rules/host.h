/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "rules/rules.h"

/*
 * What the files of the host's rules share. Rules stand by subject with their predicates, a file
 * and a table for each; rules.c puts the tables in order.
 */

/* The answer to "what would I type?", by distribution: advice.c. */
enum advice {
	ADVICE_QEMU,
	ADVICE_LIBVIRT,
	ADVICE_NETWORK, /* libvirt's default network, where no file of it is there */
	ADVICE_UEFI,
	ADVICE_SOUND, /* QEMU's modules for PipeWire and PulseAudio */
	ADVICE_KERNEL, /* a kernel with its modules */
	ADVICE_INITRAMFS,
	N_ADVICE,
};

/* advice_for - the commands, one in each line; never NULL; the caller owns them */
char *advice_for(const struct machine *machine, enum advice advice);

/* advice_usual_loader - how this distribution usually boots; BOOT_NOT_KNOWN: in several ways */
enum boot_loader advice_usual_loader(const struct machine *machine);

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

/* host_card_lendable - the kernel would lend the card, whatever the desktop is left with */
gboolean host_card_lendable(const struct machine *machine, const struct card *card);

/* host_card_spare - the kernel would lend the card, and the desktop keeps a display without it */
gboolean host_card_spare(const struct machine *machine, const struct card *card);

/* host_has_other_spare - some card other than this one can be lent */
gboolean host_has_other_spare(const struct machine *machine, const struct card *card);

/* host_card_sole - lending the card would leave the desktop without a display */
gboolean host_card_sole(const struct machine *machine, const struct card *card, char **why);

/* host_all_cards_sole - whichever card is lent, the desktop goes dark */
gboolean host_all_cards_sole(const struct machine *machine);

/* host_card_wanted - a card that somebody would lend: not the desktop's last, unless all are that
 */
gboolean host_card_wanted(const struct machine *machine, const struct card *card);

/* host_wanted - hardware of the card with this number, if somebody would lend it; else NULL */
const struct hardware *host_wanted(const struct machine *machine, guint number);

/* host_forbidden_bridge - a bridge in one of the card's groups whose driver the kernel's rule
 * forbids */
const struct pcidev *host_forbidden_bridge(const struct machine *machine, const struct card *card);

/* host_way_out - what would free a blocked card, in lines, commands among them; newly allocated */
char *host_way_out(const struct card *card);

/* host_cpuinfo_has - a word about the first processor */
gboolean host_cpuinfo_has(const struct machine *machine, const char *word);

/* host_is_amd - for the words of a firmware setup; host_is_guest - there is no such setup */
gboolean host_is_amd(const struct machine *machine);
gboolean host_is_guest(const struct machine *machine);

/* host_argument - kernel_argument() that takes a machine without a kernel */
char *host_argument(const struct machine *machine, const char *name);

/* host_value_lists - is @wanted one of the words of "a,b,c"? NULL has none */
gboolean host_value_lists(const char *value, const char *wanted);

/**
 * host_kernel_option - CONFIG_NAME of the running kernel: "y", "m", or "" if it is not set
 *
 * Return: newly allocated, or NULL if the kernel's configuration is not here to be read.
 */
char *host_kernel_option(const struct machine *machine, const char *name);

/* host_kernel_since - the running kernel is this one or later; FALSE where it is not known */
gboolean host_kernel_since(const struct machine *machine, guint major, guint minor);

/* host_has_driver - the function is bound to this driver */
gboolean host_has_driver(const struct pcidev *dev, const char *driver);

/* host_on_vfio - the function is bound to vfio-pci or one of its variants */
gboolean host_on_vfio(const struct pcidev *dev);

/* host_for_each_line - lines of the files in a folder, stripped, without comments and empty ones */
typedef void host_line(const char *file, const char *line, gpointer data);
void host_for_each_line(const struct machine *machine, const char *folder, host_line *line,
			gpointer data);

/**
 * host_say - a finding with all its words
 * @evidence: taken over
 * @fix:      taken over; NULL: there is none
 *
 * Return: the finding, owned by the array, for a predicate that changes its severity.
 */
struct finding *host_say(GPtrArray *findings, const struct rule *rule, const char *subject,
			 char *evidence, const char *message, char *fix);

/* host_add_unknown - "it is not known whether" the rule's title holds */
void host_add_unknown(const struct rule *rule, GPtrArray *findings, const char *subject,
		      const char *evidence);

/* The rules by subject, each set in the file of that name. */
extern const struct rule_set host_rules_iommu, host_rules_groups, host_rules_tools,
	host_rules_reset, host_rules_bars, host_rules_holders, host_rules_scripts,
	host_rules_binding, host_rules_desktop, host_rules_ids, host_rules_memory,
	host_rules_tuning, host_rules_boot, host_rules_arguments, host_rules_setup;

/* A user of the host, as far as rights go. */
struct host_user {
	uid_t uid;
	const gid_t *groups;
	gsize n_groups;
};

/* host_judge_rights_of - HS-10 for any user: that of the process is not the root's */
void host_judge_rights_of(const struct rule *rule, const struct machine *machine,
			  const struct host_user *user, GPtrArray *findings);
