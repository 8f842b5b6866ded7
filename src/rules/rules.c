/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/rules.h"

#include "rules/host.h"

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_BROKEN] = "broken", [SEVERITY_RISKY] = "risky",
		[SEVERITY_SLOW] = "slow",     [SEVERITY_OBSOLETE] = "obsolete",
		[SEVERITY_STYLE] = "style",
	};

	g_assert((gsize)severity < G_N_ELEMENTS(names));
	return names[severity];
}

void finding_free(struct finding *finding)
{
	if (finding == NULL)
		return;
	g_free(finding->subject);
	g_free(finding->evidence);
	g_free(finding->message);
	g_free(finding->fix);
	g_free(finding);
}

static void finding_destroy(gpointer finding)
{
	finding_free(finding);
}

struct finding *finding_add(GPtrArray *findings, const struct rule *rule, const char *subject)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->rule = rule;
	finding->severity = rule->severity;
	finding->subject = g_strdup(subject);
	g_ptr_array_add(findings, finding);
	return finding;
}

struct finding *finding_add_unknown(GPtrArray *findings, const struct rule *rule,
				    const char *subject)
{
	struct finding *finding = finding_add(findings, rule, subject);

	finding->unknown = TRUE;
	/* A program that counts what is broken must not count what we do not know. */
	finding->severity = SEVERITY_STYLE;
	return finding;
}

GPtrArray *findings_new(void)
{
	return g_ptr_array_new_with_free_func(finding_destroy);
}

/* The array is short and its order otherwise must stay: an insertion sort is stable. */
void findings_sort(GPtrArray *findings)
{
	for (guint i = 1; i < findings->len; i++) {
		struct finding *moved = findings->pdata[i];
		guint place = i;

		for (; place > 0; place--) {
			const struct finding *before = findings->pdata[place - 1];

			if (before->severity < moved->severity ||
			    (before->severity == moved->severity && before->line <= moved->line))
				break;
			findings->pdata[place] = findings->pdata[place - 1];
		}
		findings->pdata[place] = moved;
	}
}

/*
 * Causes before what follows from them. Ids with FW, GR, BD, UB, RS, PW, BL, MM, PN, IN, AU and DD
 * stand for facts about firmware and kernel, groups, binding, unbinding, reset, power, boot
 * loaders, memory, placement, input, sound and monitors; HS for what Hotseat itself wants of a
 * host. An id is never given to another fact. The severity is that of the usual case; a predicate
 * may be milder.
 */
static const struct rule_set *const host_sets[] = {
	&host_rules_iommu,   &host_rules_groups,    &host_rules_tools,   &host_rules_reset,
	&host_rules_bars,    &host_rules_holders,   &host_rules_scripts, &host_rules_ids,
	&host_rules_binding, &host_rules_desktop,   &host_rules_tuning,  &host_rules_memory,
	&host_rules_boot,    &host_rules_arguments, &host_rules_setup,
};

const struct rule *rules_host(gsize number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(host_sets); i++) {
		if (number < host_sets[i]->n)
			return &host_sets[i]->rules[number];
		number -= host_sets[i]->n;
	}
	return NULL;
}

const char *rule_tag_words(char tag)
{
	static const struct {
		char tag;
		const char *words;
	} tags[] = {
		{ 'V', "read in source code or primary documents" },
		{ 'D', "read in secondary documents" },
		{ 'C', "reported by users" },
		{ 'U', "experience, not verified: advice only" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (tags[i].tag == tag)
			return tags[i].words;
	}
	return "not said";
}

GPtrArray *rules_judge_host(const struct machine *machine)
{
	GPtrArray *findings = findings_new();
	const struct rule *rule;

	g_assert((machine->parts & MACHINE_JUDGED) == MACHINE_JUDGED);
	for (gsize i = 0; (rule = rules_host(i)) != NULL; i++)
		rule->judge(rule, machine, findings);
	findings_sort(findings);
	return findings;
}

guint findings_count(const GPtrArray *findings, enum severity severity)
{
	guint count = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (finding->severity == severity && !finding->unknown)
			count++;
	}
	return count;
}
