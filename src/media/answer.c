/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "guest/xml.h"
#include "media/media.h"

/*
 * The answer file. Its settings are Microsoft's, documented as "Unattended Windows Setup
 * Reference"; each belongs to a pass: windowsPE (before the disk is written), specialize (first
 * start from the disk), oobeSystem (accounts and first logon).
 */
#define UNATTEND "urn:schemas-microsoft-com:unattend"
#define WCM "http://schemas.microsoft.com/WMIConfig/2002/State"

/* Setup gives letters to media in an order that nobody promises. */
static const char letters[] = "DEFGHI";

const char *const media_drivers[] = {
	"viostor", "vioscsi", "NetKVM", "vioserial", "Balloon", "vioinput", "viorng", NULL,
};

/*
 * The setup keys that Microsoft publishes for volume licences. A key in an answer file chooses the
 * edition and nothing else; the user's own key is given later, in Windows.
 * Source: learn.microsoft.com/windows-server/get-started/kms-client-activation-keys.
 */
static const struct {
	const char *name, *key;
} editions[] = {
	{ "Home", "TX9XD-98N7V-6WMQ6-BX7FG-H8Q99" },
	{ "Pro", "W269N-WFGWX-YVC9B-4J6C9-T83GX" },
	{ "Education", "NW6C2-QMPVW-D7KKK-3GKT6-VCFB2" },
	{ "Enterprise", "NPPR9-FWDCX-D2C8J-H872K-2YT43" },
};

static const struct {
	const char *name, *folder, *title;
} windows[] = {
	[MEDIA_WINDOWS_10] = { "win10", "w10", "Windows 10" },
	[MEDIA_WINDOWS_11] = { "win11", "w11", "Windows 11" },
};

const char *const *media_edition_names(void)
{
	static const char *names[G_N_ELEMENTS(editions) + 1];

	for (gsize i = 0; i < G_N_ELEMENTS(editions); i++)
		names[i] = editions[i].name;
	return names;
}

gboolean media_windows_find(const char *name, enum media_windows *found)
{
	for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
		if (g_str_equal(windows[i].name, name)) {
			*found = (enum media_windows)i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *media_windows_folder(enum media_windows which)
{
	return windows[which].folder;
}

static const char *setup_key(const char *edition)
{
	for (gsize i = 0; i < G_N_ELEMENTS(editions); i++) {
		if (g_ascii_strcasecmp(editions[i].name, edition) == 0)
			return editions[i].key;
	}
	return NULL;
}

/* What Windows takes; the first group of each rule is what the sentence says. */
static const struct {
	const char *what, *pattern, *rule;
} rules[] = {
	{ "--user", "^(?!\\.)[^\\x00-\\x1f\"/\\\\\\[\\]:;|=,+*?<>@%]{1,20}(?<![. ])$",
	  "an account's name has 1 to 20 characters, none of \" / \\ [ ] : ; | = , + * ? < > @ %, "
	  "and does not end in a dot or blank" },
	{ "--computer", "^(?![0-9]+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,13}[A-Za-z0-9])?$",
	  "a computer's name has 1 to 15 letters, digits and hyphens, and not digits alone" },
	{ "--language", "^[a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}$",
	  "a language is written like en-US or de-DE" },
	{ "--keyboard", "^([a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}|[0-9A-Fa-f]{4}:[0-9A-Fa-f]{8})$",
	  "a keyboard is written like en-US or 0409:00000409" },
	{ "--product-key", "^([A-Z0-9]{5}-){4}[A-Z0-9]{5}$",
	  "a product key has five groups of five letters and digits" },
	{ "--time-zone", "^[A-Za-z0-9 .+()-]{3,48}$",
	  "a time zone has Windows' own name, such as W. Europe Standard Time (tzutil /l)" },
	{ "the password", "^[^\\x00-\\x1f\\x7f]{0,127}$",
	  "a password has up to 127 characters in one line" },
};

gboolean media_spec_check(const struct media_spec *spec, GError **error)
{
	const char *const values[] = {
		spec->user,        spec->computer,  spec->language, spec->keyboard,
		spec->product_key, spec->time_zone, spec->password,
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(values) == G_N_ELEMENTS(rules));
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (values[i] == NULL)
			continue;
		if (g_utf8_validate(values[i], -1, NULL) &&
		    g_regex_match_simple(rules[i].pattern, values[i], G_REGEX_DOLLAR_ENDONLY, 0))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s: %s", rules[i].what,
			    rules[i].rule);
		return FALSE;
	}
	if (setup_key(spec->edition) == NULL) {
		g_autofree char *names =
			g_strjoinv(", ", (char **)(gpointer)(gsize)media_edition_names());

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--edition: there is no %s; there are: %s", spec->edition, names);
		return FALSE;
	}
	if (g_ascii_strcasecmp(spec->user, spec->computer) != 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "Windows does not take one name for user and computer; "
		    "choose another with --user or --computer");
	return FALSE;
}

/* open_component - each names the same assembly of the same architecture */
static void open_component(xmlTextWriter *xml, const char *name)
{
	xml_open(xml, "component", "name", name, "processorArchitecture", "amd64", "publicKeyToken",
		 "31bf3856ad364e35", "language", "neutral", "versionScope", "nonSxS", NULL);
}

static void open_item(xmlTextWriter *xml, const char *name)
{
	xml_open(xml, name, "wcm:action", "add", NULL);
}

static void locales(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_text(xml, "InputLocale", spec->keyboard != NULL ? spec->keyboard : spec->language,
		 NULL);
	xml_text(xml, "SystemLocale", spec->language, NULL);
	xml_text(xml, "UILanguage", spec->language, NULL);
	xml_text(xml, "UserLocale", spec->language, NULL);
}

/* Partitions in their order; the last one takes the rest. Sizes in MiB. */
struct partition {
	const char *type, *size, *format, *label, *letter;
	gboolean active;
};

static const struct partition uefi_partitions[] = {
	{ .type = "EFI", .size = "300", .format = "FAT32", .label = "System" },
	{ .type = "MSR", .size = "16" },
	{ .type = "Primary", .format = "NTFS", .label = "Windows", .letter = "C" },
};

static const struct partition bios_partitions[] = {
	{ .type = "Primary", .size = "500", .format = "NTFS", .label = "System", .active = TRUE },
	{ .type = "Primary", .format = "NTFS", .label = "Windows", .letter = "C" },
};

static void create_partition(xmlTextWriter *xml, const struct partition *partition,
			     const char *order)
{
	open_item(xml, "CreatePartition");
	xml_text(xml, "Order", order, NULL);
	if (partition->size != NULL)
		xml_text(xml, "Size", partition->size, NULL);
	else
		xml_text(xml, "Extend", "true", NULL);
	xml_text(xml, "Type", partition->type, NULL);
	xml_close(xml);
}

static void modify_partition(xmlTextWriter *xml, const struct partition *partition,
			     const char *order)
{
	open_item(xml, "ModifyPartition");
	xml_text(xml, "Order", order, NULL);
	xml_text(xml, "PartitionID", order, NULL);
	if (partition->format != NULL)
		xml_text(xml, "Format", partition->format, NULL);
	if (partition->label != NULL)
		xml_text(xml, "Label", partition->label, NULL);
	if (partition->letter != NULL)
		xml_text(xml, "Letter", partition->letter, NULL);
	if (partition->active)
		xml_text(xml, "Active", "true", NULL);
	xml_close(xml);
}

static void partitions(xmlTextWriter *xml, const struct partition *table, guint count,
		       const char *name,
		       void (*write)(xmlTextWriter *, const struct partition *, const char *))
{
	xml_open(xml, name, NULL);
	for (guint i = 0; i < count; i++) {
		const char order[] = { (char)('1' + i), '\0' };

		write(xml, &table[i], order);
	}
	xml_close(xml);
}

/* Without this Setup shows the disks and asks. */
static void disk(xmlTextWriter *xml, const struct media_spec *spec)
{
	const struct partition *table = spec->bios ? bios_partitions : uefi_partitions;
	guint count = spec->bios ? G_N_ELEMENTS(bios_partitions) : G_N_ELEMENTS(uefi_partitions);

	xml_open(xml, "DiskConfiguration", NULL);
	xml_text(xml, "WillShowUI", "OnError", NULL);
	open_item(xml, "Disk");
	xml_text(xml, "DiskID", "0", NULL);
	xml_text(xml, "WillWipeDisk", "true", NULL);
	partitions(xml, table, count, "CreatePartitions", create_partition);
	partitions(xml, table, count, "ModifyPartitions", modify_partition);
	xml_close(xml);
	xml_close(xml);
}

static void image_install(xmlTextWriter *xml, const struct media_spec *spec)
{
	if (!spec->wipe_disk)
		return;
	xml_open(xml, "ImageInstall", NULL);
	xml_open(xml, "OSImage", NULL);
	xml_open(xml, "InstallTo", NULL);
	xml_text(xml, "DiskID", "0", NULL);
	xml_text(xml, "PartitionID", spec->bios ? "2" : "3", NULL);
	xml_close(xml);
	xml_text(xml, "WillShowUI", "OnError", NULL);
	xml_close(xml);
	xml_close(xml);
}

static void user_data(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_open(xml, "UserData", NULL);
	xml_text(xml, "AcceptEula", "true", NULL);
	xml_text(xml, "FullName", spec->user, NULL);
	xml_open(xml, "ProductKey", NULL);
	xml_text(xml, "Key",
		 spec->product_key != NULL ? spec->product_key : setup_key(spec->edition), NULL);
	xml_text(xml, "WillShowUI", "OnError", NULL);
	xml_close(xml);
	xml_close(xml);
}

static void driver_paths(xmlTextWriter *xml, const struct media_spec *spec)
{
	guint key = 1;

	open_component(xml, "Microsoft-Windows-PnpCustomizationsWinPE");
	xml_open(xml, "DriverPaths", NULL);
	for (const char *letter = letters; *letter != '\0'; letter++) {
		for (gsize i = 0; media_drivers[i] != NULL; i++, key++) {
			g_autofree char *number = g_strdup_printf("%u", key);
			g_autofree char *path =
				spec->has_drivers
					? g_strdup_printf("%c:\\drivers\\%s", *letter,
							  media_drivers[i])
					: g_strdup_printf("%c:\\%s\\%s\\amd64", *letter,
							  media_drivers[i],
							  media_windows_folder(spec->windows));

			xml_open(xml, "PathAndCredentials", "wcm:action", "add", "wcm:keyValue",
				 number, NULL);
			xml_text(xml, "Path", path, NULL);
			xml_close(xml);
		}
	}
	xml_close(xml);
	xml_close(xml);
}

static void pass_windows_pe(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_open(xml, "settings", "pass", "windowsPE", NULL);
	open_component(xml, "Microsoft-Windows-International-Core-WinPE");
	xml_open(xml, "SetupUILanguage", NULL);
	xml_text(xml, "UILanguage", spec->language, NULL);
	xml_close(xml);
	locales(xml, spec);
	xml_close(xml);
	driver_paths(xml, spec);
	open_component(xml, "Microsoft-Windows-Setup");
	if (spec->wipe_disk)
		disk(xml, spec);
	image_install(xml, spec);
	user_data(xml, spec);
	xml_close(xml);
	xml_close(xml);
}

static void command(xmlTextWriter *xml, const char *kind, const char *line_name, const char *line,
		    const char *description)
{
	open_item(xml, kind);
	xml_text(xml, "Order", "1", NULL);
	xml_text(xml, line_name, line, NULL);
	xml_text(xml, "Description", description, NULL);
	xml_close(xml);
}

static void pass_specialize(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_open(xml, "settings", "pass", "specialize", NULL);
	open_component(xml, "Microsoft-Windows-Shell-Setup");
	xml_text(xml, "ComputerName", spec->computer, NULL);
	if (spec->time_zone != NULL)
		xml_text(xml, "TimeZone", spec->time_zone, NULL);
	xml_close(xml);
	if (spec->windows == MEDIA_WINDOWS_11) {
		/* A local account stays possible although the network answers (WN-06). */
		open_component(xml, "Microsoft-Windows-Deployment");
		xml_open(xml, "RunSynchronous", NULL);
		command(xml, "RunSynchronousCommand", "Path",
			"reg.exe add HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\OOBE "
			"/v BypassNRO /t REG_DWORD /d 1 /f",
			"No account at Microsoft is needed");
		xml_close(xml);
		xml_close(xml);
	}
	xml_close(xml);
}

/*
 * Hidden from a glance, not from a reader: Windows wants the password with the word "Password"
 * behind it, in UTF-16, in base 64.
 */
static void password(xmlTextWriter *xml, const char *text)
{
	g_autofree char *salted = g_strconcat(text, "Password", NULL);
	glong units = 0;
	g_autofree gunichar2 *wide = g_utf8_to_utf16(salted, -1, NULL, &units, NULL);
	g_autofree guint8 *bytes = g_malloc((gsize)units * 2);
	g_autofree char *value = NULL;

	for (glong i = 0; i < units; i++) {
		bytes[2 * i] = (guint8)(wide[i] & 0xff);
		bytes[2 * i + 1] = (guint8)(wide[i] >> 8);
	}
	value = g_base64_encode(bytes, (gsize)units * 2);
	xml_open(xml, "Password", NULL);
	xml_text(xml, "Value", *text == '\0' ? "" : value, NULL);
	xml_text(xml, "PlainText", *text == '\0' ? "true" : "false", NULL);
	xml_close(xml);
}

static void accounts(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_open(xml, "UserAccounts", NULL);
	xml_open(xml, "LocalAccounts", NULL);
	open_item(xml, "LocalAccount");
	xml_text(xml, "Name", spec->user, NULL);
	xml_text(xml, "DisplayName", spec->user, NULL);
	xml_text(xml, "Group", "Administrators", NULL);
	password(xml, spec->password);
	xml_close(xml);
	xml_close(xml);
	xml_close(xml);
	/* Once, so that the first logon's commands run without anybody there. */
	xml_open(xml, "AutoLogon", NULL);
	xml_text(xml, "Enabled", "true", NULL);
	xml_text(xml, "LogonCount", "1", NULL);
	xml_text(xml, "Username", spec->user, NULL);
	password(xml, spec->password);
	xml_close(xml);
}

static void first_logon(xmlTextWriter *xml)
{
	g_autoptr(GString) line = g_string_new("cmd.exe /c for %d in (");

	for (const char *letter = letters; *letter != '\0'; letter++)
		g_string_append_printf(line, "%s%c", letter == letters ? "" : " ", *letter);
	g_string_append(line,
			") do if exist %d:\\hotseat\\first-logon.ps1 powershell.exe "
			"-NoProfile -ExecutionPolicy Bypass "
			"-File %d:\\hotseat\\first-logon.ps1");
	xml_open(xml, "FirstLogonCommands", NULL);
	command(xml, "SynchronousCommand", "CommandLine", line->str,
		"Guest tools, power plan, interrupts");
	xml_close(xml);
}

static void pass_oobe(xmlTextWriter *xml, const struct media_spec *spec)
{
	xml_open(xml, "settings", "pass", "oobeSystem", NULL);
	open_component(xml, "Microsoft-Windows-International-Core");
	locales(xml, spec);
	xml_close(xml);
	open_component(xml, "Microsoft-Windows-Shell-Setup");
	accounts(xml, spec);
	first_logon(xml);
	xml_open(xml, "OOBE", NULL);
	xml_text(xml, "HideEULAPage", "true", NULL);
	xml_text(xml, "HideOnlineAccountScreens", "true", NULL);
	xml_text(xml, "HideWirelessSetupInOOBE", "true", NULL);
	xml_text(xml, "ProtectYourPC", "3", NULL);
	xml_close(xml);
	xml_close(xml);
	xml_close(xml);
}

char *media_answer_file(const struct media_spec *spec)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *xml = xmlNewTextWriterMemory(buffer, 0);
	char *text;

	xmlTextWriterSetIndent(xml, 1);
	xmlTextWriterStartDocument(xml, NULL, "utf-8", NULL);
	xml_open(xml, "unattend", "xmlns", UNATTEND, "xmlns:wcm", WCM, NULL);
	pass_windows_pe(xml, spec);
	pass_specialize(xml, spec);
	pass_oobe(xml, spec);
	xml_close(xml);
	xmlTextWriterEndDocument(xml);
	xmlFreeTextWriter(xml);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}
