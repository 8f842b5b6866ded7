/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/domain.h"

/* What can be wrong with the text itself, before anything is known of the domain in it. */

static struct finding *blame_text(const struct domain_rule *rule, struct judging *judging,
				  guint line, guint column)
{
	struct finding *finding = finding_add(judging->findings, &rule->rule, "the text");

	finding->line = line;
	finding->column = column;
	finding->message = g_strdup(rule->message);
	finding->fix = g_strdup(rule->fix);
	return finding;
}

static void judge_form(const struct domain_rule *rule, struct judging *judging)
{
	guint line, column;
	const char *defect = document_defect(judging->document, &line, &column);

	/* What has no element at all is not XML, and nobody said that it was. */
	if (defect != NULL && document_root_name(judging->document) != NULL)
		blame_text(rule, judging, line, column)->evidence = g_strdup(defect);
}

static const struct {
	const char *what, *evidence;
} losses[N_LOSS_KINDS] = {
	[LOSS_START_TAGS] = { "Elements had lost their beginning; it was put where libvirt has it.",
			      "put in" },
	[LOSS_END_TAGS] = { "Elements had lost their end; it was put before what cannot stand in "
			    "them.",
			    "put in" },
	[LOSS_STRAY_ENDS] = { "Ends of elements that never began were left out.", "left out" },
	[LOSS_TEXT] = { "Text that is no XML stands around the elements; it was left out.",
			"left out" },
	[LOSS_ATTRIBUTES] = { "Attributes have other quotes than XML's, none, or stand twice; they "
			      "were read as they must have been meant.",
			      "attributes" },
	[LOSS_DOCTYPE] = { "The document type was left out, with every entity it defines.",
			   "left out" },
	[LOSS_ESCAPED] = { "The text is what a web page has inside: its signs were turned back.",
			   "signs like" },
};

static void judge_losses(const struct domain_rule *rule, struct judging *judging)
{
	const GPtrArray *lost = document_losses(judging->document);
	gboolean any = document_root_name(judging->document) != NULL;

	for (guint i = 0; any && i < lost->len; i++) {
		const struct loss *loss = g_ptr_array_index(lost, i);
		struct finding *finding;

		if (loss->kind == LOSS_PREFIX)
			continue;
		finding = blame_text(rule, judging, loss->line, loss->column);
		finding_say(finding, "%s", losses[loss->kind].what);
		finding->evidence = g_strdup_printf(
			"%s: %s (%u in all)", losses[loss->kind].evidence, loss->what, loss->count);
		if (loss->kind == LOSS_TEXT || loss->kind == LOSS_DOCTYPE)
			finding->severity = SEVERITY_STYLE;
	}
}

static void judge_prefix(const struct domain_rule *rule, struct judging *judging)
{
	const GPtrArray *lost = document_losses(judging->document);

	for (guint i = 0; i < lost->len; i++) {
		const struct loss *loss = g_ptr_array_index(lost, i);

		struct finding *finding;

		if (loss->kind != LOSS_PREFIX)
			continue;
		finding = blame_text(rule, judging, loss->line, loss->column);
		finding->element = document_domain(judging->document);
		finding->evidence = g_strdup_printf("the prefix %s is not declared", loss->what);
	}
}

static void judge_kind(const struct domain_rule *rule, struct judging *judging)
{
	const char *root = document_root_name(judging->document);
	struct finding *finding;

	if (document_domain(judging->document) != NULL)
		return;
	finding = blame_text(rule, judging, 1, 1);
	finding->evidence = root != NULL ? g_strdup_printf("its root is <%s>", root)
					 : g_strdup("there is no element in it");
}

static void judge_variables(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) found = NULL;

	/* It asks every element, and hardly a text has this sign. */
	if (strchr(document_text_of(judging->document), '$') == NULL)
		return;
	found = document_find(judging->document, NULL,
			      ".//*[@*[starts-with(., '$') or contains(., '${')] or (not(*) and "
			      "(starts-with(normalize-space(.), '$') or contains(., '${')))]");
	/* A template has dozens; the first says it. */
	if (found->len > 0) {
		struct finding *finding = domain_blame(rule, judging, g_ptr_array_index(found, 0));
		const char *text =
			document_text(judging->document, g_ptr_array_index(found, 0), "text()");
		g_autofree char *tag = finding->evidence;

		finding->evidence = g_strdup_printf("%s%.60s (%u elements with variables)", tag,
						    text != NULL ? text : "", found->len);
	}
}

static void judge_schema(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) misfits = NULL;

	if (judging->schema == NULL)
		return;
	misfits = document_misfits(judging->document, judging->schema);
	for (guint i = 0; i < misfits->len; i++) {
		const struct misfit *misfit = g_ptr_array_index(misfits, i);

		finding_say(domain_blame(rule, judging, misfit->element),
			    "libvirt's schema does not take %s: virsh define --validate, virsh "
			    "edit and virt-manager refuse, and plain virsh define refuses too or "
			    "passes over it in silence.",
			    misfit->what);
	}
}

static const struct domain_rule table[] = {
	{ .rule = { .id = "DO-01",
		    .severity = SEVERITY_BROKEN,
		    .tag = 'V',
		    .title = "the document is well-formed",
		    .why = "libvirt reads nothing of a document that is not well-formed.",
		    .source = "XML 1.0; libvirt src/util/virxml.c" },
	  .message = "This is not well-formed XML: libvirt refuses it as a whole.",
	  .fix = "Get the original: virsh dumpxml GUEST, or the page's raw view.",
	  .judge = judge_form },
	{ .rule = { .id = "DO-02",
		    .severity = SEVERITY_RISKY,
		    .tag = 'V',
		    .title = "nothing was lost on the way here",
		    .why = "A document that was pasted has often lost tags; what is said about it "
			   "holds for what was left.",
		    .source = "libvirt docs/schemas/domaincommon.rng" },
	  .message = "Something was lost.",
	  .judge = judge_losses },
	{ .rule = { .id = "DO-03",
		    .severity = SEVERITY_RISKY,
		    .tag = 'V',
		    .title = "no variables of a script stand in the document",
		    .why = "libvirt replaces no variables: the script that this came from does.",
		    .source = "libvirt docs/formatdomain.rst" },
	  .message = "This is a script's template: libvirt takes $NAME as it stands.",
	  .fix = "Run the script and look at what it writes.",
	  .judge = judge_variables },
	{ .rule = { .id = "DO-04",
		    .severity = SEVERITY_RISKY,
		    .tag = 'V',
		    .title = "every prefix is declared",
		    .why = "libvirt looks for its QEMU elements by their namespace, and passes "
			   "over "
			   "them in silence without it.",
		    .source = "libvirt src/util/virxml.c, src/qemu/qemu_domain.c" },
	  .message = "libvirt does not see elements with this prefix.",
	  .fix = "Begin the document with: <domain type='kvm' "
		 "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>",
	  .judge = judge_prefix },
	{ .rule = { .id = "DO-06",
		    .severity = SEVERITY_BROKEN,
		    .tag = 'V',
		    .title = "libvirt's schema takes the document",
		    .why = "Each libvirt brings a schema for domains, and looks before it takes "
			   "one. What it does not know there is not done, and often a slip of the "
			   "pen or from another version.",
		    .source = "libvirt's installed domain.rng" },
	  .message = "libvirt's schema does not take this.",
	  .fix = "Look the element up in libvirt's documentation of the domain format; it may "
		 "belong elsewhere, or to another version.",
	  .judge = judge_schema },
	{ .rule = { .id = "DO-07",
		    .severity = SEVERITY_BROKEN,
		    .tag = 'V',
		    .title = "a domain says what it runs on",
		    .why = "The schema asks for a name only; libvirt for more.",
		    .source = "libvirt src/conf/domain_conf.c" },
	  .needs = DOMAIN_COMPLETE | DOMAIN_INTACT,
	  .find = "self::domain[@type][not(os/type) and not(bootloader)]",
	  .message = "There is no <os> with a <type>: libvirt refuses.",
	  .fix = "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os>" },
	{ .rule = { .id = "DO-07",
		    .severity = SEVERITY_BROKEN,
		    .tag = 'V',
		    .title = "a domain says how much memory it has",
		    .why = "The schema asks for a name only; libvirt for more.",
		    .source = "libvirt src/conf/domain_conf.c" },
	  .needs = DOMAIN_COMPLETE | DOMAIN_INTACT,
	  .find = "self::domain[@type][not(memory) and not(cpu/numa/cell/@memory)]",
	  .message = "There is no <memory>: libvirt refuses.",
	  .fix = "<memory unit='GiB'>8</memory>" },
	{ .rule = { .id = "DO-05",
		    .severity = SEVERITY_STYLE,
		    .tag = 'V',
		    .title = "there is a domain in it",
		    .why = "lint knows domains, hooks and host configuration.",
		    .source = "libvirt docs/formatdomain.rst" },
	  .message = "There is no <domain> in this, so there is nothing to judge.",
	  .judge = judge_kind },
};

void domain_note_unchecked(GPtrArray *findings, const char *why)
{
	const struct domain_rule *rule = table;
	struct finding *finding;

	while (rule->judge != judge_schema)
		rule++;
	finding = finding_add_unknown(findings, &rule->rule, "the text");
	finding->severity = SEVERITY_STYLE;
	finding->message =
		g_strdup_printf("Whether libvirt takes this form was not checked: %s.", why);
}

const struct domain_rules document_rules = DOMAIN_RULES(table);
