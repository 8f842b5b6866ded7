/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest/libvirt.h"
#include "guest/virt-domain.h"
#include "guest/virt-internal.h"

/*
 * libvirt has no time limits: a call waits for as long as the daemon takes, and a daemon whose
 * QEMU driver hangs takes for ever. Hence: no call from a main loop, none under a lock of ours,
 * and none that undoing a handover depends on.
 */
#define SYSTEM_URI "qemu:///system"
#define DEFAULT_POOL "default"
#define DEFAULT_POOL_PATH "/var/lib/libvirt/images"
#define POLL_MICROSECONDS 250000

struct virt {
	virConnectPtr connection;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, libvirt.virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, libvirt.virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStorageVol, libvirt.virStorageVolFree)

/* libvirt's answers in our words; what is not here has failed. */
static const struct {
	int theirs;
	enum hotseat_error ours;
} error_codes[] = {
	{ VIR_ERR_NO_DOMAIN, HOTSEAT_ERROR_ABSENT },
	{ VIR_ERR_NO_NETWORK, HOTSEAT_ERROR_ABSENT },
	{ VIR_ERR_NO_STORAGE_POOL, HOTSEAT_ERROR_ABSENT },
	{ VIR_ERR_NO_STORAGE_VOL, HOTSEAT_ERROR_ABSENT },
	{ VIR_ERR_NO_CONNECT, HOTSEAT_ERROR_ABSENT },
	{ VIR_ERR_AUTH_FAILED, HOTSEAT_ERROR_DENIED },
	{ VIR_ERR_AUTH_CANCELLED, HOTSEAT_ERROR_DENIED },
	{ VIR_ERR_AUTH_UNAVAILABLE, HOTSEAT_ERROR_DENIED },
	{ VIR_ERR_ACCESS_DENIED, HOTSEAT_ERROR_DENIED },
	{ VIR_ERR_OPERATION_DENIED, HOTSEAT_ERROR_DENIED },
	{ VIR_ERR_DOM_EXIST, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_STORAGE_VOL_EXIST, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_XML_ERROR, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_XML_DETAIL, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_XML_INVALID_SCHEMA, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_CONFIG_UNSUPPORTED, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_OPERATION_INVALID, HOTSEAT_ERROR_REFUSED },
	{ VIR_ERR_OPERATION_TIMEOUT, HOTSEAT_ERROR_BUSY },
	{ VIR_ERR_RESOURCE_BUSY, HOTSEAT_ERROR_BUSY },
};

static enum hotseat_error translate(const virError *theirs)
{
	for (gsize i = 0; theirs != NULL && i < G_N_ELEMENTS(error_codes); i++) {
		if (error_codes[i].theirs == theirs->code)
			return error_codes[i].ours;
	}
	return HOTSEAT_ERROR_FAILED;
}

static void set_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What was tried, then libvirt's own sentence. */
static void set_error(GError **error, const char *format, ...)
{
	const virError *theirs = libvirt.virGetLastError();
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, HOTSEAT_ERROR, (int)translate(theirs), "%s: %s", what,
		    theirs != NULL && theirs->message != NULL ? theirs->message
							      : "libvirt gives no reason");
}

/* A socket that is not there or not open to us is a system error of libvirt's client side. */
static void set_connection_error(GError **error, const char *uri)
{
	const virError *theirs = libvirt.virGetLastError();
	enum hotseat_error code = translate(theirs);
	int saved_errno = theirs != NULL && theirs->code == VIR_ERR_SYSTEM_ERROR ? theirs->int1 : 0;

	if (code == HOTSEAT_ERROR_DENIED || saved_errno == EACCES || saved_errno == EPERM)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			    "libvirt (%s) does not let this user in: use sudo, or join the group "
			    "with \"sudo usermod -aG libvirt $USER\" and log in again",
			    uri);
	else if (code == HOTSEAT_ERROR_ABSENT || saved_errno == ENOENT ||
		 saved_errno == ECONNREFUSED)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "libvirt does not answer at %s: start it with \"sudo systemctl start "
			    "libvirtd\" (or virtqemud.socket), or install libvirt-daemon-system",
			    uri);
	else
		set_error(error, "cannot connect to libvirt at %s", uri);
}

/* libvirt would print each error on stderr by itself; ours are returned and printed once. */
static void ignore_error(void *data, virErrorPtr error)
{
}

struct virt *virt_open_uri(const char *uri, GError **error)
{
	struct virt *virt;
	virConnectPtr connection;

	if (!libvirt_load(error))
		return NULL;
	libvirt.virSetErrorFunc(NULL, ignore_error);
	connection = libvirt.virConnectOpen(uri);
	if (connection == NULL) {
		set_connection_error(error, uri);
		return NULL;
	}
	virt = g_new0(struct virt, 1);
	virt->connection = connection;
	return virt;
}

struct virt *virt_open(GError **error)
{
	return virt_open_uri(SYSTEM_URI, error);
}

void virt_free(struct virt *virt)
{
	if (virt == NULL)
		return;
	libvirt.virConnectClose(virt->connection);
	g_free(virt);
}

struct virt_capabilities *virt_read_capabilities(struct virt *virt, const char *virt_type,
						 GError **error)
{
	unsigned long libvirt_version = 0, qemu_version = 0;
	struct virt_capabilities *capabilities;
	char *xml = libvirt.virConnectGetDomainCapabilities(virt->connection, NULL, "x86_64", "q35",
							    virt_type, 0);

	if (xml == NULL) {
		set_error(error, "libvirt has no answer what guests of type \"%s\" can have",
			  virt_type);
		return NULL;
	}
	capabilities = virt_capabilities_parse(xml, error);
	free(xml);
	if (capabilities == NULL)
		return NULL;
	/* Without the versions a guest can still be made: features of newer ones stay off. */
	if (libvirt.virConnectGetLibVersion(virt->connection, &libvirt_version) == 0)
		capabilities->libvirt_version = (guint)libvirt_version;
	if (libvirt.virConnectGetVersion(virt->connection, &qemu_version) == 0)
		capabilities->qemu_version = (guint)qemu_version;
	return capabilities;
}

const char *guest_state_name(enum guest_state state)
{
	switch (state) {
	case GUEST_SHUT_OFF:
		return "off";
	case GUEST_RUNNING:
		return "running";
	case GUEST_PAUSED:
		return "paused";
	case GUEST_SHUTTING_DOWN:
		return "shutting down";
	case GUEST_CRASHED:
		return "crashed";
	}
	return "?";
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **virt_list(struct virt *virt, GError **error)
{
	virDomainPtr *domains = NULL;
	int count = libvirt.virConnectListAllDomains(virt->connection, &domains,
						     VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (count < 0) {
		set_error(error, "cannot list the guests");
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		g_ptr_array_add(names, g_strdup(libvirt.virDomainGetName(domains[i])));
		libvirt.virDomainFree(domains[i]);
	}
	free(domains);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static void set_no_such_guest(struct virt *virt, const char *name, GError **error)
{
	g_auto(GStrv) names = virt_list(virt, NULL);
	g_autofree char *list = names != NULL ? g_strjoinv(", ", names) : g_strdup("");

	if (list[0] == '\0')
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "there is no guest \"%s\", and no other: make one with \"hotseat new "
			    "NAME\"",
			    name);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "there is no guest \"%s\"; there are: %s", name, list);
}

static virDomain *find_domain(struct virt *virt, const char *name, GError **error)
{
	virDomain *domain = libvirt.virDomainLookupByName(virt->connection, name);

	if (domain != NULL)
		return domain;
	if (libvirt.virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		set_no_such_guest(virt, name, error);
	else
		set_error(error, "cannot find guest %s", name);
	return NULL;
}

virDomain *virt_find(struct virt *virt, const char *name, GError **error)
{
	return find_domain(virt, name, error);
}

void virt_set_error(GError **error, const char *what)
{
	set_error(error, "%s", what);
}

static char *read_xml(struct virt *virt, const char *name, guint flags, GError **error)
{
	g_autoptr(virDomain) domain = find_domain(virt, name, error);
	char *theirs, *xml;

	if (domain == NULL)
		return NULL;
	theirs = libvirt.virDomainGetXMLDesc(domain, flags);
	if (theirs == NULL) {
		set_error(error, "cannot read the definition of %s", name);
		return NULL;
	}
	xml = g_strdup(theirs);
	free(theirs);
	return xml;
}

char *virt_domain_xml(struct virt *virt, const char *name, GError **error)
{
	return read_xml(virt, name, VIR_DOMAIN_XML_INACTIVE, error);
}

char *virt_domain_live_xml(struct virt *virt, const char *name, GError **error)
{
	return read_xml(virt, name, 0, error);
}

gboolean virt_define(struct virt *virt, const char *xml, char **uuid, GError **error)
{
	g_autoptr(virDomain) domain =
		libvirt.virDomainDefineXMLFlags(virt->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	char text[VIR_UUID_STRING_BUFLEN] = "";

	if (domain == NULL) {
		set_error(error, "libvirt does not take the guest's definition");
		return FALSE;
	}
	if (uuid == NULL)
		return TRUE;
	if (libvirt.virDomainGetUUIDString(domain, text) != 0) {
		set_error(error, "libvirt does not tell the guest's UUID");
		return FALSE;
	}
	*uuid = g_strdup(text);
	return TRUE;
}

gboolean virt_undefine(struct virt *virt, const char *name, GError **error)
{
	g_autoptr(virDomain) domain = find_domain(virt, name, error);

	if (domain == NULL)
		return FALSE;
	/* DX-07: firmware variables belong to the guest, and libvirt asks what to do with them. */
	if (libvirt.virDomainUndefineFlags(
		    domain, VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
				    VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA) == 0)
		return TRUE;
	set_error(error, "cannot remove the definition of %s", name);
	return FALSE;
}

static enum guest_state state_from_libvirt(int state)
{
	switch (state) {
	case VIR_DOMAIN_RUNNING:
	case VIR_DOMAIN_BLOCKED:
		return GUEST_RUNNING;
	case VIR_DOMAIN_PAUSED:
	case VIR_DOMAIN_PMSUSPENDED:
		return GUEST_PAUSED;
	case VIR_DOMAIN_SHUTDOWN:
		return GUEST_SHUTTING_DOWN;
	case VIR_DOMAIN_CRASHED:
		return GUEST_CRASHED;
	default:
		return GUEST_SHUT_OFF;
	}
}

gboolean virt_guest_state(struct virt *virt, const char *name, enum guest_state *state,
			  GError **error)
{
	g_autoptr(virDomain) domain = find_domain(virt, name, error);
	int theirs = VIR_DOMAIN_NOSTATE;

	if (domain == NULL)
		return FALSE;
	if (libvirt.virDomainGetState(domain, &theirs, NULL, 0) != 0) {
		set_error(error, "cannot read the state of %s", name);
		return FALSE;
	}
	*state = state_from_libvirt(theirs);
	return TRUE;
}

/* One call on a domain that either works or does not. */
static gboolean act(struct virt *virt, const char *name, int (*call)(virDomainPtr),
		    const char *what, GError **error)
{
	g_autoptr(virDomain) domain = find_domain(virt, name, error);

	if (domain == NULL)
		return FALSE;
	if (call(domain) == 0)
		return TRUE;
	set_error(error, "cannot %s %s", what, name);
	return FALSE;
}

gboolean virt_start(struct virt *virt, const char *name, GError **error)
{
	return act(virt, name, libvirt.virDomainCreate, "start", error);
}

gboolean virt_shutdown(struct virt *virt, const char *name, GError **error)
{
	return act(virt, name, libvirt.virDomainShutdown, "shut down", error);
}

gboolean virt_destroy(struct virt *virt, const char *name, GError **error)
{
	return act(virt, name, libvirt.virDomainDestroy, "pull the plug of", error);
}

/* A device that has been pulled out is known by its address alone. */
gboolean virt_change_usb(struct virt *virt, const char *name, enum virt_change change,
			 const char *id, const char *node, GError **error)
{
	static const struct {
		int (**call)(virDomainPtr domain, const char *xml, unsigned int flags);
		const char *what;
	} changes[] = {
		[VIRT_ATTACH] = { &libvirt.virDomainAttachDeviceFlags, "attach" },
		[VIRT_DETACH] = { &libvirt.virDomainDetachDeviceFlags, "detach" },
	};
	g_autoptr(virDomain) domain = find_domain(virt, name, error);
	g_auto(GStrv) ids = g_strsplit(id, ":", 2);
	g_auto(GStrv) address = g_strsplit(node, ":", 2);
	g_autofree char *place = address[0] == NULL
					 ? g_strdup("")
					 : g_strdup_printf("<address bus='%s' device='%s'/>",
							   address[0], address[1]);
	g_autofree char *xml = g_strdup_printf(
		"<hostdev mode='subsystem' type='usb'><source><vendor id='0x%s'/><product "
		"id='0x%s'/>%s</source></hostdev>",
		ids[0], ids[1], place);

	if (domain == NULL)
		return FALSE;
	if ((*changes[change].call)(domain, xml, VIR_DOMAIN_AFFECT_LIVE) == 0)
		return TRUE;
	set_error(error, "cannot %s the USB device %s of %s", changes[change].what, id, name);
	return FALSE;
}

/* Asked again and again: events would need libvirt's loop on a thread, for one waiter. */
gboolean virt_wait_shut_off(struct virt *virt, const char *name, guint seconds, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	enum guest_state state = GUEST_RUNNING;

	for (;;) {
		if (!virt_guest_state(virt, name, &state, error))
			return FALSE;
		if (state == GUEST_SHUT_OFF)
			return TRUE;
		if (g_get_monotonic_time() >= deadline)
			break;
		g_usleep(POLL_MICROSECONDS);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY, "%s is still %s after %u seconds",
		    name, guest_state_name(state), seconds);
	return FALSE;
}

static virNetwork *find_network(struct virt *virt, const char *network, GError **error)
{
	virNetwork *found = libvirt.virNetworkLookupByName(virt->connection, network);

	if (found == NULL)
		set_error(error, "there is no libvirt network \"%s\"; see virsh net-list --all",
			  network);
	return found;
}

gboolean virt_network_start(struct virt *virt, const char *network, GError **error)
{
	g_autoptr(virNetwork) found = find_network(virt, network, error);

	if (found == NULL)
		return FALSE;
	if (libvirt.virNetworkIsActive(found) != 1 && libvirt.virNetworkCreate(found) != 0 &&
	    libvirt.virNetworkIsActive(found) != 1) {
		set_error(error, "cannot start the libvirt network \"%s\"", network);
		return FALSE;
	}
	/* A transient network cannot be; then whoever made it starts it again. */
	(void)libvirt.virNetworkSetAutostart(found, 1);
	return TRUE;
}

gboolean virt_network_check(struct virt *virt, const char *network, GError **error)
{
	g_autoptr(virNetwork) found = find_network(virt, network, error);

	if (found == NULL)
		return FALSE;
	if (libvirt.virNetworkIsActive(found) == 1)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the libvirt network \"%s\" is not active, so the guest could not start; "
		    "start it with: sudo virsh net-start %s",
		    network, network);
	return FALSE;
}

static virStoragePool *define_pool(struct virt *virt, GError **error)
{
	virStoragePool *pool = libvirt.virStoragePoolDefineXML(
		virt->connection,
		"<pool type='dir'><name>" DEFAULT_POOL "</name><target><path>" DEFAULT_POOL_PATH
		"</path></target></pool>",
		0);

	if (pool == NULL) {
		set_error(error, "cannot define the storage pool \"%s\"", DEFAULT_POOL);
		return NULL;
	}
	/* The folder usually exists, then there is nothing to build; starting tells if not. */
	libvirt.virStoragePoolBuild(pool, 0);
	libvirt.virStoragePoolSetAutostart(pool, 1);
	return pool;
}

static virStoragePool *open_pool(struct virt *virt, GError **error)
{
	g_autoptr(virStoragePool) pool =
		libvirt.virStoragePoolLookupByName(virt->connection, DEFAULT_POOL);

	if (pool == NULL && libvirt.virGetLastErrorCode() == VIR_ERR_NO_STORAGE_POOL)
		pool = define_pool(virt, error);
	else if (pool == NULL)
		set_error(error, "cannot open the storage pool \"%s\"", DEFAULT_POOL);
	if (pool == NULL)
		return NULL;
	if (libvirt.virStoragePoolIsActive(pool) != 1 &&
	    libvirt.virStoragePoolCreate(pool, 0) != 0) {
		set_error(error, "cannot start the storage pool \"%s\"", DEFAULT_POOL);
		return NULL;
	}
	/* Files that came by other ways are seen only after this; a stale list still works. */
	libvirt.virStoragePoolRefresh(pool, 0);
	return g_steal_pointer(&pool);
}

static char *volume_path(virStorageVol *volume, GError **error)
{
	char *theirs = libvirt.virStorageVolGetPath(volume);
	char *path = g_strdup(theirs);

	if (theirs == NULL)
		set_error(error, "libvirt does not tell where the disk is");
	free(theirs);
	return path;
}

char *virt_disk_create(struct virt *virt, const char *guest_name, guint64 bytes, GError **error)
{
	g_autoptr(virStoragePool) pool = open_pool(virt, error);
	g_autofree char *file = g_strconcat(guest_name, ".qcow2", NULL);
	g_autofree char *xml = g_markup_printf_escaped(
		"<volume><name>%s</name><capacity unit='bytes'>%" G_GUINT64_FORMAT
		"</capacity><allocation>0</allocation>"
		"<target><format type='qcow2'/></target></volume>",
		file, bytes);
	g_autoptr(virStorageVol) volume = NULL;

	if (pool == NULL)
		return NULL;
	volume = libvirt.virStorageVolLookupByName(pool, file);
	if (volume != NULL) {
		g_autofree char *path = volume_path(volume, NULL);

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "there is a disk %s already: use it with --disk %s, or take it away",
			    path, path);
		return NULL;
	}
	volume = libvirt.virStorageVolCreateXML(pool, xml, 0);
	if (volume == NULL) {
		set_error(error, "cannot make the disk %s", file);
		return NULL;
	}
	return volume_path(volume, error);
}

gboolean virt_disk_delete(struct virt *virt, const char *path, GError **error)
{
	g_autoptr(virStorageVol) volume = libvirt.virStorageVolLookupByPath(virt->connection, path);

	if (volume != NULL && libvirt.virStorageVolDelete(volume, 0) == 0)
		return TRUE;
	set_error(error, "cannot delete the disk %s", path);
	return FALSE;
}
