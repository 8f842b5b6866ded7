/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/mend.h"
#include "machine/cpulist.h"

/* Processors, Hyper-V, clocks, memory and what holds them together. */

static const struct element *first(struct mending *mending, const char *path)
{
	return document_first(mending->document, NULL, path);
}

static guint number(struct mending *mending, const char *path, guint otherwise)
{
	const char *text = document_text(mending->document, NULL, path);
	guint64 value;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, 4096, &value, NULL))
		return otherwise;
	return (guint)value;
}

/* A model and its vendor are of no use beside the host's own processor. */
static gboolean pass_processor(struct mending *mending)
{
	g_autoptr(GPtrArray) models =
		document_find(mending->document, NULL, "cpu/model | cpu/vendor");

	/* libvirt refuses it for emulated processors */
	if (first(mending, "self::domain[@type='kvm']") == NULL)
		return FALSE;
	edit_set(mending->edit, mending->element, "mode", "host-passthrough");
	edit_set(mending->edit, mending->element, "match", NULL);
	edit_set(mending->edit, mending->element, "check", "none");
	edit_set(mending->edit, mending->element, "migratable", "off");
	for (guint i = 0; i < models->len; i++)
		edit_remove(mending->edit, g_ptr_array_index(models, i));
	return TRUE;
}

static gboolean make_processor(struct mending *mending)
{
	if (first(mending, "cpu") != NULL)
		return pass_processor(mending);
	if (first(mending, "self::domain[@type='kvm']") == NULL)
		return FALSE;
	edit_append(mending->edit, document_domain(mending->document),
		    "<cpu mode='host-passthrough' check='none' migratable='off'/>");
	return TRUE;
}

static void set_number(struct mending *mending, const struct element *element, const char *name,
		       guint value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	edit_set(mending->edit, element, name, text);
}

/* As many processors as before, in one socket. */
static gboolean one_socket(struct mending *mending)
{
	const struct element *topology = first(mending, "cpu/topology");
	guint vcpus = number(mending, "vcpu", 0);
	guint threads = number(mending, "cpu/topology/@threads", 1);
	g_autofree char *xml = NULL;

	if (vcpus == 0 || vcpus % threads != 0)
		return FALSE;
	if (topology != NULL) {
		edit_set(mending->edit, topology, "sockets", "1");
		if (element_attribute(mending->document, topology, "dies") != NULL)
			edit_set(mending->edit, topology, "dies", "1");
		if (element_attribute(mending->document, topology, "clusters") != NULL)
			edit_set(mending->edit, topology, "clusters", "1");
		set_number(mending, topology, "cores", vcpus / threads);
		return TRUE;
	}
	/* without a <cpu> the default one is meant, which only a mode would change */
	if (first(mending, "cpu") == NULL)
		return FALSE;
	xml = g_strdup_printf("<topology sockets='1' dies='1' cores='%u' threads='1'/>", vcpus);
	edit_put(mending->edit, "cpu", xml);
	return TRUE;
}

/* Nothing pins them to siblings, so they are cores as good as any. */
static gboolean no_siblings(struct mending *mending)
{
	guint threads = number(mending, "cpu/topology/@threads", 1);
	guint cores = number(mending, "cpu/topology/@cores", 1);

	edit_set(mending->edit, mending->element, "threads", "1");
	set_number(mending, mending->element, "cores", cores * threads);
	return TRUE;
}

/* The processors that no vCPU is pinned to are QEMU's own. */
static gboolean pin_emulator(struct mending *mending)
{
	g_autoptr(GPtrArray) pins = document_find(mending->document, NULL, "cputune/vcpupin");
	const struct machine *machine = mending->wish->machine;
	g_autoptr(GArray) rest = g_array_new(FALSE, FALSE, sizeof(guint));
	const struct element *emulator = first(mending, "cputune/emulatorpin");
	g_autofree char *set = NULL, *xml = NULL;

	if (machine == NULL || machine->cpus == NULL)
		return FALSE;
	for (guint i = 0; i < machine->cpus->cpu->len; i++) {
		guint id = g_array_index(machine->cpus->cpu, struct cpu, i).id;
		gboolean taken = FALSE;

		for (guint k = 0; k < pins->len; k++) {
			const char *text = element_attribute(mending->document,
							     g_ptr_array_index(pins, k), "cpuset");
			g_autoptr(GArray) own = text != NULL ? cpulist_read(text) : NULL;

			taken = taken || own == NULL || cpulist_has(own, id);
		}
		if (!taken)
			g_array_append_val(rest, id);
	}
	if (rest->len == 0)
		return FALSE;
	set = cpus_format(rest);
	if (emulator != NULL) {
		edit_set(mending->edit, emulator, "cpuset", set);
		return TRUE;
	}
	xml = g_strdup_printf("<emulatorpin cpuset='%s'/>", set);
	edit_put(mending->edit, "cputune", xml);
	return TRUE;
}

/* The table of HV-02: what Windows uses, in an order in which each comes after what it needs. */
static const struct {
	const char *path, *off, *xml;
} enlightenments[] = {
	{ "features/hyperv/relaxed[@state='on']", "features/hyperv/relaxed",
	  "<relaxed state='on'/>" },
	{ "features/hyperv/vapic[@state='on']", "features/hyperv/vapic", "<vapic state='on'/>" },
	{ "features/hyperv/spinlocks[@state='on']", "features/hyperv/spinlocks",
	  "<spinlocks state='on' retries='8191'/>" },
	{ "features/hyperv/vpindex[@state='on']", "features/hyperv/vpindex",
	  "<vpindex state='on'/>" },
	{ "features/hyperv/runtime[@state='on']", "features/hyperv/runtime",
	  "<runtime state='on'/>" },
	{ "features/hyperv/synic[@state='on']", "features/hyperv/synic", "<synic state='on'/>" },
	{ "features/hyperv/stimer[@state='on']", "features/hyperv/stimer", "<stimer state='on'/>" },
	{ "features/hyperv/frequencies[@state='on']", "features/hyperv/frequencies",
	  "<frequencies state='on'/>" },
	{ "features/hyperv/tlbflush[@state='on']", "features/hyperv/tlbflush",
	  "<tlbflush state='on'/>" },
	{ "features/hyperv/ipi[@state='on']", "features/hyperv/ipi", "<ipi state='on'/>" },
};

/* FALSE: it was turned off by hand, and somebody had a reason */
static gboolean turn_on_clock(struct mending *mending)
{
	if (first(mending, "clock/timer[@name='hypervclock'][@present='yes']") != NULL)
		return TRUE;
	if (first(mending, "clock/timer[@name='hypervclock']") != NULL)
		return FALSE;
	if (first(mending, "clock") != NULL)
		edit_put(mending->edit, "clock", "<timer name='hypervclock' present='yes'/>");
	else
		edit_append(mending->edit, document_domain(mending->document),
			    "<clock offset='localtime'>\n"
			    "  <timer name='hypervclock' present='yes'/>\n"
			    "</clock>");
	return TRUE;
}

static gboolean turn_on_hyperv(struct mending *mending)
{
	const struct element *hyperv = first(mending, "features/hyperv");
	g_autoptr(GString) xml = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(enlightenments); i++) {
		if (first(mending, enlightenments[i].path) != NULL)
			continue;
		if (first(mending, enlightenments[i].off) != NULL)
			return FALSE;
		g_string_append_printf(xml, "%s%s", xml->len > 0 ? "\n" : "",
				       enlightenments[i].xml);
	}
	if (xml->len > 0 && hyperv != NULL)
		edit_append(mending->edit, hyperv, xml->str);
	else if (xml->len > 0)
		edit_put(mending->edit, "features/hyperv", xml->str);
	return turn_on_clock(mending);
}

/* What a feature needs is on as well afterwards; the rest of the set is another rule's. */
static gboolean turn_on_needed(struct mending *mending)
{
	static const struct {
		const char *names, *path, *off, *xml;
	} bases[] = {
		{ " synic stimer direct tlbflush extended ipi ",
		  "features/hyperv/vpindex[@state='on']", "features/hyperv/vpindex",
		  "<vpindex state='on'/>" },
		{ " stimer direct ", "features/hyperv/synic[@state='on']", "features/hyperv/synic",
		  "<synic state='on'/>" },
		{ " evmcs ", "features/hyperv/vapic[@state='on']", "features/hyperv/vapic",
		  "<vapic state='on'/>" },
	};
	g_autofree char *name = g_strdup_printf(" %s ", element_name(mending->element));

	for (gsize i = 0; i < G_N_ELEMENTS(bases); i++) {
		const struct element *off;

		if (g_strrstr(bases[i].names, name) == NULL ||
		    first(mending, bases[i].path) != NULL)
			continue;
		off = first(mending, bases[i].off);
		if (off != NULL)
			edit_set(mending->edit, off, "state", "on");
		else
			edit_put(mending->edit, "features/hyperv", bases[i].xml);
		return TRUE;
	}
	return g_str_equal(name, " stimer ") && turn_on_clock(mending);
}

static gboolean set_policy(struct mending *mending)
{
	edit_set(mending->edit, mending->element, "track", NULL);
	edit_set(mending->edit, mending->element, "tickpolicy", "catchup");
	return TRUE;
}

static gboolean no_hpet(struct mending *mending)
{
	const struct element *timer = first(mending, "clock/timer[@name='hpet']");

	if (timer != NULL)
		edit_set(mending->edit, timer, "present", "no");
	else
		edit_append(mending->edit, mending->element, "<timer name='hpet' present='no'/>");
	return TRUE;
}

static gboolean no_vmport(struct mending *mending)
{
	const struct element *vmport = first(mending, "features/vmport");

	if (vmport != NULL)
		edit_set(mending->edit, vmport, "state", "off");
	else
		edit_put(mending->edit, "features", "<vmport state='off'/>");
	return TRUE;
}

static gboolean local_time(struct mending *mending)
{
	const struct element *clock = first(mending, "clock");

	if (clock != NULL)
		edit_set(mending->edit, clock, "offset", "localtime");
	else
		edit_append(mending->edit, document_domain(mending->document),
			    "<clock offset='localtime'/>");
	return TRUE;
}

static gboolean no_sleep(struct mending *mending)
{
	static const struct {
		const char *path, *xml;
	} kinds[] = {
		{ "pm/suspend-to-mem", "<suspend-to-mem enabled='no'/>" },
		{ "pm/suspend-to-disk", "<suspend-to-disk enabled='no'/>" },
	};
	g_autoptr(GString) xml = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const struct element *kind = first(mending, kinds[i].path);

		if (kind != NULL)
			edit_set(mending->edit, kind, "enabled", "no");
		else
			g_string_append_printf(xml, "%s%s", xml->len > 0 ? "\n" : "", kinds[i].xml);
	}
	if (xml->len > 0)
		edit_put(mending->edit, "pm", xml->str);
	return TRUE;
}

static gboolean allow_smm(struct mending *mending)
{
	edit_set(mending->edit, first(mending, "features/smm[@state='off']"), "state", "on");
	return TRUE;
}

/* The path goes, and libvirt finds firmware by what it must be able to do. */
static gboolean choose_firmware(struct mending *mending)
{
	const struct element *nvram = first(mending, "os/nvram[@template]");

	edit_set(mending->edit, first(mending, "os"), "firmware", "efi");
	edit_remove(mending->edit, mending->element);
	if (nvram != NULL)
		edit_set(mending->edit, nvram, "template", NULL);
	return TRUE;
}

/* The alias of the same kind: libvirt writes the newest version in its place. */
static gboolean newest_machine(struct mending *mending)
{
	const char *machine = element_attribute(mending->document, mending->element, "machine");

	edit_set(mending->edit, mending->element, "machine",
		 g_strrstr(machine, "q35") != NULL ? "q35" : "pc");
	return TRUE;
}

static gboolean no_balloon(struct mending *mending)
{
	const struct element *balloon = first(mending, "devices/memballoon");

	if (balloon == NULL) {
		edit_put(mending->edit, "devices", "<memballoon model='none'/>");
		return TRUE;
	}
	edit_set(mending->edit, balloon, "model", "none");
	edit_set(mending->edit, balloon, "autodeflate", NULL);
	edit_set(mending->edit, balloon, "freePageReporting", NULL);
	edit_remove_content(mending->edit, balloon);
	return TRUE;
}

static gboolean share_memory(struct mending *mending)
{
	const struct element *source = first(mending, "memoryBacking/source");
	const struct element *access = first(mending, "memoryBacking/access");

	if (access != NULL)
		edit_set(mending->edit, access, "mode", "shared");
	if (source == NULL)
		edit_put(mending->edit, "memoryBacking",
			 access == NULL ? "<source type='memfd'/>\n<access mode='shared'/>"
					: "<source type='memfd'/>");
	else if (access == NULL)
		edit_put(mending->edit, "memoryBacking", "<access mode='shared'/>");
	return TRUE;
}

#define TPM "<tpm model='tpm-crb'>\n  <backend type='emulator' version='2.0'/>\n</tpm>"

/* Other prefixes are nobody's but their author's. */
static gboolean declare_qemu(struct mending *mending)
{
	if (strstr(document_text_of(mending->document), "<qemu:commandline") == NULL)
		return FALSE;
	edit_set(mending->edit, mending->element, "xmlns:qemu",
		 "http://libvirt.org/schemas/domain/qemu/1.0");
	return TRUE;
}

static const struct mend table[] = {
	{ "DO-04", FALSE, "declared the prefix qemu, without which libvirt looks past its elements",
	  MEND_CALL, .mend = declare_qemu },
	{ "DX-02", TRUE, "gave the guest the newest machine of its kind", MEND_CALL,
	  .mend = newest_machine },
	{ "DX-03", TRUE, "let libvirt find the firmware; the guest keeps its variables", MEND_CALL,
	  .mend = choose_firmware },
	{ "DX-05", FALSE, "turned on SMM, which Secure Boot needs", MEND_CALL, .mend = allow_smm },
	{ "DX-06", TRUE, "gave the guest a TPM (needs swtpm)", MEND_PUT, "devices", TPM },
	{ "SD-23", FALSE, "let libvirt find the emulator", MEND_REMOVE },
	{ "CP-01", FALSE, "gave the guest the host's own processor", MEND_CALL,
	  .mend = make_processor },
	{ "CP-02", FALSE, "put all processors into one socket", MEND_CALL, .mend = one_socket },
	{ "CP-03", FALSE, "made cores of siblings that nothing pins to siblings", MEND_CALL,
	  .mend = no_siblings },
	{ "CP-04", FALSE, "added topoext, without which AMD guests see no siblings", MEND_PUT,
	  "cpu", "<feature policy='require' name='topoext'/>" },
	{ "CP-05", FALSE, "showed the guest the cache that it runs on", MEND_PUT, "cpu",
	  "<cache mode='passthrough'/>" },
	{ "CP-09", TRUE, "let the guest see that it is one", MEND_REMOVE },
	{ "CP-10", FALSE, "hid arch-capabilities, on which Windows can crash", MEND_PUT, "cpu",
	  "<feature policy='disable' name='arch-capabilities'/>" },
	{ "CP-11", TRUE, "turned nested virtualisation off", MEND_SET, "policy", "disable" },
	{ "CP-13", FALSE, "took evmcs out, which is Intel's", MEND_REMOVE },
	{ "PN-01", FALSE, "kept QEMU's own threads off the guest's processors", MEND_CALL,
	  .mend = pin_emulator },
	{ "PN-04", FALSE, "took the real-time priority out", MEND_REMOVE },
	{ "HV-01", FALSE, "turned on what a Hyper-V feature needs", MEND_CALL,
	  .mend = turn_on_needed },
	{ "HV-02", FALSE, "turned on Hyper-V's features", MEND_CALL, .mend = turn_on_hyperv },
	{ "HV-03", TRUE, "let KVM show itself", MEND_REMOVE },
	{ "HV-04", FALSE, "took avic out, which this host does not have", MEND_REMOVE },
	{ "HV-05", FALSE, "made Hyper-V's features chosen ones", MEND_SET, "mode", "custom" },
	{ "HV-07", FALSE, "gave spinlocks a number of retries that libvirt takes", MEND_SET,
	  "retries", "8191" },
	{ "CD-02", TRUE, "took the custom vendor id out", MEND_REMOVE },
	{ "TM-01", TRUE, "set the clock to local time", MEND_CALL, .mend = local_time },
	{ "TM-02", FALSE, "turned the HPET off", MEND_CALL, .mend = no_hpet },
	{ "TM-02#2", FALSE, "gave the rtc a policy that QEMU has", MEND_CALL, .mend = set_policy },
	{ "TM-03", FALSE, "took out a timer that has no effect", MEND_REMOVE },
	{ "TM-04", FALSE, "turned VMware's port off", MEND_CALL, .mend = no_vmport },
	{ "TM-05", FALSE, "took out what is the default", MEND_REMOVE },
	{ "TM-06", FALSE, "turned VMware's port off with its controller", MEND_CALL,
	  .mend = no_vmport },
	{ "WN-08", FALSE, "kept the guest from going to sleep", MEND_CALL, .mend = no_sleep },
	{ "MM-01", FALSE, "gave the guest all its memory from the start", MEND_REMOVE },
	{ "MM-02", FALSE, "took the balloon out", MEND_CALL, .mend = no_balloon },
	{ "MM-03", FALSE, "let libvirt compute the limit of memory", MEND_REMOVE },
	{ "MM-04", FALSE, "took the lock out: VFIO pins the memory", MEND_REMOVE },
	{ "MM-07", FALSE, "shared the memory, which virtiofs needs", MEND_CALL,
	  .mend = share_memory },
};

const struct mends mends_processor = MENDS(table);
