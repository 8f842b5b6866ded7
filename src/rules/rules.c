/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/rules.h"

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

/* The array is short and its order within a severity must stay: an insertion sort is stable. */
static void sort_by_severity(GPtrArray *findings)
{
	for (guint i = 1; i < findings->len; i++) {
		struct finding *moved = findings->pdata[i];
		guint place = i;

		for (; place > 0; place--) {
			const struct finding *before = findings->pdata[place - 1];

			if (before->severity <= moved->severity)
				break;
			findings->pdata[place] = findings->pdata[place - 1];
		}
		findings->pdata[place] = moved;
	}
}

GPtrArray *rules_judge_host(const struct machine *machine)
{
	GPtrArray *findings = g_ptr_array_new_with_free_func(finding_destroy);

	for (gsize i = 0; i < n_host_rules; i++)
		host_rules[i].judge(&host_rules[i], machine, findings);
	sort_by_severity(findings);
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
