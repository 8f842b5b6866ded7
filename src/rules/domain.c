/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/domain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct domain_rules *const domain_rule_tables[] = {
	&document_rules,       &domain_machine_rules, &domain_cpu_rules,
	&domain_pinning_rules, &domain_hyperv_rules,  &domain_timer_rules,
	&domain_memory_rules,  &domain_disk_rules,    &domain_device_rules,
	&domain_input_rules,   &domain_audio_rules,   &domain_host_rules,
	&domain_tuning_rules,  &domain_form_rules,    NULL,
};

/* What a domain shows of itself. An XPath each; needs: traits that must be there as well. */
static const struct {
	unsigned int trait, needs;
	const char *path;
} traits[] = {
	{ DOMAIN_X86, 0,
	  "(not(@type) or @type='kvm' or @type='qemu') and not(os/type/@arch[. != 'x86_64' and "
	  ". != 'i686'])" },
	{ DOMAIN_PCI, 0, "devices/hostdev[@type='pci']" },
	/* a second function of the same slot, or a ROM: what cards have and other devices not */
	{ DOMAIN_CARD, DOMAIN_PCI,
	  "devices/hostdev[@type='pci'][rom/@file or source/address[contains(@function, '0')][../.."
	  "/../hostdev/source/address[contains(@function, '1')]/@bus = @bus]]" },
	{ DOMAIN_WINDOWS, DOMAIN_X86,
	  "metadata/libosinfo:libosinfo/libosinfo:os[contains(@id, 'microsoft.com/win')] or "
	  "(not(metadata/libosinfo:libosinfo/libosinfo:os) and (features/hyperv/* or "
	  "clock/timer[@name='hypervclock'][@present='yes']))" },
	{ DOMAIN_WIN11, DOMAIN_WINDOWS,
	  "metadata/libosinfo:libosinfo/libosinfo:os[contains(@id, '/win/11')] or "
	  "(not(metadata/libosinfo:libosinfo/libosinfo:os) and "
	  "(contains(translate(name, 'WIN', 'win'), 'win11') or "
	  "contains(translate(name, 'WINDOS', 'windos'), 'windows11')))" },
	{ DOMAIN_Q35, 0, "os/type[contains(@machine, 'q35')]" },
	{ DOMAIN_AMD, DOMAIN_X86,
	  "cpu/feature[@name='svm' or @name='topoext'][@policy='require' or @policy='force'] or "
	  "cpu/vendor[. = 'AMD']" },
	{ DOMAIN_UEFI, 0, "os[@firmware='efi'] or os/loader[@type='pflash'] or os/nvram" },
	{ DOMAIN_LIVE, 0, "@id" },
	{ DOMAIN_EVDEV, 0,
	  "devices/input[@type='evdev'] or qemu:commandline/qemu:arg[contains(@value, "
	  "'input-linux')]" },
};

static unsigned int traits_of(struct document *document, const struct machine *machine)
{
	unsigned int found = document_complete(document) ? DOMAIN_COMPLETE : 0;
	guint line, column;

	if (document_defect(document, &line, &column) == NULL)
		found |= DOMAIN_INTACT;
	for (gsize i = 0; i < G_N_ELEMENTS(traits); i++) {
		if ((found & traits[i].needs) == traits[i].needs &&
		    document_true(document, traits[i].path))
			found |= traits[i].trait;
	}
	if (machine != NULL && machine->cpus != NULL) {
		found &= ~(unsigned int)DOMAIN_AMD;
		if (g_strcmp0(machine->cpus->vendor, "AuthenticAMD") == 0)
			found |= DOMAIN_AMD;
	}
	return found;
}

struct finding *domain_blame(const struct domain_rule *rule, struct judging *judging,
			     const struct element *element)
{
	g_autofree char *subject = element_title(element);
	struct finding *finding = finding_add(judging->findings, &rule->rule, subject);

	element_place(judging->document, element, &finding->line, &finding->column);
	finding->evidence = element_tag(judging->document, element);
	finding->element = element;
	finding->message = g_strdup(rule->message);
	finding->fix = g_strdup(rule->fix);
	return finding;
}

void finding_say(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_free(finding->message);
	finding->message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
}

static void judge_rule(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) found = NULL;

	if ((judging->traits & rule->needs) != rule->needs)
		return;
	if (rule->judge != NULL) {
		rule->judge(rule, judging);
		return;
	}
	found = document_find(judging->document, NULL, rule->find);
	for (guint i = 0; i < found->len; i++)
		domain_blame(rule, judging, g_ptr_array_index(found, i));
}

GPtrArray *domain_judge(struct document *document, const struct machine *machine,
			const struct schema *schema)
{
	struct judging judging = {
		.document = document,
		.machine = machine,
		.schema = schema,
		.traits = traits_of(document, machine),
		.findings = findings_new(),
	};

	for (gsize i = 0; domain_rule_tables[i] != NULL; i++) {
		const struct domain_rules *table = domain_rule_tables[i];

		for (gsize k = 0; k < table->n_rules; k++)
			judge_rule(&table->rules[k], &judging);
	}
	findings_sort(judging.findings);
	return judging.findings;
}

/* The units of libvirt's virScaleInteger: KB is 1000, KiB and K are 1024. */
static const struct {
	const char *unit;
	guint64 bytes;
} units[] = {
	{ "b", 1 },          { "bytes", 1 },        { "KB", 1000 },
	{ "k", 1 << 10 },    { "KiB", 1 << 10 },    { "MB", 1000 * 1000 },
	{ "M", 1 << 20 },    { "MiB", 1 << 20 },    { "GB", 1000 * 1000 * 1000 },
	{ "G", 1 << 30 },    { "GiB", 1 << 30 },    { "TB", 1000ull * 1000 * 1000 * 1000 },
	{ "T", 1ull << 40 }, { "TiB", 1ull << 40 },
};

guint64 domain_kib(struct judging *judging, const char *path)
{
	const struct element *element = document_first(judging->document, NULL, path);
	const char *text, *unit;
	char *end = NULL;
	guint64 value;

	if (element == NULL)
		return 0;
	text = document_text(judging->document, element, ".");
	unit = element_attribute(judging->document, element, "unit");
	value = g_ascii_strtoull(text, &end, 10);
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		if (g_ascii_strcasecmp(unit != NULL ? unit : "KiB", units[i].unit) != 0)
			continue;
		if (value > G_MAXUINT64 / units[i].bytes)
			return 0;
		return value * units[i].bytes / 1024;
	}
	return 0;
}

guint domain_number(struct judging *judging, const struct element *from, const char *path,
		    guint otherwise)
{
	const char *text = document_text(judging->document, from, path);
	guint64 value;
	g_autofree char *stripped = NULL;

	if (text == NULL)
		return otherwise;
	stripped = g_strstrip(g_strdup(text));
	if (!g_ascii_string_to_unsigned(stripped, 10, 0, G_MAXINT, &value, NULL))
		return otherwise;
	return (guint)value;
}

static gboolean read_part(struct judging *judging, const struct element *address, const char *name,
			  guint *value)
{
	const char *text = element_attribute(judging->document, address, name);
	char *end = NULL;
	guint64 number;

	*value = 0;
	if (text == NULL)
		return g_str_equal(name, "domain") || g_str_equal(name, "function");
	number = g_ascii_strtoull(text, &end, 0);
	*value = (guint)number;
	return end != text && *end == '\0' && number <= 0xffff;
}

char *domain_host_address(struct judging *judging, const struct element *hostdev)
{
	const struct element *address =
		document_first(judging->document, hostdev, "source/address");
	guint domain, bus, slot, function;

	if (address == NULL || !read_part(judging, address, "domain", &domain) ||
	    !read_part(judging, address, "bus", &bus) ||
	    !read_part(judging, address, "slot", &slot) ||
	    !read_part(judging, address, "function", &function))
		return NULL;
	return g_strdup_printf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

gboolean domain_knows(const struct judging *judging, unsigned int parts)
{
	return judging->machine != NULL && (judging->machine->parts & parts) == parts;
}

const struct domain_rule *domain_rule_named(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "#", 2);
	guint number = parts[0] != NULL && parts[1] != NULL
			       ? (guint)g_ascii_strtoull(parts[1], NULL, 10)
			       : 1;

	for (gsize i = 0; parts[0] != NULL && domain_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < domain_rule_tables[i]->n_rules; k++) {
			const struct domain_rule *rule = &domain_rule_tables[i]->rules[k];

			if (g_str_equal(rule->rule.id, parts[0]) && --number == 0)
				return rule;
		}
	}
	return NULL;
}
