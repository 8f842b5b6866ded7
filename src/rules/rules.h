/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/json.h"
#include "machine/machine.h"

/*
 * A rule is one fact about how this is done right, as data plus a predicate, under an id that
 * documents and bug reports can name. A finding is a rule that spoke about a machine.
 */
enum severity {
	SEVERITY_BROKEN,
	SEVERITY_RISKY,
	SEVERITY_SLOW,
	SEVERITY_OBSOLETE,
	SEVERITY_STYLE,
};

const char *severity_name(enum severity severity);

struct element;

struct finding {
	const struct rule *rule;
	enum severity severity; /* the rule's, unless the case is milder or worse */
	char *subject;          /* what it is about: "host", "0000:01:00.0", "vfio-pci" */
	char *evidence;         /* what was seen, and where */
	char *message;          /* what it means */
	char *fix;          /* exact commands for this distribution, or what to do; may be NULL */
	gboolean unknown;   /* could not be read: what root would add; never broken */
	guint line, column; /* in the text that was judged, from 1; 0: not about a text */
	const struct element *element; /* of a document that the caller still has; NULL: none */
};

void finding_free(struct finding *finding);
AUTOPTR_DEFINE(finding)

/**
 * finding_add - a new finding of a rule, with the rule's severity, at the end of the array
 *
 * Return: the finding, owned by the array, for the caller to fill in.
 */
struct finding *finding_add(GPtrArray *findings, const struct rule *rule, const char *subject);

/* findings_new - an array that owns its findings */
GPtrArray *findings_new(void);

/* findings_sort - worst first, then by line, else as they were found */
void findings_sort(GPtrArray *findings);

/* finding_add_unknown - the same where the facts could not be read */
struct finding *finding_add_unknown(GPtrArray *findings, const struct rule *rule,
				    const char *subject);

struct rule {
	const char *id; /* "FW-01" */
	enum severity severity;
	/*
	 * How well the fact is known: 'V' read in source code or primary documents, 'D' in
	 * secondary ones, 'C' reported by users, 'U' experience that nobody has verified. What is
	 * only 'U' is worded as advice, and never worse than style.
	 */
	char tag;
	const char *title;  /* the fact in a few words */
	const char *why;    /* one or two sentences, for the docs */
	const char *remedy; /* what mends it, as "install QEMU"; NULL: nothing on this machine */
	const char *source;
	/* judge - look at the machine and add findings to the array; silence means fine */
	void (*judge)(const struct rule *rule, const struct machine *machine, GPtrArray *findings);
	const char *versions; /* "libvirt 7.2", what it holds from or for; NULL: any */
};

/* Rules on one subject. */
struct rule_set {
	const struct rule *rules;
	gsize n;
};

/* rules_host - the rule for hosts with this number, from 0 in the order of judging; NULL: no more
 */
const struct rule *rules_host(gsize number);

/* rule_tag_words - what a tag means, for documents: "read in source code or primary documents" */
const char *rule_tag_words(char tag);

/**
 * rules_judge_host - let all host rules look at a machine
 * @machine: read with MACHINE_JUDGED
 *
 * Return: array of struct finding, worst first, then in order of the table.
 */
GPtrArray *rules_judge_host(const struct machine *machine);

/* findings_count - how many have this severity; what is unknown does not count */
guint findings_count(const GPtrArray *findings, enum severity severity);

/*
 * findings_print - for people: the verdict first, then what blocks, then the rest, few lines each
 */
void findings_print(const GPtrArray *findings, const struct machine *machine, FILE *out);

/* finding_print - one of them, for people */
void finding_print(const struct finding *finding, FILE *out);

/* finding_print_why - why its rule is one, where that was read, and what versions it holds for */
void finding_print_why(const struct finding *finding, FILE *out);

/* fix_print - a finding's fix, indented: sentences wrapped, commands in lines of their own */
void fix_print(const char *fix, FILE *out);

/* findings_add_json - one subject with its findings, as an element of the contract's array */
void findings_add_json(JsonBuilder *json, const GPtrArray *findings, const char *subject);

/* findings_print_json - the contract's array for one subject */
void findings_print_json(const GPtrArray *findings, const char *subject, FILE *out);
