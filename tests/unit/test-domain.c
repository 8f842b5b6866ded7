/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <string.h>

#include "core/error.h"
#include "guest/domain.h"
#include "guest/names.h"
#include "plan/reason.h"

/*
 * Whole guests as golden files, and each judged by libvirt's own schema. After an intended change
 * run once with HOTSEAT_REGENERATE=1 and read the difference.
 */

struct scene {
	struct cpus cpus;
	struct card card, second_card;
	struct pcidev functions[4], second_functions[2];
	struct input keyboard, mouse;
	struct plan plan;
	struct virt_capabilities capabilities;
	struct domain_spec spec;
};

#define ALL_HYPERV                                                                                 \
	"relaxed vapic spinlocks vpindex runtime synic stimer reset vendor_id frequencies "        \
	"tlbflush ipi evmcs avic xmm_input"

/* What libvirt 9.0 lists: newer enlightenments are not in older schemas. */
#define OLD_HYPERV                                                                                 \
	"relaxed vapic spinlocks vpindex runtime synic stimer reset vendor_id frequencies "        \
	"tlbflush ipi evmcs avic"

static void offer(struct scene *scene, const char *hyperv)
{
	g_strfreev(scene->capabilities.hyperv);
	scene->capabilities.hyperv = g_strsplit(hyperv, " ", -1);
}

static void set_capabilities(struct scene *scene, const char *virt_type)
{
	gboolean kvm = g_str_equal(virt_type, "kvm");

	g_free(scene->capabilities.virt_type);
	g_free(scene->capabilities.machine);
	scene->capabilities.virt_type = g_strdup(virt_type);
	scene->capabilities.machine = g_strdup("pc-q35-10.0");
	scene->capabilities.uefi = TRUE;
	scene->capabilities.host_passthrough = kvm;
	scene->capabilities.cpu_maximum = TRUE;
	scene->capabilities.spice = TRUE;
	scene->capabilities.libvirt_version = 11003000;
	scene->capabilities.qemu_version = 10000002;
	offer(scene, ALL_HYPERV);
}

/* @cores cores of two threads, siblings numbered after all cores, one cache for each @per_l3. */
static void set_cpus(struct scene *scene, const char *vendor, guint cores, guint per_l3)
{
	scene->cpus.cpu = g_array_new(FALSE, FALSE, sizeof(struct cpu));
	scene->cpus.l3_kib = g_array_new(FALSE, FALSE, sizeof(guint64));
	scene->cpus.vendor = g_strdup(vendor);
	scene->cpus.cores = cores;
	scene->cpus.l3s = (cores + per_l3 - 1) / per_l3;
	scene->cpus.nodes = scene->cpus.kinds = 1;
	for (guint i = 0; i < cores * 2; i++) {
		struct cpu cpu = { i, i % cores, i / cores, i % cores / per_l3, 0, 0 };

		g_array_append_val(scene->cpus.cpu, cpu);
	}
	for (guint i = 0; i < scene->cpus.l3s; i++) {
		guint64 kib = 32768;

		g_array_append_val(scene->cpus.l3_kib, kib);
	}
}

static void add_card(struct scene *scene, struct card *card, struct pcidev *devices, guint count,
		     const char *slot, const char *fingerprint)
{
	card->functions = g_ptr_array_new();
	card->fingerprint = g_strdup(fingerprint);
	for (guint i = 0; i < count; i++) {
		devices[i].address = g_strdup_printf("%s.%u", slot, i);
		g_ptr_array_add(card->functions, &devices[i]);
	}
	g_ptr_array_add(scene->plan.cards, card);
}

static void add_second_card(struct scene *scene)
{
	add_card(scene, &scene->second_card, scene->second_functions, 2, "0000:41:00",
		 "1002:73bf/1da2:e438/030000/c1/03.1:00.0-00.0-00.0");
}

static struct scene *scene_new(const char *vendor, guint functions, guint vcpus)
{
	struct scene *scene = g_new0(struct scene, 1);
	g_autoptr(GPtrArray) reasons = reasons_new();

	set_cpus(scene, vendor, 8, 4);
	scene->plan.cards = g_ptr_array_new();
	add_card(scene, &scene->card, scene->functions, functions, "0000:01:00",
		 "10de:2684/1043:88e2/030000/a1/01.0:00.0");
	scene->keyboard.stable_path = g_strdup("/dev/input/by-id/usb-Cherry_G80-3000-event-kbd");
	scene->mouse.stable_path = g_strdup("/dev/input/by-id/usb-Logitech_G502-event-mouse");
	g_assert_true(
		placement_choose(&scene->cpus, vcpus, -1, &scene->plan.placement, reasons, NULL));
	scene->plan.cpus = &scene->cpus;
	scene->plan.memory_kib = 16 * 1024 * 1024;
	scene->plan.memory_node = -1;
	scene->plan.keyboard = &scene->keyboard;
	scene->plan.mouse = &scene->mouse;
	set_capabilities(scene, "kvm");
	scene->spec = (struct domain_spec){
		.plan = &scene->plan,
		.capabilities = &scene->capabilities,
		.windows = TRUE,
		.firmware = DOMAIN_FIRMWARE_UEFI,
		.disk.format = "qcow2",
		.network = "default",
	};
	return scene;
}

static void scene_free(struct scene *scene)
{
	placement_clear(&scene->plan.placement);
	g_array_unref(scene->cpus.cpu);
	g_array_unref(scene->cpus.l3_kib);
	g_free(scene->cpus.vendor);
	for (guint i = 0; i < scene->plan.cards->len; i++) {
		struct card *card = scene->plan.cards->pdata[i];

		for (guint f = 0; f < card->functions->len; f++)
			g_free(((struct pcidev *)card->functions->pdata[f])->address);
		g_ptr_array_unref(card->functions);
		g_free(card->fingerprint);
	}
	g_ptr_array_unref(scene->plan.cards);
	g_free(scene->keyboard.stable_path);
	g_free(scene->mouse.stable_path);
	g_free(scene->capabilities.virt_type);
	g_free(scene->capabilities.machine);
	g_strfreev(scene->capabilities.hyperv);
	g_strfreev(scene->spec.isos);
	g_strfreev(scene->spec.usb);
	g_free(scene);
}

static struct scene *make_windows(void)
{
	struct scene *scene = scene_new("GenuineIntel", 4, 8);

	scene->spec.name = "win11";
	scene->spec.uuid = "11111111-2222-3333-4444-555555555555";
	scene->spec.disk.path = "/var/lib/libvirt/images/win11.qcow2";
	scene->spec.isos = g_strsplit("/srv/iso/Win11 & more.iso:/srv/iso/virtio-win.iso", ":", -1);
	scene->spec.usb = g_strsplit("046d:c52b", " ", -1);
	scene->spec.screen = TRUE;
	scene->spec.os_uri = "http://microsoft.com/win/11";
	scene->spec.firmware = DOMAIN_FIRMWARE_SECURE;
	scene->spec.tpm = TRUE;
	scene->spec.sound.type = "spice";
	/* As Debian 12 has it, whose schema knows no limit for maxphysaddr yet. */
	scene->capabilities.libvirt_version = 9000000;
	scene->spec.address_bits = 39;
	return scene;
}

/* What few ask for, together: pages on a node, an old driver, SATA, Looking Glass by its module. */
static struct scene *make_rich(void)
{
	struct scene *scene = scene_new("GenuineIntel", 2, 4);

	scene->spec.name = "rich";
	scene->cpus.nodes = 2;
	scene->plan.memory_node = 1;
	scene->plan.page_kib = 1024 * 1024;
	scene->spec.disk.path = "/srv/games.img";
	scene->spec.disk.format = "raw";
	scene->spec.disk.bus = "sata";
	scene->spec.disk.buffered = TRUE;
	scene->spec.hidden = TRUE;
	scene->spec.looking_glass.mib = 128;
	scene->spec.looking_glass.kvmfr = TRUE;
	scene->spec.sound.type = "pulseaudio";
	scene->spec.sound.uid = 1000;
	scene->spec.seat = "seat0";
	scene->spec.seat_side = 2;
	scene->spec.lend.hugepages = scene->spec.lend.cpuset = TRUE;
	scene->spec.lend.display_manager = TRUE;
	scene->spec.lend.governor = (char *)(guintptr) "performance";
	return scene;
}

static struct scene *make_linux(void)
{
	struct scene *scene = scene_new("AuthenticAMD", 2, 4);

	scene->spec.name = "linux";
	scene->spec.os_uri = "http://fedoraproject.org/fedora/37";
	scene->spec.windows = FALSE;
	scene->spec.looking_glass.mib = 64;
	scene->spec.seat = "seat0";
	scene->spec.seat_side = 1;
	scene->spec.passthrough = TRUE;
	return scene;
}

/* The screen taken away, a raw block device, and a guest that spans both caches. */
static struct scene *make_amd(void)
{
	struct scene *scene = scene_new("AuthenticAMD", 2, 12);

	scene->spec.name = "amd";
	scene->spec.disk.path = "/dev/disk/by-id/nvme-Samsung_990-part4";
	scene->spec.disk.format = "raw";
	scene->spec.vendor_id = "a<b>\"c\"&d";
	return scene;
}

static struct scene *make_lab(void)
{
	struct scene *scene = scene_new("AuthenticAMD", 2, 1);

	scene->spec.name = "lab";
	set_capabilities(scene, "qemu");
	scene->plan.memory_kib = 512 * 1024;
	scene->spec.windows = FALSE;
	scene->spec.firmware = DOMAIN_FIRMWARE_BIOS;
	scene->spec.kernel = "/var/lib/hotseat-lab/vmlinuz";
	scene->spec.initrd = "/var/lib/hotseat-lab/initrd.gz";
	scene->spec.cmdline = "console=ttyS0 quiet panic=-1";
	scene->spec.network = NULL;
	return scene;
}

/* Each card below a root port of its own, and an element of metadata for each. */
static struct scene *make_two(void)
{
	struct scene *scene = scene_new("AuthenticAMD", 2, 4);

	scene->spec.name = "two";
	scene->spec.seat = "seat0";
	scene->spec.seat_side = 1;
	add_second_card(scene);
	return scene;
}

static const struct golden {
	const char *name;
	struct scene *(*make)(void);
} goldens[] = {
	{ "windows", make_windows }, { "amd", make_amd },     { "lab", make_lab },
	{ "rich", make_rich },       { "linux", make_linux }, { "two", make_two },
};

static char *golden_path(const char *name)
{
	g_autofree char *file = g_strdup_printf("domain-%s.xml", name);

	return g_test_build_filename(G_TEST_DIST, "../golden", file, NULL);
}

static void test_golden(gconstpointer data)
{
	const struct golden *golden = data;
	struct scene *scene = golden->make();
	g_autofree char *xml = domain_xml(&scene->spec);
	g_autofree char *again = domain_xml(&scene->spec);
	g_autofree char *path = golden_path(golden->name);
	g_autofree char *expected = NULL;

	g_assert_cmpstr(xml, ==, again);
	if (g_getenv("HOTSEAT_REGENERATE") != NULL)
		g_assert_true(g_file_set_contents(path, xml, -1, NULL));
	g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	g_assert_cmpstr(xml, ==, expected);
	scene_free(scene);
}

static const char *find_schema(void)
{
	static const char *const places[] = {
		"/usr/share/libvirt/schemas/domain.rng",
		"/usr/local/share/libvirt/schemas/domain.rng",
	};
	const char *named = g_getenv("HOTSEAT_DOMAIN_SCHEMA");

	if (named != NULL)
		return named;
	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		if (g_file_test(places[i], G_FILE_TEST_EXISTS))
			return places[i];
	}
	return NULL;
}

/* libvirt refuses what its schema does not know, so users must never get such a thing from us. */
static void test_schema(gconstpointer data)
{
	const struct golden *golden = data;
	const char *schema = find_schema();
	struct scene *scene;
	g_autofree char *xml = NULL;
	xmlRelaxNGParserCtxt *parser;
	xmlRelaxNGValidCtxt *judge;
	xmlRelaxNG *rules;
	xmlDoc *doc;

	if (schema == NULL) {
		g_test_skip("libvirt's schemas are not installed (libvirt0)");
		return;
	}
	scene = golden->make();
	offer(scene, OLD_HYPERV);
	xml = domain_xml(&scene->spec);
	parser = xmlRelaxNGNewParserCtxt(schema);
	rules = xmlRelaxNGParse(parser);
	g_assert_nonnull(rules);
	judge = xmlRelaxNGNewValidCtxt(rules);
	doc = xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL, XML_PARSE_NONET);
	g_assert_nonnull(doc);
	g_assert_cmpint(xmlRelaxNGValidateDoc(judge, doc), ==, 0);
	xmlFreeDoc(doc);
	xmlRelaxNGFreeValidCtxt(judge);
	xmlRelaxNGFree(rules);
	xmlRelaxNGFreeParserCtxt(parser);
	scene_free(scene);
}

/* HV-01: without vpindex, what builds on it must go too, or QEMU does not start. */
static void test_hyperv_dependencies(void)
{
	struct scene *scene = make_windows();
	g_autofree char *xml = NULL;
	g_autofree char *none = NULL;

	offer(scene, "relaxed synic stimer ipi vendor_id");
	xml = domain_xml(&scene->spec);
	g_assert_nonnull(strstr(xml, "<relaxed state=\"on\"/>"));
	g_assert_nonnull(strstr(xml, "<vendor_id state=\"on\" value=\"hotseat\"/>"));
	g_assert_null(strstr(xml, "<synic"));
	g_assert_null(strstr(xml, "<stimer"));
	g_assert_null(strstr(xml, "<ipi"));
	offer(scene, "vendor_id");
	none = domain_xml(&scene->spec);
	g_assert_null(strstr(none, "<hyperv"));
	g_assert_null(strstr(none, "hypervclock"));
	scene_free(scene);
}

/* A Linux knows KVM's own clock, keeps UTC, and gains nothing from posing as Hyper-V's guest. */
static void test_linux_is_no_windows(void)
{
	static const char *const not_there[] = { "<hyperv", "hypervclock", "kvmclock", "localtime",
						 "vendor_id" };
	struct scene *scene = make_linux();
	g_autofree char *xml = domain_xml(&scene->spec);

	for (guint i = 0; i < G_N_ELEMENTS(not_there); i++)
		g_assert_null(strstr(xml, not_there[i]));
	g_assert_nonnull(strstr(xml, "offset=\"utc\""));
	scene_free(scene);
}

/* ST-06: an older libvirt refuses the attribute, and raw images have no clusters. */
static void test_keeps_clusters(void)
{
	static const struct {
		guint libvirt_version, qemu_version;
		const char *format;
		gboolean kept;
	} cases[] = {
		{ 9000000, 7002000, "qcow2", FALSE },
		{ 11003000, 8000000, "qcow2", FALSE },
		{ 9005000, 8001000, "qcow2", TRUE },
		{ 11003000, 10000002, "raw", FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene *scene = make_windows();
		g_autofree char *xml = NULL;

		scene->capabilities.libvirt_version = cases[i].libvirt_version;
		scene->capabilities.qemu_version = cases[i].qemu_version;
		scene->spec.disk.format = cases[i].format;
		xml = domain_xml(&scene->spec);
		g_assert_cmpint(strstr(xml, "discard_no_unref=\"on\"") != NULL, ==, cases[i].kept);
		scene_free(scene);
	}
}

/* MM-08: free pages were counted on the node; of ordinary memory only the sum was. */
static void test_memory_node(void)
{
	struct scene *scene = make_rich();
	g_autofree char *strict = domain_xml(&scene->spec);
	g_autofree char *preferred = NULL;
	g_autofree char *none = NULL;

	g_assert_nonnull(strstr(strict, "<memory mode=\"strict\" nodeset=\"1\"/>"));
	scene->plan.page_kib = 4;
	preferred = domain_xml(&scene->spec);
	g_assert_nonnull(strstr(preferred, "<memory mode=\"preferred\" nodeset=\"1\"/>"));
	g_assert_null(strstr(preferred, "hugepages/"));
	g_assert_null(strstr(preferred, "<memoryBacking"));
	scene->plan.memory_node = -1;
	none = domain_xml(&scene->spec);
	g_assert_null(strstr(none, "numatune"));
	scene_free(scene);
}

/* up and the daemon do by these what the user has set. */
static void test_lend_round_trip(void)
{
	struct scene *scene = make_rich();
	g_autofree char *xml = domain_xml(&scene->spec);
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);

	g_assert_true(facts->lend.hugepages && facts->lend.cpuset);
	g_assert_true(facts->lend.display_manager);
	g_assert_cmpstr(facts->lend.governor, ==, "performance");
	g_assert_cmpuint(facts->vcpus, ==, 4);
	g_assert_cmpuint(facts->memory_kib, ==, 16 * 1024 * 1024);
	g_assert_cmpstr(facts->virt_type, ==, "kvm");
	g_assert_true(facts->uefi);
	g_assert_false(facts->tpm);
	g_assert_cmpstr(facts->inputs[0], ==, "/dev/hotseat/seat0/2-keyboard");
	g_assert_cmpstr(facts->seat, ==, "seat0");
	g_assert_cmpuint(facts->seat_side, ==, 2);
	g_assert_false(facts->passthrough);
	scene_free(scene);
}

/* The mouse as it is; the keyboard never, because lost releases of it could not be repeated. */
static void test_passthrough(void)
{
	struct scene *scene = make_linux();
	g_autofree char *xml = domain_xml(&scene->spec);
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);

	g_assert_true(facts->passthrough);
	g_assert_false(facts->windows);
	g_assert_cmpstr(facts->seat, ==, "seat0");
	g_assert_cmpstr(facts->inputs[0], ==, "/dev/hotseat/seat0/1-keyboard");
	g_assert_cmpstr(facts->inputs[1], ==, "/dev/hotseat/seat0/1-mouse");
	g_assert_null(facts->inputs[2]);
	g_assert_nonnull(strstr(xml, "<source evdev=\"/dev/hotseat/seat0/1-mouse\"/>"));
	g_assert_null(strstr(xml, "<source evdev=\"/dev/hotseat/seat0/1-keyboard\""));
	scene_free(scene);
}

/* What lost releases may be repeated depends on it, so nothing is guessed. */
static void test_knows_windows(void)
{
	struct scene *scene = make_rich();
	g_autofree char *xml = NULL;
	autoptr(domain_facts) facts = NULL;

	scene->spec.os_uri = "http://microsoft.com/win/11";
	xml = domain_xml(&scene->spec);
	facts = domain_facts_parse(xml, NULL);
	g_assert_true(facts->windows);
	scene_free(scene);
}

/* CP-03, CP-04: an odd guest is not told of SMT, so nothing about topoext either. */
static void test_odd_guest_has_no_smt(void)
{
	struct scene *scene = scene_new("AuthenticAMD", 1, 5);
	g_autofree char *xml = NULL;

	scene->spec.name = "odd";
	xml = domain_xml(&scene->spec);
	g_assert_nonnull(strstr(xml, "cores=\"5\" threads=\"1\""));
	g_assert_null(strstr(xml, "topoext"));
	g_assert_null(strstr(xml, "multifunction"));
	scene_free(scene);
}

/* What we wrote we must be able to read back; the hook decides by it. */
static void test_round_trip(void)
{
	struct scene *scene = make_windows();
	g_autofree char *xml = domain_xml(&scene->spec);
	g_autoptr(GError) error = NULL;
	autoptr(domain_facts) facts = domain_facts_parse(xml, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(facts->name, ==, "win11");
	g_assert_cmpstr(facts->uuid, ==, "11111111-2222-3333-4444-555555555555");
	g_assert_true(facts->ours);
	g_assert_false(facts->managed);
	g_assert_cmpuint(g_strv_length(facts->cards), ==, 1);
	g_assert_cmpstr(facts->cards[0], ==, scene->card.fingerprint);
	g_assert_cmpuint(g_strv_length(facts->hostdevs), ==, 4);
	g_assert_cmpstr(facts->hostdevs[3], ==, "0000:01:00.3");
	g_assert_cmpstr(facts->images[0], ==, "/var/lib/libvirt/images/win11.qcow2");
	g_assert_cmpstr(facts->images[1], ==, "/srv/iso/Win11 & more.iso");
	g_assert_cmpstr(facts->toggle, ==, "ctrl-ctrl");
	scene_free(scene);
}

/* Several cards, in their order, and where in the guest they are. */
static void test_round_trip_of_two(void)
{
	static const struct domain_place elsewhere[] = { { 1, 0 }, { 9, 0 } };
	struct scene *scene = make_two();
	g_autofree char *xml = domain_xml(&scene->spec);
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);
	autoptr(domain_facts) moved = NULL;
	g_autofree char *moved_xml = NULL;
	const struct domain_place *places;

	g_assert_cmpuint(g_strv_length(facts->cards), ==, 2);
	g_assert_cmpstr(facts->cards[0], ==, scene->card.fingerprint);
	g_assert_cmpstr(facts->cards[1], ==, scene->second_card.fingerprint);
	g_assert_cmpuint(g_strv_length(facts->hostdevs), ==, 4);
	g_assert_cmpstr(facts->hostdevs[2], ==, "0000:41:00.0");
	g_assert_cmpuint(facts->last_bus, ==, 2);
	g_assert_cmpuint(facts->places->len, ==, 2);
	places = (const void *)facts->places->data;
	g_assert_cmpuint(places[0].bus, ==, 1);
	g_assert_cmpuint(places[1].bus, ==, 2);

	/* libvirt gave the ports in between to others. */
	scene->spec.places = elsewhere;
	moved_xml = domain_xml(&scene->spec);
	moved = domain_facts_parse(moved_xml, NULL);
	places = (const void *)moved->places->data;
	g_assert_cmpuint(moved->last_bus, ==, 9);
	g_assert_cmpuint(places[1].bus, ==, 9);
	scene_free(scene);
}

static void test_stranger(void)
{
	autoptr(domain_facts) facts = domain_facts_parse(
		"<domain><name>x</name><devices>"
		"<hostdev type='usb'><source><address bus='1' device='2'/></source></hostdev>"
		"<hostdev mode='subsystem' type='pci' managed='yes'><source>"
		"<address domain='0' bus='10' slot='0x1f' function='0x7'/></source></hostdev>"
		"<input type='evdev'><source dev='/dev/input/event3' grab='all'/></input>"
		"</devices></domain>",
		NULL);

	g_assert_false(facts->ours);
	g_assert_null(facts->cards[0]);
	g_assert_true(facts->managed);
	g_assert_cmpstr(facts->hostdevs[0], ==, "0000:0a:1f.7");
	g_assert_null(facts->hostdevs[1]);
	g_assert_cmpstr(facts->toggle, ==, "ctrl-ctrl");
	g_assert_null(facts->usb[0]); /* by its address alone: who would say what that is later? */
}

/* What is chosen, and what a running guest has of it. */
static void test_usb(void)
{
	autoptr(domain_facts) facts = domain_facts_parse(
		"<domain><name>x</name><devices>"
		"<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>"
		"<vendor id='0x046D'/><product id='0xc21d'/></source></hostdev>"
		"<hostdev mode='subsystem' type='usb'><source><vendor id='1133'/><product id='7'/>"
		"<address bus='3' device='17'/></source>"
		"<address type='usb' bus='0' port='1'/></hostdev>"
		"</devices></domain>",
		NULL);

	g_assert_cmpuint(g_strv_length(facts->usb), ==, 2);
	g_assert_cmpstr(facts->usb[0], ==, "046d:c21d");
	g_assert_cmpstr(facts->usb[1], ==, "046d:0007");
	g_assert_cmpuint(g_strv_length(facts->usb_nodes), ==, 2);
	g_assert_cmpstr(facts->usb_nodes[0], ==, "");
	g_assert_cmpstr(facts->usb_nodes[1], ==, "3:17");
}

/* The dead man's switch goes by these: may nobody see the guest, and has it been heard of? */
static void test_seen(void)
{
	static const struct {
		const char *devices;
		gboolean screen, agent;
	} cases[] = {
		{ "", FALSE, FALSE },
		{ "<video><model type='none'/></video>", FALSE, FALSE },
		{ "<video><model type='vga'/></video>", TRUE, FALSE },
		{ "<channel><target name='org.qemu.guest_agent.0' state='disconnected'/></channel>",
		  FALSE, FALSE },
		{ "<channel><target name='com.redhat.spice.0' state='connected'/></channel>", FALSE,
		  FALSE },
		{ "<channel><target name='org.qemu.guest_agent.0' state='connected'/></channel>",
		  FALSE, TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *xml = g_strdup_printf(
			"<domain><name>x</name><devices>%s</devices></domain>", cases[i].devices);
		autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);

		g_assert_cmpint(facts->screen, ==, cases[i].screen);
		g_assert_cmpint(facts->agent, ==, cases[i].agent);
	}
}

/* A hostile document must be refused, not expanded, and never crash us. */
static void test_bad_documents(void)
{
	static const char *const documents[] = {
		"",
		"x",
		"<domain",
		"<network><name>x</name></network>",
		"<domain/>",
		"<!DOCTYPE d [<!ENTITY a 'x'>]><domain><name>&a;</name></domain>",
		"<!DOCTYPE d SYSTEM 'file:///etc/passwd'><domain><name>x</name></domain>",
		"<domain><name>x</name><devices><hostdev type='pci'><source>"
		"<address bus='0x100'/></source></hostdev></devices></domain>",
		"<domain><name>x</name><devices><hostdev type='pci'><source>"
		"<address bus='zz'/></source></hostdev></devices></domain>",
	};

	for (guint i = 0; i < G_N_ELEMENTS(documents); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(domain_facts_parse(documents[i], &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

/* Cut anywhere, or with any byte spoiled: an answer or an error, nothing else. */
static void test_truncated(void)
{
	struct scene *scene = make_windows();
	g_autofree char *xml = domain_xml(&scene->spec);
	gsize length = strlen(xml);

	for (gsize cut = 0; cut + strlen("</domain>\n") < length; cut++) {
		g_autofree char *text = g_strndup(xml, cut);

		g_assert_null(domain_facts_parse(text, NULL));
	}
	for (gsize at = 0; at < length; at++) {
		g_autofree char *text = g_strdup(xml);
		g_autoptr(GError) error = NULL;
		struct domain_facts *facts;

		text[at] = "<>&\"'x\xff"[at % 7];
		facts = domain_facts_parse(text, &error);
		g_assert_true((facts == NULL) == (error != NULL));
		domain_facts_free(facts);
	}
	scene_free(scene);
}

/* Names end up in file names and on command lines of other people's scripts. */
static void test_names(void)
{
	static const char *const bad[] = { "",     "a/b",    "..",   ".hidden", "-rf",  "a b",
					   "a\nb", "a\177b", "\xff", "a\\b",    "größe" };

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(guest_name_valid(bad[i]));
	g_assert_true(guest_name_valid("win11"));
	g_assert_true(guest_name_valid("Spiele-2.0_x"));
	g_assert_true(guest_usb_valid("046d:c52b", NULL));
	g_assert_false(guest_usb_valid("046d:c52", NULL));
	g_assert_false(guest_usb_valid("046d-c52b", NULL));
	g_assert_false(guest_usb_valid("046d:c5:b", NULL));
	g_assert_true(guest_vendor_id_valid("123456789abc", NULL));
	g_assert_false(guest_vendor_id_valid("123456789abcd", NULL));
	g_assert_false(guest_vendor_id_valid("a,b", NULL));
	g_assert_false(guest_vendor_id_valid("", NULL));
}

/* FW-15: beyond what the IOMMU reaches, the card's memory would be mapped to nowhere. */
static void test_address_width(void)
{
	static const struct {
		guint libvirt_version, bits;
		const char *element;
	} cases[] = {
		{ 9000000, 39, "<maxphysaddr mode=\"emulate\" bits=\"39\"/>" },
		{ 11003000, 39, "<maxphysaddr mode=\"passthrough\" limit=\"39\"/>" },
		{ 11003000, 0, NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene *scene = make_windows();
		g_autofree char *xml = NULL;

		scene->capabilities.libvirt_version = cases[i].libvirt_version;
		scene->spec.address_bits = cases[i].bits;
		xml = domain_xml(&scene->spec);
		g_assert_cmpint(strstr(xml, "maxphysaddr") != NULL, ==, cases[i].element != NULL);
		g_assert_true(cases[i].element == NULL || strstr(xml, cases[i].element) != NULL);
		scene_free(scene);
	}
}

/* What a guest wants of the host while it has its card. */
static void test_lend(void)
{
	static const char xml[] =
		"<domain><name>a</name>"
		"<metadata><h:guest xmlns:h='" DOMAIN_METADATA_URI
		"'><h:card fingerprint='f'/>"
		"<h:lend hugepages='yes' governor='performance' cpuset='yes' "
		"display-manager='stop'/></h:guest></metadata>"
		"<memory unit='GiB'>2</memory><memoryBacking><hugepages>"
		"<page size='1' unit='G'/></hugepages></memoryBacking>"
		"<numatune><memory mode='strict' nodeset='1'/></numatune>"
		"<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='6-7'/></cputune>"
		"</domain>";
	static const char plain[] =
		"<domain><name>a</name><memory>4096</memory>"
		"<memoryBacking><hugepages/></memoryBacking>"
		"<metadata><h:guest xmlns:h='" DOMAIN_METADATA_URI
		"'>"
		"<h:lend hugepages='transparent'/></h:guest></metadata></domain>";
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);
	autoptr(domain_facts) other = domain_facts_parse(plain, NULL);

	g_assert_true(facts->lend.hugepages && facts->lend.cpuset && facts->lend.display_manager);
	g_assert_false(facts->lend.transparent);
	g_assert_cmpstr(facts->lend.governor, ==, "performance");
	g_assert_cmpuint(facts->memory_kib, ==, 2 << 20);
	g_assert_cmpuint(facts->page_kib, ==, 1 << 20);
	g_assert_cmpint(facts->node, ==, 1);
	g_assert_cmpstr(facts->cpus, ==, "2,6-7");
	g_assert_true(other->lend.transparent && !other->lend.hugepages && !other->lend.cpuset);
	g_assert_cmpuint(other->memory_kib, ==, 4096);
	g_assert_cmpuint(other->page_kib, ==, 2048);
	g_assert_cmpint(other->node, ==, -1);
	g_assert_null(other->cpus);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(goldens); i++) {
		g_autofree char *golden = g_strconcat("/domain/golden/", goldens[i].name, NULL);
		g_autofree char *schema = g_strconcat("/domain/schema/", goldens[i].name, NULL);

		g_test_add_data_func(golden, &goldens[i], test_golden);
		g_test_add_data_func(schema, &goldens[i], test_schema);
	}
	g_test_add_func("/domain/hyperv-dependencies", test_hyperv_dependencies);
	g_test_add_func("/domain/odd-guest-has-no-smt", test_odd_guest_has_no_smt);
	g_test_add_func("/domain/linux-is-no-windows", test_linux_is_no_windows);
	g_test_add_func("/domain/keeps-clusters", test_keeps_clusters);
	g_test_add_func("/domain/memory-node", test_memory_node);
	g_test_add_func("/domain/lend-round-trip", test_lend_round_trip);
	g_test_add_func("/domain/passthrough", test_passthrough);
	g_test_add_func("/domain/knows-windows", test_knows_windows);
	g_test_add_func("/domain/round-trip", test_round_trip);
	g_test_add_func("/domain/round-trip-of-two", test_round_trip_of_two);
	g_test_add_func("/domain/stranger", test_stranger);
	g_test_add_func("/domain/usb", test_usb);
	g_test_add_func("/domain/seen", test_seen);
	g_test_add_func("/domain/bad-documents", test_bad_documents);
	g_test_add_func("/domain/truncated", test_truncated);
	g_test_add_func("/domain/names", test_names);
	g_test_add_func("/domain/address-width", test_address_width);
	g_test_add_func("/domain/lend", test_lend);
	return g_test_run();
}
