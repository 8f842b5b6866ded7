/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

#include "core/error.h"
#include "corpus.h"
#include "domain-cases.h"
#include "manifest.h"
#include "rules/domain.h"
#include "rules/lint.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

/* libvirt's schema as it is installed, or NULL */
static struct schema *installed;

static GPtrArray *judge_form(const char *text, const struct machine *machine,
			     const struct schema *schema)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *findings = lint_judge(text, strlen(text), machine, schema, &error);

	g_assert_no_error(error);
	return findings;
}

static GPtrArray *judge(const char *text, const struct machine *machine)
{
	return judge_form(text, machine, NULL);
}

static const struct rule *rule_of(const char *name)
{
	const struct domain_rule *rule = domain_rule_named(name);

	return rule != NULL ? &rule->rule : NULL;
}

static guint count_of(const GPtrArray *findings, const struct rule *rule)
{
	guint count = 0;

	for (guint i = 0; i < findings->len; i++)
		count += ((const struct finding *)g_ptr_array_index(findings, i))->rule == rule;
	return count;
}

static char *replaced(const char *from, const char *to)
{
	g_autoptr(GString) text = g_string_new(clean_domain);

	gboolean everywhere = from[0] == '*';

	from += everywhere ? 1 : 0;
	g_assert_nonnull(strstr(clean_domain, from));
	g_string_replace(text, from, to, everywhere ? 0 : 1);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* An i7-7700K with an NVIDIA card; two kinds of cores two caches and two nodes are made up. */
static struct machine *test_machine(struct manifest *manifest)
{
	g_autoptr(GError) error = NULL;
	struct machine *machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_ALL, &error);

	g_assert_no_error(error);
	machine->cpus->nodes = 2;
	pcidev_find(machine->devices, "0000:01:00.0")->numa_node = 0;
	for (guint i = 0; i < machine->cpus->cpu->len; i++) {
		struct cpu *cpu = &g_array_index(machine->cpus->cpu, struct cpu, i);

		cpu->kind = cpu->id == 4 ? 0 : 1;
		cpu->l3 = cpu->id == 1 ? 1 : 0;
	}
	return machine;
}

static struct manifest *test_manifest(void)
{
	struct manifest *manifest = manifest_build_file("intel-desktop");

	manifest_add(manifest,
		     "var/lib/libvirt/images/w.qcow2 hex 51 46 49 fb 00\n"
		     "var/lib/libvirt/images/good.qcow2 hex 51 46 49 fb 00\n"
		     "var/lib/libvirt/images/raw.qcow2 = boot sector\n"
		     "sys/block/sda -> ../devices/pci0000:00/0000:00:17.0/ata1/block/sda\n"
		     "dir sys/devices/pci0000:00/0000:00:17.0/ata1/block/sda\n"
		     "proc/self/mounts = /dev/sda2 / ext4 rw 0 0\n"
		     "etc/libvirt/qemu.conf = #user = \"root\"\\nuser = \"gamer\"\n"
		     "etc/passwd = root:x:0:0::/:/bin/sh\\ngamer:x:1000:1000::/:/bin/sh\n"
		     "sys/module/kvm_intel/parameters/enable_apicv = N\n"
		     "proc/irq/default_smp_affinity = b3\n");
	return manifest;
}

/* Whoever did everything right hears nothing; with a machine only about this host's addresses. */
static void test_clean(void)
{
	g_autoptr(GPtrArray) findings = judge(clean_domain, NULL);

	for (guint i = 0; i < findings->len; i++)
		g_test_message("%s: %s",
			       ((struct finding *)g_ptr_array_index(findings, i))->rule->id,
			       ((struct finding *)g_ptr_array_index(findings, i))->message);
	g_assert_cmpuint(findings->len, ==, 0);
}

static void test_cases(void)
{
	autoptr(manifest) manifest = test_manifest();
	autoptr(machine) machine = test_machine(manifest);
	autoptr(machine) amd = test_machine(manifest);

	g_free(amd->cpus->vendor);
	amd->cpus->vendor = g_strdup("AuthenticAMD");
	amd->tools->qemu_version = 7002000;
	for (const struct domain_case *item = domain_cases; item->rule != NULL; item++) {
		const struct rule *rule = rule_of(item->rule);
		g_autofree char *trips = replaced(item->from, item->trips);
		g_autofree char *nearly = replaced(item->from, item->nearly);
		/* AMD by its flags: not against this Intel machine */
		gboolean by_flags =
			g_str_equal(item->rule, "CP-04") || g_str_equal(item->rule, "CP-13");
		const struct machine *against = by_flags                           ? NULL
						: g_str_equal(item->rule, "CP-10") ? amd
										   : machine;
		g_autoptr(GPtrArray) loud = judge_form(trips, against, installed);
		g_autoptr(GPtrArray) quiet = judge_form(nearly, against, installed);

		if (rule == NULL)
			g_error("%s is no rule", item->rule);
		if (installed == NULL && g_str_equal(item->rule, "DO-06"))
			continue;
		if (count_of(loud, rule) == 0 || count_of(quiet, rule) != 0) {
			g_test_message("%s: %u where it should speak, %u where not", item->rule,
				       count_of(loud, rule), count_of(quiet, rule));
			g_test_fail();
		}
	}
}

/* A rule without a pair of documents is one that nobody has seen work. */
static void test_every_rule_has_a_case(void)
{
	for (gsize i = 0; domain_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < domain_rule_tables[i]->n_rules; k++) {
			const struct rule *rule = &domain_rule_tables[i]->rules[k].rule;
			gboolean found = FALSE;

			for (const struct domain_case *item = domain_cases; item->rule != NULL;
			     item++)
				found = found || rule_of(item->rule) == rule;
			if (!found)
				g_error("%s (%s) has no case", rule->id, rule->title);
			g_assert_true(rule->tag != 'U' || rule->severity == SEVERITY_STYLE);
			g_assert_nonnull(rule->why);
			g_assert_nonnull(rule->source);
		}
	}
}

/* What has no rule has a reason, and what has a rule is not excused. */
static void test_unruled(void)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "lint-unruled.tsv", NULL);
	g_autofree char *table = NULL;
	g_auto(GStrv) lines = NULL;

	g_assert_true(g_file_get_contents(path, &table, NULL, NULL));
	lines = g_strsplit(g_strstrip(table), "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], "\t", 2);

		if (lines[i][0] == '#')
			continue;
		g_assert_cmpuint(g_strv_length(fields), ==, 2);
		g_assert_null(domain_rule_named(fields[0]));
	}
}

static void test_places(void)
{
	const char *const text =
		"<domain type='kvm'><memory>9</memory><os><type/></os>\n  <vcpu>2</vcpu>\n"
		"  <!-- <cpu/> -->\n"
		"  <cpu mode='host-passthrough'>ä<topology cores='3'/></cpu>\n"
		"</domain>\n";
	g_autoptr(GPtrArray) findings = judge(text, NULL);
	const struct finding *finding = g_ptr_array_index(findings, 0);

	g_assert_cmpstr(finding->rule->id, ==, "CP-02");
	g_assert_cmpuint(finding->line, ==, 4);
	g_assert_cmpuint(finding->column, ==, 33);
	g_assert_cmpstr(finding->evidence, ==, "<topology cores='3'/>");
}

/* What a web page, a shell script or a bad day makes of a domain. */
static void test_damaged(void)
{
	static const struct {
		const char *text, *rule;
	} cases[] = {
		{ "", "DO-05" },
		{ "no XML at all < here >", "DO-05" },
		{ "&lt;domain&gt;&lt;vcpu&gt;2&lt;/vcpu&gt;&lt;cpu&gt;&lt;topology cores=&quot;3"
		  "&quot;/&gt;&lt;/cpu&gt;&lt;/domain&gt;",
		  "CP-02#2" },
		{ "<domain><vcpu>2</vcpu><cpu><topology cores=“3”/></cpu></domain>", "CP-02#2" },
		{ "<domain><vcpu>2</vcpu><cpu><topology cores=\\\"3\\\"/></cpu></domain>",
		  "CP-02#2" },
		{ "<domain><vcpu>2</vcpu><cpu><topology cores=3 /></domain>", "CP-02#2" },
		{ "<domain><vcpu>2</vcpu><topology cores='3'/>", "CP-02#2" },
		{ "<vcpu>2</vcpu><topology cores='3'/>", "CP-02#2" },
		{ "</devices></x><vcpu>2</vcpu></domain><topology cores='3'/></domain>",
		  "CP-02#2" },
		{ "<!DOCTYPE domain [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><domain><name>&b;"
		  "</name></domain>",
		  "DO-02" },
		{ "<domain><name>a & b</name><x></domain>", "DO-02" },
		{ "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>"
		  "<hostdev/>",
		  "US-02" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) findings = judge(cases[i].text, NULL);

		g_test_message("%s", cases[i].text);
		g_assert_cmpuint(count_of(findings, rule_of(cases[i].rule)), >, 0);
	}
}

/* Bytes before the text, and in it: libvirt reads the first as we do, and refuses the others. */
static void test_bytes(void)
{
	static const struct {
		const char *begin, *name;
		gsize name_length;
		gboolean refused;
	} cases[] = {
		{ "", "w", 1, FALSE },
		{ "\xef\xbb\xbf", "w", 1, FALSE },
		{ "\xef\xbb\xbf<?xml version='1.0'?>\n", "w", 1, FALSE },
		{ "<?xml version='1.0' encoding='UTF-8'?>\n", "w\xc3\xa4", 3, FALSE },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?>\n", "w\xe4", 2, FALSE },
		{ "", "w\xe4", 2, TRUE },
		{ "<?xml version='1.0' encoding='utf-8'?>\n", "w\xe4", 2, TRUE },
		{ "", "w\0w", 3, TRUE },
	};
	const struct rule *form = rule_of("DO-01");
	const char *name = strstr(clean_domain, "<name>") + strlen("<name>");

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(cases[i].begin);
		g_autoptr(GPtrArray) findings = NULL;
		g_autoptr(xmlDoc) theirs = NULL;

		g_string_append_len(text, clean_domain, name - clean_domain);
		g_string_append_len(text, cases[i].name, (gssize)cases[i].name_length);
		g_string_append(text, name);
		findings = lint_judge(text->str, text->len, NULL, NULL, NULL);
		theirs = xmlReadMemory(text->str, (int)text->len, NULL, NULL,
				       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
		g_test_message("%" G_GSIZE_FORMAT, i);
		g_assert_cmpuint(count_of(findings, form), ==, cases[i].refused);
		g_assert_cmpint(theirs == NULL, ==, cases[i].refused);
	}
}

/* Entities that multiply, tags that never end, quotes without end: read within a test's limit. */
static void test_bombs(void)
{
	static const char *const parts[] = { "<a",  "<a x='", "<!--",           "<!DOCTYPE a [",
					     "<a>", "</a",    "&lt;",           "<![CDATA[",
					     "\"",  "<a b=",  "<devices><disk>" };

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) text = g_string_new("<domain>");
		g_autoptr(GPtrArray) findings = NULL;

		while (text->len < 500000)
			g_string_append(text, parts[i]);
		findings = judge(text->str, NULL);
		g_assert_cmpuint(findings->len, >, 0);
	}
}

static void test_too_large(void)
{
	g_autofree char *text = g_malloc0(DOCUMENT_MAX + 1);
	g_autoptr(GError) error = NULL;

	g_assert_null(lint_judge(text, DOCUMENT_MAX + 1, NULL, NULL, &error));
	g_assert_nonnull(error);
}

/* What only a newer Windows wants is not asked of an older one. */
static void test_old_windows(void)
{
	static const struct {
		const char *id;
		guint count;
	} cases[] = { { "win/7", 0 }, { "win/8.1", 0 }, { "win/10", 1 }, { "win/11", 1 } };
	g_autofree char *bare = replaced(
		"<tpm model='tpm-crb'><backend type='emulator' "
		"version='2.0'/></tpm>",
		"");

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(bare);
		g_autoptr(GPtrArray) findings = NULL;

		g_string_replace(text, "win/11", cases[i].id, 0);
		findings = judge(text->str, NULL);
		g_assert_cmpuint(count_of(findings, rule_of("DX-06")), ==, cases[i].count);
	}
}

/* Beside what is too much, what is not there is said too. */
static void test_missing(void)
{
	static const char text[] =
		"<domain type='kvm'>\n  <memory>1048576</memory>\n  <os><type>hvm</type></os>\n"
		"  <devices>\n    <nothing/>\n  </devices>\n</domain>\n";
	g_autoptr(GPtrArray) findings = NULL;
	guint lines = 0;

	if (installed == NULL) {
		g_test_skip("libvirt's schema is not here");
		return;
	}
	findings = judge_form(text, NULL, installed);
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (g_str_equal(finding->rule->id, "DO-06"))
			lines |= 1u << finding->line;
	}
	g_assert_cmphex(lines, ==, 1u << 1 | 1u << 5);
}

/* What section 10 of the fact base lists for what stands in the blog's XML, and what is right. */
static void test_seed(void)
{
	static const struct {
		const char *rule;
		guint count;
	} wanted[] = {
		{ "DO-01", 1 }, { "DO-02", 2 },   { "ST-01", 1 }, { "DX-01", 1 }, { "DX-02", 1 },
		{ "DX-03", 1 }, { "ST-02#2", 1 }, { "NW-01", 1 }, { "HV-02", 1 }, { "HV-03", 1 },
		{ "CD-02", 1 }, { "AU-02", 1 },   { "AU-01", 2 }, { "VD-02", 1 }, { "HD-01", 1 },
		{ "IN-01", 2 }, { "IN-04", 2 },   { "PN-01", 1 }, { "PN-02", 1 }, { "CP-02", 1 },
		{ "DX-06", 1 }, { "MM-02", 1 },   { "HD-03", 1 }, { "US-01", 1 },
	};
	g_autofree char *text = corpus_read("seed/blog-win10.xml");
	g_autoptr(GPtrArray) findings = NULL;
	guint total = 0;

	if (text == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	findings = judge(text, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_test_message("%s", wanted[i].rule);
		g_assert_cmpuint(count_of(findings, rule_of(wanted[i].rule)), ==, wanted[i].count);
		total += wanted[i].count;
	}
	g_assert_cmpuint(findings->len, ==, total);
}

static void ignore_message(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *format, ...)
{
}

/* schema_takes - libxml2's own answer about text as it stands */
static gboolean schema_takes(const char *text)
{
	static xmlRelaxNG *rng;
	g_autoptr(xmlDoc) doc =
		xmlReadMemory(text, (int)strlen(text), NULL, NULL,
			      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlRelaxNGValidCtxt *context;
	gboolean takes;

	if (rng == NULL) {
		xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(SCHEMA_INSTALLED);

		rng = xmlRelaxNGParse(parser);
		xmlRelaxNGFreeParserCtxt(parser);
	}
	context = xmlRelaxNGNewValidCtxt(rng);
	xmlRelaxNGSetValidErrors(context, ignore_message, ignore_message, NULL);
	takes = doc != NULL && xmlRelaxNGValidateDoc(context, doc) == 0;
	xmlRelaxNGFreeValidCtxt(context);
	return takes;
}

/* Rules counted a second time, by other words, over documents that libxml2 reads as they are. */
static const struct {
	const char *rule, *path;
} counted[] = {
	{ "HV-03", "/domain/features/kvm/hidden[@state='on']" },
	{ "HV-05", "//hyperv[@mode='passthrough']" },
	{ "MM-04", "/domain[.//hostdev[@type='pci']]//locked" },
	{ "PN-04", "//vcpusched[@scheduler='fifo']|//vcpusched[@scheduler='rr']" },
	{ "CP-09", "//cpu/feature[@name='hypervisor' and @policy='disable']" },
	{ "ST-08",
	  "//disk[@type='block']/source/@dev[starts-with(.,'/dev/sd') or "
	  "starts-with(.,'/dev/nvme') or starts-with(.,'/dev/hd')]" },
	{ "ST-04",
	  "//disk/driver[@io='native' and (not(@cache) or @cache!='none')]"
	  "[not(@cache='directsync')]" },
	{ "ST-09", "//disk/source/@file[starts-with(.,'/home/') or starts-with(.,'/root/')]" },
	{ "PW-02", "//hostdev/rom/@file" },
	{ "IN-01", "//*[local-name()='arg' and starts-with(@value,'input-linux')]" },
	{ "AU-01",
	  "//*[local-name()='env']/@name[starts-with(.,'QEMU_AUDIO') or "
	  "starts-with(.,'QEMU_PA_')]" },
	{ "VD-02#2", "//domain[.//hostdev/@type='pci']//video/model/@type[.='qxl']" },
	{ "NW-01", "//interface/model/@type[.='rtl8139']" },
	{ "BD-11", "//hostdev/driver/@name[.='kvm' or .='vfio'][not(//domain/@id)]" },
	{ "TM-07", "//@value[contains(.,'cpu-pm=on')]" },
	{ "CP-11",
	  "//domain[.//hyperv/* or contains(//@id,'microsoft') or //timer/@name="
	  "'hypervclock']//cpu/feature[@name='svm' or @name='vmx'][@policy='require']" },
	{ "DX-03", "//os[not(@firmware)]/loader[@type='pflash']" },
	{ "TM-05", "//domain[not(.//type/@machine='pc-q35-4.0')]//ioapic[@driver='kvm']" },
	{ "AU-09", "//sound/@model[.='ac97' or .='es1370' or .='sb16' or .='pcspk']" },
	{ "TM-03", "//timer[@name='tsc' and not(@frequency)]" },
	{ "HD-03", "//*[local-name()='commandline'][*]" },
};

static guint count_by_path(xmlDoc *doc, const char *path)
{
	g_autoptr(xmlXPathContext) context = xmlXPathNewContext(doc);
	g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression((const xmlChar *)path, context);

	g_assert_nonnull(found);
	return found->nodesetval != NULL ? (guint)found->nodesetval->nodeNr : 0;
}

static void test_counts(void)
{
	g_auto(GStrv) names = corpus_list("domains");
	guint total[G_N_ELEMENTS(counted)] = { 0 }, met = 0;

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_build_filename("domains", names[i], NULL);
		g_autofree char *text = corpus_read(name);
		g_autoptr(xmlDoc) doc =
			xmlReadMemory(text, (int)strlen(text), NULL, NULL,
				      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
		g_autoptr(GPtrArray) findings = NULL;

		if (doc == NULL || !g_str_has_suffix(name, ".xml"))
			continue;
		findings = judge(text, NULL);
		for (gsize k = 0; k < G_N_ELEMENTS(counted); k++) {
			guint mine = count_of(findings, rule_of(counted[k].rule));
			guint other = count_by_path(doc, counted[k].path);

			if (mine != other)
				g_error("%s %s: %u here, %u there", name, counted[k].rule, mine,
					other);
			total[k] += other;
		}
	}
	for (gsize k = 0; k < G_N_ELEMENTS(counted); k++) {
		g_test_message("%s: %u", counted[k].rule, total[k]);
		met += total[k] > 0;
	}
	/* one that no file trips is counted in the cases alone */
	g_assert_cmpuint(met, >=, 20);
}

/*
 * Of the strangers' domains, those that libvirt's schema takes and its QEMU driver refuses for
 * their form: seen by virsh define and domxml-to-native on qemu:///embed, of libvirt 9.0 and
 * of 11.3, which agree (248 has an element that only the schema of 11.3 knows). Others were refused
 * for what that host did not have: firmware, machine types, QEMU elsewhere.
 */
static const struct {
	const char *name, *rule;
} refused[] = {
	{ "018", "HD-04" },
	{ "159", "ST-10" },
	{ "160", "ST-10" },
	{ "248", "CP-02" },
	{ "319", "HD-05" },
	/* no window by SPICE, and something that wants one */
	{ "001", "VD-03" },
	{ "009", "VD-03" },
	{ "010", "VD-03" },
	{ "011", "VD-03" },
	{ "012", "VD-03" },
	{ "013", "VD-03" },
	{ "014", "VD-03" },
	{ "015", "VD-03" },
	{ "016", "VD-03" },
	{ "017", "VD-03" },
	{ "018", "VD-03" },
	{ "122", "VD-03" },
	{ "123", "VD-03" },
	{ "124", "VD-03" },
	{ "125", "VD-03" },
	{ "126", "VD-03" },
	{ "127", "VD-03" },
	{ "128", "VD-03" },
	{ "131", "VD-03" },
	{ "132", "VD-03" },
	{ "133", "VD-03" },
	{ "134", "VD-03" },
	{ "135", "VD-03" },
	{ "136", "VD-03" },
	{ "137", "VD-03" },
	{ "139", "VD-03" },
	{ "140", "VD-03" },
	{ "142", "VD-03" },
	{ "143", "VD-03" },
	{ "362", "VD-03" },
	{ "392", "VD-03" },
	{ "393", "VD-03" },
	{ "402", "VD-03" },
	{ "404", "VD-03" },
};

static gboolean is_refused(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		if (g_str_has_prefix(name, refused[i].name))
			return TRUE;
	}
	return FALSE;
}

/* broken_form - other than by what libvirt takes and QEMU refuses when it starts */
static gboolean broken_form(const GPtrArray *findings)
{
	guint starts = count_of(findings, rule_of("HD-06"));

	return findings_count(findings, SEVERITY_BROKEN) > starts;
}

/* Broken for its form: where the schema refuses, or one of the above; and nowhere else. */
static void test_agreement(void)
{
	g_auto(GStrv) names = corpus_list("domains");
	guint broken = 0, total = 0;

	if (names == NULL || installed == NULL) {
		g_test_skip("the corpus or libvirt's schema is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_build_filename("domains", names[i], NULL);
		g_autofree char *text = NULL;
		g_autoptr(GPtrArray) findings = NULL;
		gboolean ours, theirs;

		if (!g_str_has_suffix(name, ".xml"))
			continue;
		text = corpus_read(name);
		findings = judge_form(text, NULL, installed);
		ours = broken_form(findings);
		theirs = is_refused(names[i]) || !schema_takes(text);
		if (ours != theirs)
			g_error("%s: %s here, %s there", name, ours ? "broken" : "fine",
				theirs ? "refused" : "taken");
		broken += ours;
		total++;
	}
	g_test_message("%u of %u are broken for their form", broken, total);
}

static gboolean is_looked_at(const struct finding *finding)
{
	static const char *const form[] = { "DO-01", "DO-06", "DO-08", NULL };

	return finding->severity <= SEVERITY_RISKY && !g_strv_contains(form, finding->rule->id);
}

/*
 * lint-verdicts.tsv holds what somebody looked at, finding by finding, in the files themselves. A
 * rule that says something else about them now wants to be looked at again.
 */
static void test_looked_at(void)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "lint-verdicts.tsv", NULL);
	g_autofree char *table = NULL;
	g_auto(GStrv) lines = NULL;

	g_assert_true(g_file_get_contents(path, &table, NULL, NULL));
	lines = g_strsplit(table, "\n", -1);
	for (guint i = 0; lines[i] != NULL;) {
		g_auto(GStrv) fields = g_strsplit(lines[i], "\t", 5);
		g_autofree char *name = NULL, *text = NULL;
		g_autoptr(GPtrArray) findings = NULL;
		guint found = 0, listed = 0;

		if (lines[i][0] == '#' || fields[0] == NULL) {
			i++;
			continue;
		}
		name = g_build_filename("domains", fields[0], NULL);
		text = corpus_read(name);
		if (text == NULL) {
			g_test_skip("the corpus is not here");
			return;
		}
		findings = judge_form(text, NULL, installed);
		for (guint k = 0; k < findings->len; k++)
			found += is_looked_at(g_ptr_array_index(findings, k));
		for (; lines[i] != NULL && g_str_has_prefix(lines[i], fields[0]); i++) {
			g_auto(GStrv) row = g_strsplit(lines[i], "\t", 5);
			guint count = 0;

			for (guint k = 0; k < findings->len; k++) {
				const struct finding *finding = g_ptr_array_index(findings, k);

				count += is_looked_at(finding) &&
					 g_str_equal(finding->rule->id, row[1]) &&
					 g_str_equal(severity_name(finding->severity), row[2]);
			}
			if (count != g_ascii_strtoull(row[3], NULL, 10))
				g_error("%s %s: %u, and %s were looked at", name, row[1], count,
					row[3]);
			listed += count;
		}
		g_assert_cmpuint(found, ==, listed);
	}
}

/* What libvirt's tests expect to fail says so in its name, or is one of these. */
static gboolean fails_there(const char *name)
{
	static const char *const failing[] = { "intel-iommu-wrong-machine.xml",
					       "numatune-memnode-nocpu.xml", NULL };

	return strstr(name, "invalid") != NULL || g_strv_contains(failing, name);
}

/* Everything in a folder goes through; what libvirt itself tests is never called broken. */
static void judge_folder(const char *folder, gboolean valid)
{
	g_auto(GStrv) names = corpus_list(folder);

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_build_filename(folder, names[i], NULL);
		g_autofree char *text = corpus_read(name);
		g_autoptr(GPtrArray) findings = judge(text, NULL);

		if (!valid || fails_there(names[i]) || !g_str_has_suffix(name, ".xml"))
			continue;
		if (findings_count(findings, SEVERITY_BROKEN) > 0)
			g_error("%s is called broken: %s", name,
				((struct finding *)g_ptr_array_index(findings, 0))->message);
	}
}

static void test_domains(void)
{
	judge_folder("domains", FALSE);
}

static void test_libvirt(void)
{
	judge_folder("libvirt-tests/qemuxmlconfdata", TRUE);
	judge_folder("libvirt-tests/genericxml2xmlindata", TRUE);
	judge_folder("libvirt-tests/nodedevschemadata", TRUE);
}

/* What is no schema is an error with a sentence, and libxml2 prints nothing beside it. */
static void test_no_schema(void)
{
	static const char *const texts[] = {
		"no XML",
		"<domain type='kvm'/>",
		("<grammar xmlns='http://relaxng.org/ns/structure/1.0'><include "
		 "href='nowhere.rng'/>"
		 "<start><ref name='domain'/></start></grammar>"),
	};
	autoptr(manifest) folder = manifest_build("dir schemas\n");
	g_autofree char *path = g_build_filename(folder->folder, "schemas", "x.rng", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
		g_assert_null(schema_open(path, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
	if (g_test_subprocess())
		return;
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("");
}

/* What is printed about one finding: its reasons only where they are asked for. */
static void test_why(void)
{
	g_autofree char *text = replaced("</devices>", "<sound model='sb16'/></devices>");
	g_autoptr(GPtrArray) findings = judge(text, NULL);
	const struct rule *rule = rule_of("AU-09");

	g_assert_cmpuint(count_of(findings, rule), ==, 1);
	for (int why = FALSE; why <= TRUE; why++) {
		g_autofree char *printed = NULL;
		gsize size;
		FILE *out = open_memstream(&printed, &size);

		findings_print_text(findings, "x.xml", LINT_DOMAIN, why, out);
		fclose(out);
		g_assert_nonnull(strstr(printed, "AU-09"));
		g_assert_cmpint(strstr(printed, "    why: ") != NULL, ==, why);
		g_assert_cmpint(strstr(printed, rule->source) != NULL, ==, why);
	}
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	installed = schema_open(SCHEMA_INSTALLED, NULL);
	g_test_add_func("/lint/clean", test_clean);
	g_test_add_func("/lint/cases", test_cases);
	g_test_add_func("/lint/every-rule-has-a-case", test_every_rule_has_a_case);
	g_test_add_func("/lint/unruled", test_unruled);
	g_test_add_func("/lint/places", test_places);
	g_test_add_func("/lint/damaged", test_damaged);
	g_test_add_func("/lint/bytes", test_bytes);
	g_test_add_func("/lint/bombs", test_bombs);
	g_test_add_func("/lint/too-large", test_too_large);
	g_test_add_func("/lint/old-windows", test_old_windows);
	g_test_add_func("/lint/missing", test_missing);
	g_test_add_func("/lint/seed", test_seed);
	g_test_add_func("/lint/counts", test_counts);
	g_test_add_func("/lint/agreement", test_agreement);
	g_test_add_func("/lint/looked-at", test_looked_at);
	g_test_add_func("/lint/why", test_why);
	g_test_add_func("/lint/no-schema", test_no_schema);
	g_test_add_func("/lint/domains", test_domains);
	g_test_add_func("/lint/libvirt", test_libvirt);
	status = g_test_run();
	schema_free(installed);
	return status;
}
