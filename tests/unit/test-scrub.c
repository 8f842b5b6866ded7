/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "machine/recording.h"
#include "manifest.h"

/*
 * A machine with a secret of every kind that we know, each where machines have it. Everything in it
 * is read, far more than our readers read, so that the next reader is covered too.
 */
static const char planted[] =
	"etc/passwd = root:x:0:0::/root:/bin/sh\\nalice:x:1000:1000:Alice "
	"Liddell,,,:/home/alice:/bin/bash\\nlibvirt-qemu:x:64055:1::/:/bin/false\n"
	"etc/group = kvm:x:105:alice,carol\\nlibvirt:x:106:alice\n"
	"etc/hostname = wonderland\n"
	"etc/machine-id = 0123456789abcdef0123456789abcdef\n"
	"etc/os-release = ID=debian\\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"
	"etc/default/grub = GRUB_CMDLINE_LINUX=\"root=/dev/mapper/wonderland-vg "
	"cryptdevice=/dev/sda2:rabbithole\"\n"
	"etc/libvirt/qemu/win11.xml = <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><mac "
	"address='52:54:00:6b:3c:58'/>\n"
	"home/carol/.config/x = /home/carol/y\n"
	"proc/cmdline = BOOT_IMAGE=/vmlinuz root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 "
	"resume=UUID=DEAD-BEEF ip=10.1.2.3::10.1.2.1:255.255.255.0:wonderland:eth0 intel_iommu=on "
	"vfio-pci.ids=10de:1b80,10de:10f0 cryptdevice=/dev/nvme0n1p3:rabbithole "
	"systemd.setenv=TOKEN=hunter2hunter2 mypassword=Hunter2 dyndbg=\"file secretfile.c +p\" "
	"Sup3rSecretWord quiet\n"
	"proc/sys/kernel/hostname = wonderland\n"
	"proc/sys/kernel/random/boot_id = 5d6a8e3c-9f0e-4b56-8a3b-0d2f6a1c7e99\n"
	"proc/77/comm = holder\n"
	"proc/79/comm = keepassxc\n"
	"proc/80/comm = gnome-shell\n"
	"proc/77/cmdline = /usr/lib/firefox /home/alice/diary.html\n"
	"proc/77/environ = PASSWORD=hunter2hunter2\n"
	"proc/77/fd/3 -> /home/alice/diary.txt\n"
	"proc/77/fd/4 -> /dev/dri/card0\n"
	"proc/78/fd/3 -> /home/alice/other.txt\n"
	"proc/bus/input/devices = N: Name=\"Alice's Keyboard\"\\nP: "
	"Phys=a4:c3:f0:12:34:56\\nU: Uniq=c8:2a:14:65:43:21\\nH: Handlers=event1\\n\\nN: "
	"Name=\"Logitech Receiver\"\\nU: Uniq=4069-7a-b1-c2-d3\\nH: Handlers=event2\n"
	"sys/bus/usb/devices/1-3/serial = 0B6738503133\n"
	"sys/bus/usb/devices/1-4/serial = ALLLETTERS\n"
	"sys/bus/usb/devices/1-5/serial = With Blank 77\n"
	"dev/input/event1 = node\n"
	"dev/input/by-id/usb-Corsair_K70_0B6738503133-event-kbd -> ../event1\n"
	"dev/input/by-id/usb-Maker_Mouse_ALLLETTERS-event-mouse -> ../event2\n"
	"dev/input/by-id/usb-Maker_Pad_With_Blank_77-event-joystick -> ../event3\n"
	"dev/input/by-id/usb-Unknown_Thing_X9Y8Z7-if01-event-kbd -> ../event4\n"
	"dev/disk/by-id/nvme-Samsung_SSD_970_S4EWNX0M123456 -> ../../nvme0n1\n"
	"dev/disk/by-id/wwn-0x5000c500a1b2c3d4 -> ../../sda\n"
	"dev/disk/by-uuid/0a3407de-014b-458b-b5c1-848e92a327a3 -> ../../nvme0n1p2\n"
	"sys/block/nvme0n1/wwid = eui.0025388b71b0c1d2\n"
	"sys/block/sda/device/wwid = naa.5000c500a1b2c3d4\n"
	"sys/class/net/eth0/address = a8:a1:59:11:22:33\n"
	"sys/class/dmi/id/board_serial = M80-B8012345\n"
	"sys/class/dmi/id/product_serial = Default string\n"
	"sys/class/dmi/id/product_uuid = 03000200-0400-0500-0006-000700080009\n"
	"sys/class/dmi/id/board_name = B550 AORUS PRO\n"
	"sys/class/hid/name = Logitech Receiver of Alice\n"
	"sys/firmware/dmi/tables/DMI hex 4d 38 30 2d 42 38 30 31 32 33 34 35 00 00\n"
	"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c hex 06 00 00 00 "
	"01\n"
	"var/lib/wonderland.log = on wonderland.example.org, M80-B8012345\n";

static const char *const secrets[] = {
	"alice",          "liddell",          "carol",
	"wonderland",     "0123456789abcdef", "rabbithole",
	"c7a5fdbd",       "6b:3c:58",         "0a3407de",
	"dead-beef",      "10.1.2.3",         "hunter2",
	"secretfile",     "sup3rsecret",      "5d6a8e3c",
	"diary",          "a4:c3:f0",         "c8:2a:14",
	"4069-7a",        "0b6738503133",     "allletters",
	"with blank",     "with_blank",       "x9y8z7",
	"s4ewnx0m",       "5000c500a1b2c3d4", "0025388b71b0",
	"a8:a1:59",       "m80-b80",          "03000200",
	"4d 38 30 2d 42", "blank_77",         "other.txt",
	"keepassxc",
};

static const char *const kept[] = {
	"intel_iommu=on",
	"vfio-pci.ids=10de:1b80,10de:10f0",
	"quiet",
	"usb-Corsair_K70_",
	"-event-kbd -> ../event1",
	"fd/4 -> /dev/dri/card0",
	"B550 AORUS PRO",
	"Logitech Receiver",
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c hex 06 00 00 00 01",
	"ID=debian",
	"Debian GNU/Linux 12",
	"libvirt:x:106:",
	"proc/80/comm = gnome-shell",
	"proc/77/comm = holder",
};

static void read_all(const struct root *root, const char *folder)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		g_autofree char *link = root_read_link_target(root, NULL, "%s", path);
		g_autoptr(GBytes) bytes =
			link != NULL ? NULL : root_read_bytes(root, 8192, NULL, "%s", path);

		if (bytes == NULL && link == NULL)
			read_all(root, path);
	}
}

/* record_all - everything in the machine, read and written as a recording */
static char *record_all(struct manifest *machine)
{
	autoptr(tree) trace = tree_new();
	autoptr(root) traced = root_open(machine->folder, NULL);

	root_trace(traced, trace);
	read_all(traced, "");
	return recording_write(machine->root, trace);
}

static void test_planted_secrets(void)
{
	autoptr(manifest) machine = manifest_build(planted);
	g_autofree char *text = record_all(machine);
	g_autofree char *lower = g_ascii_strdown(text, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
		if (strstr(lower, secrets[i]) != NULL)
			g_error("\"%s\" survived in:\n%s", secrets[i], text);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		if (strstr(text, kept[i]) == NULL)
			g_error("\"%s\" was lost in:\n%s", kept[i], text);
	}
}

/* A stand-in is the same in a file's content and in a link's name, or they would not fit. */
static void test_stand_ins_agree(void)
{
	autoptr(manifest) machine = manifest_build(
		"sys/bus/usb/devices/1-3/serial = 0B6738503133\n"
		"dev/input/by-id/usb-Corsair_K70_0B6738503133-event-kbd -> ../event1\n"
		"proc/bus/input/devices = U: Uniq=0B6738503133\n");
	g_autofree char *text = record_all(machine);

	g_assert_nonnull(strstr(text, "serial = serial-1\n"));
	g_assert_nonnull(strstr(text, "usb-Corsair_K70_serial-1-event-kbd -> ../event1\n"));
	g_assert_nonnull(strstr(text, "U: Uniq=serial-1\n"));
}

/* A root hub's serial number is the address of its controller, which would be gone everywhere. */
static void test_controllers_stay(void)
{
	autoptr(manifest) machine = manifest_build(
		"sys/bus/usb/devices/usb1/serial = 0000:00:14.0\n"
		"sys/bus/pci/devices/0000:00:14.0/vendor = 0x8086\n");
	g_autofree char *text = record_all(machine);

	g_assert_nonnull(strstr(text, "sys/bus/pci/devices/0000:00:14.0/vendor = 0x8086\n"));
}

/* A maker's "serial number" that is a word of the device's name would take that word everywhere. */
static void test_words_stay(void)
{
	autoptr(manifest) machine = manifest_build(
		"sys/bus/usb/devices/1-3/serial = keyboard\n"
		"sys/bus/usb/devices/1-3/product = Example USB Keyboard\n"
		"sys/bus/usb/devices/1-4/serial = ABCDEFGH\n"
		"sys/bus/usb/devices/1-4/product = Example USB Keyboard\n"
		"sys/class/input/event1/device/name = Example keyboard ABCDEFGH\n");
	g_autofree char *text = record_all(machine);

	g_assert_nonnull(strstr(text, "name = Example keyboard serial-"));
	g_assert_nonnull(strstr(text, "product = Example USB Keyboard\n"));
	g_assert_null(strstr(text, "ABCDEFGH"));
}

/* The machine's id has no dashes, and stands in names of files too. */
static void test_machine_ids_go(void)
{
	autoptr(manifest) machine = manifest_build(
		"etc/kernel/entry-token = 0563d623f7ae4d4e8f25d0ef4f66fcc9\n"
		"boot/loader/entries/0563d623f7ae4d4e8f25d0ef4f66fcc9-6.12.conf = title Debian\n");
	g_autofree char *text = record_all(machine);

	g_assert_null(strstr(text, "0563d623"));
}

static guint8 sum_of(const guint8 *bytes, gsize n)
{
	guint8 sum = 0;

	for (gsize i = 0; i < n; i++)
		sum = (guint8)(sum + bytes[i]);
	return sum;
}

static GString *new_edid(guint8 serial)
{
	GString *hex = g_string_new("sys/a/edid hex");
	guint8 edid[256] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x10, 0xac };

	edid[12] = serial;
	edid[13] = 0xca;
	edid[14] = 0xfe;
	edid[15] = 0x42;
	memcpy(edid + 54 + 18, "\0\0\0\xff\0SECRET1234567", 18);
	memcpy(edid + 54 + 36, "\0\0\0\xfc\0DELL U2720Q\n ", 18);
	edid[126] = 1;
	/* DisplayID 1.2: section of one product identification block */
	memcpy(edid + 128, "\x70\x12\x0f\x00\x00\x00\x00\x0c\x10\xac\x00\x01\x02\xca\xfe\x42\x99",
	       17);
	for (gsize i = 0; i < sizeof(edid); i++)
		g_string_append_printf(hex, " %02x", edid[i]);
	return hex;
}

static void test_edid(void)
{
	g_autoptr(GString) manifest_text = new_edid(7);
	autoptr(manifest) machine = manifest_build(manifest_text->str);
	g_autofree char *text = record_all(machine);
	autoptr(manifest) again = manifest_build(text);
	g_autoptr(GBytes) bytes = root_read_bytes(again->root, 512, NULL, "sys/a/edid");
	const guint8 *edid = g_bytes_get_data(bytes, NULL);

	g_assert_cmpuint(g_bytes_get_size(bytes), ==, 256);
	g_assert_cmpuint(edid[12] + edid[13] + edid[14] + edid[15], ==, 1);
	g_assert_null(memmem(edid, 256, "SECRET", 6));
	g_assert_null(memmem(edid, 256, "\xca\xfe\x42", 3));
	g_assert_nonnull(memmem(edid, 256, "DELL U2720Q", 11));
	g_assert_cmpuint(sum_of(edid, 128), ==, 0);
	g_assert_cmpuint(sum_of(edid + 128, 128), ==, 0);
	g_assert_cmpuint(sum_of(edid + 129, 5 + 15), ==, 0);
}

/* Twins must not become one card, and a card without a number must not get one. */
static char *serials_of(const char *first, const char *second)
{
	g_autoptr(GString) text = g_string_new(NULL);
	autoptr(manifest) machine = NULL;

	for (guint i = 0; i < 2; i++) {
		g_string_append_printf(text, "sys/%u/config hex", i);
		for (guint j = 0; j < 0x100; j++)
			g_string_append(text, " 00");
		g_string_append_printf(text, " 03 00 01 00 %s\n", i == 0 ? first : second);
	}
	machine = manifest_build(text->str);
	return record_all(machine);
}

static void test_card_serials(void)
{
	g_autofree char *twins = serials_of("11 22 33 44 55 66 77 88", "11 22 33 45 55 66 77 88");
	g_autofree char *bare = serials_of("00 00 00 00 00 00 00 00", "00 00 00 00 00 00 00 00");

	g_assert_null(strstr(twins, "11 22 33"));
	g_assert_null(strstr(twins, "55 66 77"));
	g_assert_nonnull(strstr(twins, "| 03 00 01 00 01 00 00 00 00 00 00 00\n"));
	g_assert_nonnull(strstr(twins, "| 03 00 01 00 02 00 00 00 00 00 00 00\n"));
	g_assert_nonnull(strstr(bare, "03 00 01 00 00 00 00 00 00 00 00 00"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scrub/planted-secrets", test_planted_secrets);
	g_test_add_func("/scrub/stand-ins-agree", test_stand_ins_agree);
	g_test_add_func("/scrub/controllers-stay", test_controllers_stay);
	g_test_add_func("/scrub/machine-ids-go", test_machine_ids_go);
	g_test_add_func("/scrub/edid", test_edid);
	g_test_add_func("/scrub/words-stay", test_words_stay);
	g_test_add_func("/scrub/card-serials", test_card_serials);
	return g_test_run();
}
