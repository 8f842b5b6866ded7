/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "corpus.h"
#include "rules/explain.h"

static gboolean names(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (g_str_equal(finding->rule->id, id))
			return TRUE;
	}
	return FALSE;
}

/* Of two causes in a message the narrower one is meant; these the wider one is named beside. */
static const char *const narrower[][2] = {
	{ "E009", "E008" }, { "E018", "E015" }, { "E029", "E028" }, { "E031", "E028" },
	{ "E032", "E028" }, { "E033", "E028" }, { "E035", "E034" },
};

static gboolean may_stand_beside(const char *cause, const char *other)
{
	for (gsize i = 0; i < G_N_ELEMENTS(narrower); i++) {
		if (g_str_equal(narrower[i][0], cause) && g_str_equal(narrower[i][1], other))
			return TRUE;
	}
	return FALSE;
}

/* expect_cause - this one is named, and none that the text is not about */
static void expect_cause(const GPtrArray *findings, const char *cause, const char *text)
{
	if (!names(findings, cause)) {
		g_test_message("%s is not named for: %s", cause, text);
		g_test_fail();
	}
	for (guint i = 0; i < findings->len; i++) {
		const char *id = ((struct finding *)g_ptr_array_index(findings, i))->rule->id;

		if (g_str_equal(id, cause) || may_stand_beside(cause, id))
			continue;
		g_test_message("%s is named beside %s for: %s", id, cause, text);
		g_test_fail();
	}
}

/* plain_part - a fragment without the marks of words */
static char *plain_part(const char *part)
{
	g_auto(GStrv) words = g_strsplit(part, "|", -1);

	return g_strjoinv("", words);
}

/* has_way - does the line have all fragments of one of the rule's ways? */
static gboolean has_way(const struct log_rule *rule, const char *line)
{
	for (const char *const *match = rule->match; *match != NULL; match++) {
		g_auto(GStrv) parts = g_strsplit(*match, " & ", -1);
		gboolean all = TRUE;

		for (guint i = 0; parts[i] != NULL; i++) {
			g_autofree char *part = plain_part(parts[i]);

			if (part[0] != '!')
				all = all && strstr(line, part) != NULL;
		}
		if (all)
			return TRUE;
	}
	return FALSE;
}

/* line_of - a line of fragments; @torn: number of the one whose last letter is another; -1: none */
static char *line_of(char *const *parts, int torn)
{
	g_autoptr(GString) line = g_string_new("something:");

	for (int i = 0; parts[i] != NULL; i++) {
		g_autofree char *part = plain_part(parts[i]);

		if (part[0] == '!')
			continue;
		g_string_append_printf(line, " %s", part);
		if (i == torn)
			line->str[line->len - 1] = '~';
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* named_or_better - this rule, or where it is vague one that knows more */
static gboolean named_or_better(const GPtrArray *findings, const struct log_rule *rule)
{
	return names(findings, rule->rule.id) || (rule->vague && findings->len > 0);
}

/* expect_nearly - lines that trip a rule, and lines that do so but for one letter */
static guint expect_nearly(const struct log_rule *rule)
{
	guint tried = 0;

	for (const char *const *match = rule->match; *match != NULL; match++) {
		g_auto(GStrv) parts = g_strsplit(*match, " & ", -1);
		g_autofree char *whole = line_of(parts, -1);
		g_autoptr(GPtrArray) loud = explain_text(whole);

		g_assert_true(named_or_better(loud, rule));
		for (int i = 0; parts[i] != NULL; i++) {
			g_autofree char *line = line_of(parts, i);
			g_autoptr(GPtrArray) quiet = explain_text(line);

			/* a shorter way of the same rule may be in it still */
			if (parts[i][0] == '!' || has_way(rule, line))
				continue;
			tried++;
			if (names(quiet, rule->rule.id))
				g_error("%s is named for: %s", rule->rule.id, line);
		}
	}
	return tried;
}

/* What logs, web pages and other versions do to a message; each returns a new text. */

static char *in_capitals(const char *text)
{
	return g_ascii_strup(text, -1);
}

static char *in_a_journal(const char *text)
{
	return g_strdup_printf(
		"Jan 01 10:00:00 desk libvirtd[1234]: 2026-01-01 "
		"09:00:00.123+0000: 1240: error : somewhere:99 : %s\n",
		text);
}

static char *in_a_ring(const char *text)
{
	return g_strdup_printf("quiet before\n[ 12345.678901] %s\r\n[ 12345.700000] quiet after\n",
			       text);
}

static char *in_a_post(const char *text)
{
	return g_strdup_printf(
		"Hi all, since the update my VM does not start any more:\n"
		"> %s\nAny ideas? Card is an RX 580, distribution is Arch.\n",
		text);
}

/* Another card, in another slot. */
static char *of_another_card(const char *text)
{
	g_autoptr(GString) other = g_string_new(text);

	g_string_replace(other, "0000:01:00.", "0000:4b:00.", 0);
	g_string_replace(other, "0000:0b:00.", "0000:c3:00.", 0);
	g_string_replace(other, "group 1 ", "group 117 ", 0);
	g_string_replace(other, "win10", "gaming-vm", 0);
	return g_string_free(g_steal_pointer(&other), FALSE);
}

/* A page's quotes. */
static char *with_fine_quotes(const char *text)
{
	g_autoptr(GString) other = g_string_new(text);

	g_string_replace(other, "\"", "\xe2\x80\x9c", 0);
	return g_string_free(g_steal_pointer(&other), FALSE);
}

/* replaced - the text with each of these pairs, up to NULL */
static char *replaced(const char *text, const char *const *pairs)
{
	g_autoptr(GString) other = g_string_new(text);

	for (; *pairs != NULL; pairs += 2)
		g_string_replace(other, pairs[0], pairs[1], 0);
	return g_string_free(g_steal_pointer(&other), FALSE);
}

/* wrapped - at most this many columns; in the middle of words as a terminal does, or not */
static char *wrapped(const char *text, gsize columns, gboolean inside_words, const char *quote)
{
	g_autoptr(GString) all = g_string_new(quote);

	while (strlen(text) > columns) {
		const char *end = text + columns;

		while (!inside_words && end > text && *end != ' ')
			end--;
		if (end == text)
			end = text + strcspn(text, " ");
		g_string_append_len(all, text, end - text);
		g_string_append_printf(all, "\n%s", quote);
		text = end + (!inside_words && *end == ' ');
	}
	g_string_append(all, text);
	return g_string_free(g_steal_pointer(&all), FALSE);
}

static char *wrapped_60(const char *text)
{
	return wrapped(text, 60, FALSE, "");
}

static char *wrapped_72(const char *text)
{
	g_autofree char *post = g_strdup_printf(
		"Hello everybody, since last week I have this when I start it: %s Any ideas?",
		text);

	return wrapped(post, 72, FALSE, "");
}

static char *wrapped_in_a_mail(const char *text)
{
	return wrapped(text, 64, FALSE, "> ");
}

static char *wrapped_by_a_terminal(const char *text)
{
	g_autofree char *line =
		g_strdup_printf("2026-03-04T05:06:07.890123Z qemu-system-x86_64: %s", text);

	return wrapped(line, 80, TRUE, "");
}

static char *of_another_machine(const char *text)
{
	static const char *const pairs[] = { "0000:", "0001:",  "01:00", "c1:00",
					     "-pci0", "-pci9",  "0x...", "0xd0000000",
					     "(PID)", "(4711)", NULL };

	return replaced(text, pairs);
}

static char *without_a_domain(const char *text)
{
	static const char *const pairs[] = { "0000:01:", "01:", "0000:0b:", "0b:", NULL };

	return replaced(text, pairs);
}

static char *in_a_page(const char *text)
{
	static const char *const pairs[] = { "&",  "&amp;",  "<", "&lt;",  ">", "&gt;",
					     "\"", "&quot;", "'", "&#39;", NULL };
	g_autofree char *escaped = replaced(text, pairs);

	return g_strdup_printf("<p>I get:</p><pre><code>%s</code></pre>", escaped);
}

static char *in_finest_quotes(const char *text)
{
	static const char *const pairs[] = { "'",
					     "\xe2\x80\x99",
					     " \"",
					     " \xe2\x80\x9c",
					     "\"",
					     "\xe2\x80\x9d",
					     " = -1",
					     " = \xe2\x88\x92"
					     "1",
					     NULL };

	return replaced(text, pairs);
}

static char *coloured(const char *text)
{
	static const char *const pairs[] = { " is ", " \x1b[1;31mis\x1b[0m ", ": ", ":\x1b[0m ",
					     NULL };
	g_autofree char *inner = replaced(text, pairs);

	return g_strdup_printf("\x1b[31m[ERROR]\x1b[m %s\x1b[0m", inner);
}

static char *in_json(const char *text)
{
	static const char *const pairs[] = { "\"", "\\\"", NULL };
	g_autofree char *escaped = replaced(text, pairs);

	return g_strdup_printf(
		"{\"log\":\"time=\\\"2026-01-01T00:00:00Z\\\" level=error "
		"msg=\\\"%s\\\"\\n\",\"stream\":\"stderr\"}",
		escaped);
}

static char *in_a_traceback(const char *text)
{
	return g_strdup_printf(
		"Error starting domain: %s\n\nTraceback (most recent call last):\n"
		"  File \"/usr/share/virt-manager/virtManager/asyncjob.py\", line 72, "
		"in cb_wrapper\n    callback(asyncjob, *args, **kwargs)\n",
		text);
}

static char *in_markdown(const char *text)
{
	return g_strdup_printf("When I start it I get `%s` and **nothing** else.", text);
}

static char *in_columns(const char *text)
{
	static const char *const pairs[] = { " ", "  ", NULL };

	return replaced(text, pairs);
}

static char *with_hard_spaces(const char *text)
{
	static const char *const pairs[] = { " ", "\xc2\xa0", NULL };

	return replaced(text, pairs);
}

static const struct form {
	const char *name;
	char *(*make)(const char *text);
} forms[] = {
	{ "as it is", g_strdup },
	{ "capitals", in_capitals },
	{ "a journal", in_a_journal },
	{ "the kernel's ring", in_a_ring },
	{ "a post", in_a_post },
	{ "another card", of_another_card },
	{ "another machine", of_another_machine },
	{ "no domain", without_a_domain },
	{ "fine quotes", with_fine_quotes },
	{ "the finest quotes", in_finest_quotes },
	{ "60 columns", wrapped_60 },
	{ "72 columns", wrapped_72 },
	{ "a mail", wrapped_in_a_mail },
	{ "a terminal", wrapped_by_a_terminal },
	{ "a page", in_a_page },
	{ "colours", coloured },
	{ "JSON", in_json },
	{ "a traceback", in_a_traceback },
	{ "Markdown", in_markdown },
	{ "columns", in_columns },
	{ "hard spaces", with_hard_spaces },
};

/*
 * Every message that users of VFIO meet has its cause named, and no other, in whatever form it
 * comes.
 */
static void test_errors(void)
{
	g_autofree char *text = corpus_read("logs/errors.tsv");
	g_auto(GStrv) rows = NULL;

	if (text == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	rows = g_strsplit(text, "\n", -1);
	for (guint i = 1; rows[i] != NULL && rows[i][0] != '\0'; i++) {
		g_auto(GStrv) cells = g_strsplit(rows[i], "\t", -1);

		for (gsize k = 0; k < G_N_ELEMENTS(forms); k++) {
			g_autofree char *form = forms[k].make(cells[2]);
			g_autoptr(GPtrArray) findings = explain_text(form);

			expect_cause(findings, cells[0], form);
		}
	}
}

/* expect_forms - a rule speaks of its own fragments, however they came */
static void expect_forms(const struct log_rule *rule)
{
	for (const char *const *match = rule->match; *match != NULL; match++) {
		g_auto(GStrv) parts = g_strsplit(*match, " & ", -1);
		g_autofree char *line = line_of(parts, -1);

		for (gsize k = 0; k < G_N_ELEMENTS(forms); k++) {
			g_autofree char *form = forms[k].make(line);
			g_autoptr(GPtrArray) findings = explain_text(form);

			if (named_or_better(findings, rule))
				continue;
			g_test_message("%s is not named in %s: %s", rule->rule.id, forms[k].name,
				       form);
			g_test_fail();
		}
	}
}

static void test_forms(void)
{
	for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++)
			expect_forms(&log_rule_tables[i]->rules[k]);
	}
}

/*
 * For each rule what trips it, and what nearly does: its own fragments, and those with one letter
 * wrong.
 */
static void test_nearly(void)
{
	guint tried = 0;

	for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++) {
			const struct log_rule *rule = &log_rule_tables[i]->rules[k];

			tried += expect_nearly(rule);
		}
	}
	g_test_message("%u lines that nearly say something", tried);
	g_assert_cmpuint(tried, >, 200);
}

/*
 * Messages as programs say them, other versions too, and as people do: the named rule comes first.
 */
static void test_messages(void)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{ "qemu-system-x86_64: -device vfio-pci,host=0a:00.0: vfio 0000:0a:00.0: group 14 "
		  "is not viable",
		  "E003" },
		{ "since the update: iommu group 22 not viable, please help", "E003" },
		{ "qemu: vfio_container_dma_map(0x1, 0x0, 0x80000000, 0x2) = -12 (Cannot allocate "
		  "memory)",
		  "E007" },
		{ "VFIO_MAP_DMA failed: Cannot allocate memory", "E007" },
		{ "kvm: vfio_dma_map(0x5581, 0x381000000000, 0x4000000, 0x7f55) = -22 (Invalid "
		  "argument)",
		  "DMA-22" },
		{ "qemu-kvm: warning: IOMMU_IOAS_MAP failed: Bad address, PCI BAR?", "DMA-14" },
		{ "[  12.3] vfio-pci 0000:0a:00.0: BAR 1: can't reserve [mem "
		  "0xe0000000-0xefffffff]",
		  "E002" },
		{ "vfio-pci 0000:0a:00.0: BAR 3: cannot reserve [mem 0xf0000000-0xf1ffffff 64bit "
		  "pref]",
		  "E002" },
		{ "vfio_region_write(0000:0a:00.0:region1+0x1234, 0xff,8) failed: Device or "
		  "resource busy",
		  "E002" },
		{ "error: Hyper-V synthetic timers (hv-stimer) requires Hyper-V synthetic "
		  "interrupt controller (hv-synic)",
		  "HYPERV" },
		{ "UNSUPPORTED CONFIGURATION: Emulator does not support machine type "
		  "'pc-i440fx-bionic'",
		  "MACHINE" },
		{ "==> ERROR: module not found: 'vfio_virqfd'", "VIRQFD" },
		{ "vfio 0000:0a:00.0: failed to open /dev/vfio/14: No such file or directory",
		  "VFIO-NODE" },
		{ "vfio 0000:0a:00.0: failed to open /dev/vfio/14: Device or resource busy",
		  "VFIO-BUSY" },
		{ "vfio 0000:0a:00.0: failed to open /dev/vfio/14: Permission denied",
		  "VFIO-DENIED" },
		{ "failed to open /dev/vfio/vfio: No such file or directory", "VFIO-CONTAINER" },
		{ "[    4.2] vfio-pci: probe of 0000:0a:00.0 failed with error -22", "E049" },
		{ "AMD-Vi: Unknown option - 'on'", "AMD-IOMMU" },
		{ "vfio-pci 0000:0a:00.0: Firmware has requested this device have a 1:1 IOMMU "
		  "mapping, rejecting configuring the device without a 1:1 mapping. Contact your "
		  "platform vendor.",
		  "E052" },
		{ "Unknown kernel command line parameters \"BOOT_IMAGE=/vmlinuz "
		  "vfio_pci.idz=10de:1b80\", will be passed to user space.",
		  "KERNEL-WORD" },
		{ "vfio-pci 0000:0a:00.0: Unable to change power state from D3cold to D0, device "
		  "inaccessible",
		  "E017" },
		{ "vfio-pci 0000:0a:00.0: not ready 2047ms after bus reset; waiting", "E015" },
		{ "qemu: ../hw/pci/pci.c:1815: pci_irq_handler: Assertion `0 <= irq_num && irq_num "
		  "< PCI_NUM_PINS' failed.",
		  "E014" },
		{ "0a:00.0 VGA compatible controller: Example Corporation Card (rev ff) (prog-if "
		  "ff)",
		  "BUS-LOST" },
		{ "genirq: Flags mismatch irq 17. 00000000 (vfio-intx(0000:0a:00.0)) vs. 00000080 "
		  "(xhci_hcd)",
		  "INTX" },
		{ "rmmod: ERROR: Module nvidia_uvm is in use", "E064" },
		{ "modprobe: FATAL: Module snd_hda_intel is in use.", "MODULE-BUSY" },
		{ "modprobe: FATAL: Module drm is builtin.", "MODULE-BUILTIN" },
		{ "sh: 7: /sys/class/vtconsole/vtcon1/bind: No such file or directory", "VTCON" },
		{ "bash: /sys/bus/platform/drivers/efi-framebuffer/unbind: No such file or "
		  "directory",
		  "E067" },
		{ "error: Requested operation is not valid: network 'lan' is not active",
		  "NETWORK" },
		{ "error: Cannot get interface MTU on 'br7': No such device", "BRIDGE" },
		{ "error: Cannot recv data: Connection reset by peer", "DAEMON-GONE" },
		{ "warning : virHookCheck:187 : Non-executable hook script /etc/libvirt/hooks/qemu",
		  "HOOK-MODE" },
		{ "Timed out during operation: cannot acquire state change lock (held by "
		  "monitor=remoteDispatchDomainCreate)",
		  "STATE-LOCK" },
		{ "error: Cannot access storage file '/home/me/w.qcow2' (as uid:107, gid:107): "
		  "Permission denied",
		  "DISK-ACCESS" },
		{ "error: Cannot access storage file '/srv/gone.iso': No such file or directory",
		  "DISK-GONE" },
		{ "Failed to get \"write\" lock\nIs another process using the image "
		  "[/srv/w.qcow2]?",
		  "DISK-LOCK" },
		{ "apparmor=\"DENIED\" operation=\"open\" profile=\"libvirt-1234\" "
		  "name=\"/mnt/games/w.img\" comm=\"qemu-system-x86\"",
		  "APPARMOR" },
		{ "avc:  denied  { read write } for  pid=9 comm=\"qemu-system-x86\" "
		  "scontext=system_u:system_r:svirt_t:s0",
		  "SELINUX" },
		{ "qemu-system-x86_64: os_mem_prealloc: Insufficient free host memory pages "
		  "available to allocate guest RAM",
		  "E034" },
		{ "can't open backing store /dev/kvmfr0 for guest RAM: Permission denied",
		  "KVMFR" },
		{ "Out of memory: Killed process 99 (qemu-system-x86) total-vm:1kB", "OOM" },
		{ "error: cannot set CPU affinity on process 77: Invalid argument", "PINNING" },
		{ "Unable to write to "
		  "'/sys/fs/cgroup/machine.slice/x.scope/libvirt/vcpu3/cpuset.cpus': Permission "
		  "denied",
		  "PINNING" },
		{ "the CPU is incompatible with host CPU: Host CPU does not provide required "
		  "features: vmx",
		  "CPU-FEATURE" },
		{ "operation failed: unable to find any master var store for loader: "
		  "/opt/ovmf/CODE.fd",
		  "NVRAM-TEMPLATE" },
		{ "cfi.pflash01: device requires 3653632 bytes, block backend provides 540672 "
		  "bytes",
		  "NVRAM-SIZE" },
		{ "internal snapshots of a VM with pflash based firmware are not supported",
		  "NVRAM-FORMAT" },
		{ "Requested operation is not valid: cannot migrate a domain with <hostdev "
		  "mode='subsystem' type='pci'>",
		  "SNAPSHOT" },
		{ "State blocked by non-migratable device '0000:00:06.0/vfio'", "SNAPSHOT" },
		{ "PCI: slot 3 function 0 not available for vfio-pci, in use by "
		  "virtio-net-pci,id=net0",
		  "SLOT" },
		{ "PCI: slot 0 function 0 not available for pcie-root-port, in use by "
		  "ivshmem-plain",
		  "IVSHMEM" },
		{ "PCI: 5.0 indicates single function, but 5.1 is already populated.",
		  "MULTIFUNCTION" },
		{ "unsupported configuration: Spice audio is not supported without spice graphics",
		  "SPICE" },
		{ "XML error: (domain_definition):90: Opening and ending tag mismatch: devices "
		  "line 31 and domain",
		  "XML-FORM" },
		{ "namespace error : Namespace prefix qemu on arg is not defined", "XML-PREFIX" },
		{ "Could not open '/dev/input/by-id/usb-Some-event-kbd': Permission denied",
		  "E039" },
		{ "Could not open '/dev/input/event7': Operation not permitted", "E040" },
		{ "/dev/input/event7: EVIOCGRAB failed: Device or resource busy", "EVDEV-GRAB" },
		{ "operation failed: swtpm died and reported: libvirt:  error : cannot execute "
		  "binary /usr/bin/swtpm: Permission denied",
		  "TPM-EXEC" },
		{ "tpm-emulator: TPM result for CMD_INIT: 0x101 operation failed", "TPM-STATE" },
		{ "internal error: virtiofsd died unexpectedly", "VIRTIOFSD" },
		{ "audio: Could not init `pa' audio driver", "PULSE" },
		{ "qemu-system-x86_64: Failed to initialize PW context", "PIPEWIRE" },
		{ "Device Manager says: This device cannot start. (Code 10)", "CODE-10" },
		{ "my card has error 43 in the device manager", "E028" },
		{ "there is code 12 on the GPU", "E089" },
		{ "Stop code: INACCESSIBLE BOOT DEVICE", "BOOT-DEVICE" },
		{ "BdsDxe: failed to load Boot0002 \"x\" from y: Access Denied", "SECURE-REFUSED" },
		{ "[E] app.c:1 | app_main | Failed to find the IVSHMEM device", "LG-DEVICE" },
		{ "Open failed for /dev/i2c-4: errno=EACCES(13): Permission denied", "I2C-ACCESS" },
		{ "INFO: task libvirtd:812 blocked for more than 120 seconds.", "HUNG-TASK" },
		{ "x86/split lock detection: #AC: CPU 2/KVM/811 took a split_lock trap at address: "
		  "0x1",
		  "SPLIT-LOCK" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) findings = explain_text(cases[i].text);
		const struct finding *first = findings->len > 0 ? findings->pdata[0] : NULL;

		if (first != NULL && g_str_equal(first->rule->id, cases[i].id))
			continue;
		g_test_message("%s comes first, not %s, for: %s",
			       first != NULL ? first->rule->id : "nothing", cases[i].id,
			       cases[i].text);
		g_test_fail();
	}
}

static void test_ordinary(void)
{
	static const char *const lines =
		"[    0.000000] Linux version 6.12.107-amd64\n"
		"[    0.1] DMAR: IOMMU enabled\n"
		"[    1.0] vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)\n"
		"[    1.1] VFIO - User Level meta-driver version: 0.3\n"
		"[    2.0] pci 0000:01:00.0: BAR 0: assigned [mem 0xe0000000-0xefffffff 64bit "
		"pref]\n"
		"[    3.0] kvm: Nested Virtualization enabled\n"
		"systemd[1]: Started libvirtd.service - libvirt legacy monolithic daemon.\n"
		"[    4.0] nvidia 0000:01:00.0: vgaarb: VGA decodes changed\n"
		"[    5.0] amdgpu 0000:03:00.0: amdgpu: reserve 0xa00000 from 0x81fe000000 for PSP "
		"TMR\n"
		"[    6.0] usb 1-2: reset high-speed USB device number 4 using xhci_hcd\n"
		"[    7.0] pci 0000:00:1c.0: bridge window [io  size 0x1000]: can't assign; no "
		"space\n"
		"[    8.0] pci 0000:02:00.0: BAR 13: no space for [io  size 0x1000]\n"
		"[    9.0] xhci_hcd 0000:3b:00.0: Unable to change power state from D3cold to D0, "
		"device inaccessible\n"
		"[   10.0] vfio-pci 0000:01:00.0: vfio_ecap_init: hiding ecap 0x19@0x900\n"
		"[   11.0] vfio-pci 0000:03:00.0: AMD_NAVI10: performing pre-reset\n"
		"[   12.0] vfio-pci 0000:03:00.0: AMD_NAVI10: reset result = 0\n"
		"[   13.0] Kernel command line: quiet vfio_iommu_type1.allow_unsafe_interrupts=1\n"
		"[   14.0] Modules linked in: vfio_pci vfio_virqfd vfio_iommu_type1 vfio nvidia\n"
		"[   15.0] ccp 0000:06:00.1: psp enabled\n"
		"[   16.0] kvm: kvm [488]: vcpu0, guest rIP: 0xffffffff81000068 Unhandled "
		"WRMSR(0xc0010007) = 0xffff\n"
		"start-stop-daemon: unable to stat /usr/libexec/polkitd (No such file or "
		"directory)\n"
		"lvm2-activation-generator failed with error code 127.\n"
		"Window manager warning: keysym 39 with keysym 39 (keycode 12).\n"
		"systemd-modules-load[240]: Module 'sg' is builtin\n"
		"(EE) xf86OpenSerial: Cannot open device /dev/input/event5 Permission denied\n"
		"error: XDG_RUNTIME_DIR not set in the environment.\n"
		"libvirtd[9]: operation failed: pool 'default' already exists with uuid 1234\n"
		"2026-01-01 01:02:03.4+0000: starting up libvirt version: 11.3.0\n"
		"char device redirected to /dev/pts/0 (label charserial0)\n"
		"qemu-system-x86_64: terminating on signal 15 from pid 8 (/usr/bin/virtqemud)\n";
	g_autoptr(GPtrArray) findings = explain_text(lines);

	for (guint i = 0; i < findings->len; i++)
		g_test_message("%s", ((struct finding *)g_ptr_array_index(findings, i))->rule->id);
	g_assert_cmpuint(findings->len, ==, 0);
}

/* Two wordings of one cause in a line are one line. */
static void test_count(void)
{
	g_autoptr(GPtrArray) findings =
		explain_text("Unknown PCI header type '127'\nunknown pci header type '127'\n");

	g_assert_cmpuint(findings->len, ==, 1);
	g_assert_true(
		g_str_has_suffix(((struct finding *)findings->pdata[0])->evidence, "(and 1 more)"));
}

/* However the text is cut into parts, and however long a line is, the answer is the same. */
static void test_parts(void)
{
	static const char text[] = "first\nvfio: group 3 IS NOT viable\nlast, and no end";

	for (gsize part = 1; part < sizeof(text); part++) {
		autoptr(explainer) explainer = explainer_new();
		g_autoptr(GPtrArray) findings = NULL;

		for (gsize at = 0; at < sizeof(text) - 1; at += part)
			explainer_feed(explainer, text + at, MIN(part, sizeof(text) - 1 - at));
		findings = explainer_finish(explainer);
		g_assert_cmpuint(findings->len, ==, 1);
		g_assert_cmpuint(((struct finding *)findings->pdata[0])->line, ==, 2);
	}
}

static void test_long_line(void)
{
	autoptr(explainer) explainer = explainer_new();
	g_autofree char *part = g_strnfill(1 << 16, 'x');
	g_autoptr(GPtrArray) findings = NULL;

	for (guint i = 0; i < 256; i++)
		explainer_feed(explainer, part, 1 << 16);
	explainer_feed(explainer, "\nis not an evdev device\n", 24);
	findings = explainer_finish(explainer);
	g_assert_cmpuint(findings->len, ==, 1);
	g_assert_cmpuint(((struct finding *)findings->pdata[0])->line, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/explain/errors", test_errors);
	g_test_add_func("/explain/forms", test_forms);
	g_test_add_func("/explain/nearly", test_nearly);
	g_test_add_func("/explain/messages", test_messages);
	g_test_add_func("/explain/ordinary", test_ordinary);
	g_test_add_func("/explain/count", test_count);
	g_test_add_func("/explain/parts", test_parts);
	g_test_add_func("/explain/long-line", test_long_line);
	return g_test_run();
}
