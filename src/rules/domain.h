/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/document-schema.h"
#include "rules/rules.h"

/*
 * Rules for domain XML. Most are data: an XPath below <domain> that finds what is at fault. The
 * rest have a function. What a domain is for decides which rules look at it at all: nobody wants
 * advice about Windows' clock for a router.
 */
enum domain_trait {
	DOMAIN_X86 = 1 << 0,      /* QEMU or KVM, x86 */
	DOMAIN_PCI = 1 << 1,      /* passes a PCI function */
	DOMAIN_CARD = 1 << 2,     /* passes a graphics card, as far as can be seen */
	DOMAIN_WINDOWS = 1 << 3,  /* says so, or has Hyper-V's or Windows' settings */
	DOMAIN_WIN11 = 1 << 4,    /* says so */
	DOMAIN_COMPLETE = 1 << 5, /* <domain> stands in the text: what is missing is missing */
	DOMAIN_Q35 = 1 << 6,
	DOMAIN_AMD = 1 << 7,     /* the machine's, or a flag that only AMD has */
	DOMAIN_UEFI = 1 << 8,    /* firmware='efi', or a loader of flash */
	DOMAIN_LIVE = 1 << 9,    /* written by libvirt about a running guest: it has an id */
	DOMAIN_EVDEV = 1 << 10,  /* takes keyboards and mice by evdev */
	DOMAIN_INTACT = 1 << 11, /* nothing was lost on its way: libvirt reads it as we do */
};

struct judging {
	struct document *document;
	const struct machine *machine; /* NULL: only what the text decides */
	const struct schema *schema;   /* NULL: the form is not checked */
	unsigned int traits;
	GPtrArray *findings;
};

struct domain_rule {
	struct rule rule;   /* judge is NULL; remedy too */
	unsigned int needs; /* traits, all of them */
	const char *find;   /* XPath below <domain>: each element found is at fault */
	const char *message;
	const char *fix; /* may be NULL */
	/* judge - instead of find */
	void (*judge)(const struct domain_rule *rule, struct judging *judging);
};

struct domain_rules {
	const struct domain_rule *rules;
	gsize n_rules;
};

#define DOMAIN_RULES(table)                                                                        \
	{                                                                                          \
		table, G_N_ELEMENTS(table)                                                         \
	}

extern const struct domain_rules document_rules, domain_machine_rules, domain_cpu_rules,
	domain_pinning_rules, domain_hyperv_rules, domain_timer_rules, domain_memory_rules,
	domain_disk_rules, domain_device_rules, domain_input_rules, domain_audio_rules,
	domain_host_rules, domain_tuning_rules, domain_form_rules;

/* domain_rule_tables - all of them, NULL-terminated, in the order of KNOWLEDGE */
extern const struct domain_rules *const domain_rule_tables[];

/**
 * domain_judge - let all rules for domain XML look at a document
 * @machine: MACHINE_ALL of it is looked at; NULL: only what the text alone decides
 * @schema:  libvirt's; NULL: the form is judged as far as our own rules go
 *
 * Return: array of struct finding, worst first, then by line.
 */
GPtrArray *domain_judge(struct document *document, const struct machine *machine,
			const struct schema *schema);

/* domain_rule_named - "ST-02", or "ST-02#2" for the second rule of that id; NULL: there is none */
const struct domain_rule *domain_rule_named(const char *name);

/* domain_form_says - what DO-08 can say, from 0; NULL: no more. For tests that want all of it. */
const char *domain_form_says(gsize number);

/* domain_note_unchecked - say that the form was not checked, because the schema is not there */
void domain_note_unchecked(GPtrArray *findings, const char *why);

/* For the functions behind rules. */

/* domain_blame - a finding about an element, with the rule's message and fix, to be changed */
struct finding *domain_blame(const struct domain_rule *rule, struct judging *judging,
			     const struct element *element);

/* finding_say - another message than the rule's */
void finding_say(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* domain_kib - a size with its unit, as libvirt reads it; 0: absent or no number */
guint64 domain_kib(struct judging *judging, const char *path);

/* domain_number - an attribute or text as a number; @otherwise if there is none */
guint domain_number(struct judging *judging, const struct element *from, const char *path,
		    guint otherwise);

/* domain_host_address - "0000:01:00.0" of what a <hostdev> passes; NULL: none; to be freed */
char *domain_host_address(struct judging *judging, const struct element *hostdev);

/* domain_knows - is there a machine, with these parts of it? */
gboolean domain_knows(const struct judging *judging, unsigned int parts);

/* domain_pinned - the host processor of vCPU @number, if it is pinned to one that is there; NULL */
const struct cpu *domain_pinned(struct judging *judging, guint number);
