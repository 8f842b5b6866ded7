/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "core/diff.h"
#include "core/error.h"
#include "corpus.h"
#include "domain-cases.h"
#include "fix/fix.h"
#include "fix/mend.h"
#include "manifest.h"
#include "rules/lint.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

/* libvirt's schema as it is installed, or NULL */
static struct schema *installed;

static char *all[] = { (char[]){ "all" }, NULL };

static struct fixed *mend(const char *text, char **also, const struct machine *machine)
{
	const struct fix_wish wish = { .also = also, .machine = machine, .schema = installed };
	g_autoptr(GError) error = NULL;
	struct fixed *fixed = fix(text, strlen(text), &wish, &error);

	g_assert_no_error(error);
	return fixed;
}

static GPtrArray *judge(const char *text)
{
	return lint_judge(text, strlen(text), NULL, installed, NULL);
}

static guint count_rule(const GPtrArray *findings, const struct rule *rule)
{
	guint count = 0;

	for (guint i = 0; i < findings->len; i++)
		count += ((const struct finding *)g_ptr_array_index(findings, i))->rule == rule;
	return count;
}

static guint count_left(const struct fixed *fixed, const struct rule *rule)
{
	guint count = 0;

	for (guint i = 0; i < fixed->left->len; i++)
		count += ((struct fix_left *)g_ptr_array_index(fixed->left, i))->rule == rule;
	return count;
}

/* The texts of nodes, in the document's order. */
static char **texts(const char *text, const char *path)
{
	g_autoptr(xmlDoc) doc =
		xmlReadMemory(text, (int)strlen(text), NULL, NULL,
			      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	g_autoptr(xmlXPathContext) context = xmlXPathNewContext(doc);
	g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression((const xmlChar *)path, context);
	GPtrArray *list = g_ptr_array_new();

	g_assert_nonnull(doc);
	for (int i = 0; found->nodesetval != NULL && i < found->nodesetval->nodeNr; i++) {
		xmlChar *content = xmlNodeGetContent(found->nodesetval->nodeTab[i]);

		g_ptr_array_add(list, g_strdup((const char *)content));
		xmlFree(content);
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

/* What somebody would miss, and what Windows goes by. */
static void expect_kept(const char *name, const char *before, const char *after)
{
	static const char *const paths[] = { "//comment()",
					     "/domain/uuid | /domain/name",
					     "//interface/mac/@address",
					     "//disk/source/@*[name() != 'index']",
					     "/domain/vcpu | /domain/memory",
					     "//hostdev/source//@*" };

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_auto(GStrv) old_texts = texts(before, paths[i]);
		g_auto(GStrv) new_texts = texts(after, paths[i]);

		if (!g_strv_equal((const char *const *)old_texts, (const char *const *)new_texts))
			g_error("%s: %s is not what it was", name, paths[i]);
	}
}

/* how_bad - without the form: how much of it a schema does not take is nobody's to count */
static guint how_bad(const GPtrArray *findings, enum severity worst)
{
	const struct rule *form = &domain_rule_named("DO-06")->rule;
	guint count = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		count += finding->rule != form && finding->severity <= worst;
	}
	return count;
}

/* What fix promises of any text that it takes. Return: how much it mended. */
static guint expect_promises(const char *name, const char *text, const struct fixed *once,
			     char **also)
{
	autoptr(fixed) twice = mend(once->text, also, NULL);
	g_autoptr(GPtrArray) before = judge(text);
	g_autoptr(GPtrArray) after = judge(once->text);
	const struct rule *form = &domain_rule_named("DO-06")->rule;

	if (!g_str_equal(once->text, twice->text) || twice->changes->len > 0)
		g_error("%s: a second time changes something", name);
	if ((once->changes->len == 0) != g_str_equal(once->text, text))
		g_error("%s: changed without a word, or the other way round", name);
	for (guint i = 0; i < once->changes->len; i++) {
		const struct fix_change *change = g_ptr_array_index(once->changes, i);

		if (count_rule(after, change->rule) != count_left(once, change->rule))
			g_error("%s: %s is said to be mended", name, change->rule->id);
	}
	if (how_bad(after, SEVERITY_BROKEN) > how_bad(before, SEVERITY_BROKEN) ||
	    how_bad(after, SEVERITY_RISKY) > how_bad(before, SEVERITY_RISKY))
		g_error("%s: worse than it was", name);
	if (count_rule(before, form) == 0 && count_rule(after, form) > 0)
		g_error("%s: what it was made into does not fit", name);
	expect_kept(name, text, once->text);
	return once->changes->len;
}

/* Everything in a folder: refused with a sentence, or mended as promised. */
static void mend_folder(const char *folder)
{
	g_auto(GStrv) names = corpus_list(folder);
	guint mended = 0, refused = 0, changes = 0;

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_build_filename(folder, names[i], NULL);
		g_autofree char *text = corpus_read(name);
		const struct fix_wish wish = { .schema = installed };
		g_autoptr(GError) error = NULL;
		autoptr(fixed) fixed = NULL;
		autoptr(fixed) everything = NULL;

		if (!g_str_has_suffix(name, ".xml"))
			continue;
		fixed = fix(text, strlen(text), &wish, &error);
		if (fixed == NULL) {
			g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
			refused++;
			continue;
		}
		mended += fixed->changes->len > 0;
		changes += expect_promises(name, text, fixed, NULL);
		everything = mend(text, all, NULL);
		expect_promises(name, text, everything, all);
	}
	g_test_message("%s: %u refused, %u mended with %u changes", folder, refused, mended,
		       changes);
}

static void test_domains(void)
{
	mend_folder("domains");
}

static void test_libvirt(void)
{
	mend_folder("libvirt-tests/qemuxmlconfdata");
	mend_folder("libvirt-tests/genericxml2xmlindata");
}

/* For every mend: the document that trips its rule is mended, or the case says who would be asked.
 */
static void test_every_mend(void)
{
	/* what needs a machine, its images or its inputs is tested below */
	static const char *const elsewhere[] = { "PN-01", "ST-01", "ST-01#2", "IN-04",
						 "CP-05", "CP-10", "HV-04",   "DO-04",
						 "HV-02", "ST-02", "IN-01" };
	const struct mend *one;

	for (gsize i = 0; (one = mend_next(i)) != NULL; i++) {
		const struct domain_rule *rule = domain_rule_named(one->rule);
		const struct domain_case *item = domain_cases;
		g_autoptr(GString) text = g_string_new(clean_domain);
		autoptr(fixed) fixed = NULL;
		g_autoptr(GPtrArray) findings = NULL;

		g_assert_nonnull(rule);
		if (g_strv_contains(elsewhere, one->rule))
			continue;
		while (item->rule != NULL && !g_str_equal(item->rule, one->rule))
			item++;
		g_assert_nonnull(item->rule);
		g_string_replace(text, item->from + (item->from[0] == '*'), item->trips,
				 item->from[0] == '*' ? 0 : 1);
		fixed = mend(text->str, all, NULL);
		findings = judge(fixed->text);
		if (count_rule(findings, &rule->rule) != 0) {
			g_test_message("%s is not mended:\n%s", one->rule, fixed->text);
			g_test_fail();
		}
	}
}

/* A domain that its author wrote by hand, with habits of his own. */
static const char by_hand[] =
	"<?xml version=\"1.0\"?>\n"
	"<!-- mine, since 2018 -->\n"
	"<domain\n"
	"   type=\"kvm\">\n"
	"\t<name>w</name>  <!-- keep -->\n"
	"  <memory unit='GiB'>8</memory><currentMemory unit='GiB'>4</currentMemory>\n"
	"  <vcpu>4</vcpu>\n"
	"  <os firmware=\"efi\"><type arch=\"x86_64\" machine=\"pc-q35-9.2\">hvm</type></os>\n"
	"  <features><acpi/><vmport state=\"off\"/></features>\n"
	"  <cpu mode = \"host-passthrough\" migratable='off' ><topology sockets=\"4\"  "
	"cores='1' threads=\"1\"/></cpu>\n"
	"  <clock offset=\"localtime\">\n"
	"    <timer name=\"tsc\" mode=\"native\"/>\n"
	"    <timer name=\"hpet\" present=\"yes\"/>  <!-- why? -->\n"
	"  </clock>\n"
	"  <devices>\n"
	"    <hostdev mode=\"subsystem\" type=\"pci\"><source><address domain=\"0\" bus=\"1\" "
	"slot=\"0\" function=\"0\"/></source></hostdev>\n"
	"    <unknown  of='nobody' ><b/></unknown>\n"
	"    <memballoon model=\"virtio\">\n"
	"      <stats period=\"5\"/>\n"
	"    </memballoon>\n"
	"  </devices>\n"
	"</domain>";

static const char by_hand_mended[] =
	"--- old\n"
	"+++ new\n"
	"@@ -3,20 +3,17 @@\n"
	" <domain\n"
	"    type=\"kvm\">\n"
	" \t<name>w</name>  <!-- keep -->\n"
	"-  <memory unit='GiB'>8</memory><currentMemory unit='GiB'>4</currentMemory>\n"
	"+  <memory unit='GiB'>8</memory>\n"
	"   <vcpu>4</vcpu>\n"
	"   <os firmware=\"efi\"><type arch=\"x86_64\" machine=\"pc-q35-9.2\">hvm</type></os>\n"
	"   <features><acpi/><vmport state=\"off\"/></features>\n"
	"   <cpu mode = \"host-passthrough\" migratable='off' ><topology sockets=\"4\"  cores='1' "
	"threads=\"1\"/></cpu>\n"
	"   <clock offset=\"localtime\">\n"
	"-    <timer name=\"tsc\" mode=\"native\"/>\n"
	"     <timer name=\"hpet\" present=\"yes\"/>  <!-- why? -->\n"
	"   </clock>\n"
	"   <devices>\n"
	"     <hostdev mode=\"subsystem\" type=\"pci\"><source><address domain=\"0\" bus=\"1\" "
	"slot=\"0\" function=\"0\"/></source></hostdev>\n"
	"     <unknown  of='nobody' ><b/></unknown>\n"
	"-    <memballoon model=\"virtio\">\n"
	"-      <stats period=\"5\"/>\n"
	"-    </memballoon>\n"
	"+    <memballoon model=\"none\"></memballoon>\n"
	"   </devices>\n"
	" </domain>\n"
	"\\ No newline at end of file\n";

/* Blanks, quotes, comments and what nobody understands stay byte for byte. */
static void test_leaves_the_rest(void)
{
	autoptr(fixed) fixed = mend(by_hand, NULL, NULL);
	g_autofree char *diff = diff_unified(by_hand, fixed->text, "old", "new");

	g_assert_cmpstr(diff, ==, by_hand_mended);
}

/* raw on a qcow2 image destroys it: only the image says what it is, never its name. */
static void test_reads_the_image(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-fix-XXXXXX", NULL);
	g_autofree char *image = g_build_filename(folder, "w.qcow2", NULL);
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_ALL, NULL);
	struct fix_wish wish = { .machine = machine, .schema = installed, .images = TRUE };
	g_autoptr(GString) text = g_string_new(clean_domain);

	g_string_replace(text, "/var/lib/libvirt/images/w.qcow2", image, 1);
	g_string_replace(text, "type='qcow2'", "type='raw'", 1);
	for (guint i = 0; i < 3; i++) {
		autoptr(fixed) fixed = NULL;

		if (i == 0) /* raw with a name that misleads: right as it is */
			g_assert_true(g_file_set_contents(image, "boot sector", -1, NULL));
		if (i == 1)
			g_assert_true(g_file_set_contents(image, "QFI\xfb\0\0\0\3", 8, NULL));
		if (i == 2)
			g_assert_cmpint(g_unlink(image), ==, 0);
		fixed = fix(text->str, text->len, &wish, NULL);
		g_assert_cmpint(strstr(fixed->text, "type='qcow2'") != NULL, ==, i == 1);
	}
	g_rmdir(folder);
}

/* With a machine: which processors are left, and which device eventN is today. */
static void test_machine(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_ALL, NULL);
	g_autoptr(GString) text = g_string_new(clean_domain);
	autoptr(fixed) fixed = NULL;
	struct input *mouse = g_new0(struct input, 1);

	mouse->event = g_strdup("event77");
	mouse->stable_path = g_strdup("/dev/input/by-id/found-event-mouse");
	g_ptr_array_add(machine->inputs, mouse);
	g_string_replace(text, "    <emulatorpin cpuset='0-1,4-5'/>\n", "", 1);
	g_string_replace(text, "/dev/input/by-id/b-event-mouse", "/dev/input/event77", 1);
	fixed = mend(text->str, NULL, machine);
	g_assert_nonnull(strstr(fixed->text, "    <emulatorpin cpuset='0-1,4-5'/>\n"));
	g_assert_nonnull(strstr(fixed->text, "dev='/dev/input/event77'"));
	fixed_free(g_steal_pointer(&fixed));
	fixed = mend(text->str, all, machine);
	g_assert_nonnull(strstr(fixed->text, "dev='/dev/input/by-id/found-event-mouse'"));
}

#define DOMAIN_START                                                                               \
	"<domain type='kvm'><name>w</name><memory>1</memory><os><type "                            \
	"machine='pc-q35-9.2'>hvm</type></os>"

/* Mends that look at more than the one element. */
static void test_cases(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		/* an undeclared prefix, of qemu and of somebody else */
		{ "<domain type='kvm'><qemu:commandline><qemu:env name='A' "
		  "value='b'/></qemu:commandline></domain>",
		  "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		  "<qemu:commandline><qemu:env name='A' "
		  "value='b'/></qemu:commandline></domain>" },
		{ "<domain type='kvm'><x:y/></domain>", "<domain type='kvm'><x:y/></domain>" },
		/* a drive for media goes to SATA, an installed disk does not */
		{ DOMAIN_START "<devices><disk type='file' device='cdrom'><target dev='hda' "
			       "bus='ide'/><address type='drive' controller='0' bus='0' target='0' "
			       "unit='0'/></disk><disk type='file' device='disk'><target dev='sda' "
			       "bus='ide'/></disk></devices></domain>",
		  DOMAIN_START
		  "<devices><disk type='file' device='cdrom'><target dev='sdb' "
		  "bus='sata'/></disk><disk type='file' device='disk'><target dev='sda' "
		  "bus='ide'/></disk></devices></domain>" },
		/* what Windows' editors begin a file with stays, and moves no place */
		{ "\xef\xbb\xbf<?xml version='1.0'?>\n" DOMAIN_START
		  "<devices><disk type='file' device='cdrom'><target dev='hda' bus='ide'/></disk>"
		  "</devices></domain>",
		  "\xef\xbb\xbf<?xml version='1.0'?>\n" DOMAIN_START
		  "<devices><disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"
		  "</devices></domain>" },
		/* an argument by hand becomes libvirt's element, with its "-object" */
		{ "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><devices/>"
		  "<qemu:commandline><qemu:arg value='-object'/><qemu:arg "
		  "value='input-linux,id=k,evdev=/dev/input/by-id/"
		  "a-event-kbd,grab_all=on,repeat=on'"
		  "/><qemu:arg value='-snapshot'/></qemu:commandline></domain>",
		  "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><devices>"
		  "<input type='evdev'>\n  <source dev='/dev/input/by-id/a-event-kbd' grab='all' "
		  "repeat='on'/>\n</input></devices>"
		  "<qemu:commandline><qemu:arg value='-snapshot'/></qemu:commandline></domain>" },
		/* what was turned off by hand stays off */
		{ DOMAIN_START "<features><hyperv><relaxed state='off'/></hyperv></features>"
			       "</domain>",
		  DOMAIN_START "<features><hyperv><relaxed state='off'/></hyperv></features>"
			       "</domain>" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct fix_wish wish = { 0 };
		autoptr(fixed) fixed = fix(cases[i].text, strlen(cases[i].text), &wish, NULL);

		g_assert_nonnull(fixed);
		g_assert_cmpstr(fixed->text, ==, cases[i].wanted);
	}
}

static void test_refuses(void)
{
	static const char *const cases[] = { "",
					     "<network/>",
					     "<domain>",
					     "<domain><a></b></domain>",
					     "<?xml version='1.0' encoding='latin1'?>"
					     "<domain>\xe4</domain>",
					     "<domain>\xff</domain>" };
	const struct fix_wish wish = { .schema = installed };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(fix(cases[i], strlen(cases[i]), &wish, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	installed = schema_open(SCHEMA_INSTALLED, NULL);
	g_test_add_func("/fix/leaves-the-rest", test_leaves_the_rest);
	g_test_add_func("/fix/every-mend", test_every_mend);
	g_test_add_func("/fix/cases", test_cases);
	g_test_add_func("/fix/reads-the-image", test_reads_the_image);
	g_test_add_func("/fix/machine", test_machine);
	g_test_add_func("/fix/refuses", test_refuses);
	g_test_add_func("/fix/domains", test_domains);
	g_test_add_func("/fix/libvirt", test_libvirt);
	status = g_test_run();
	schema_free(installed);
	return status;
}
