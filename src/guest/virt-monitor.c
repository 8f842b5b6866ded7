/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-monitor.h"

#include <libvirt/libvirt-qemu.h>
#include <stddef.h>

#include "core/library.h"
#include "guest/virt-domain.h"

/* A library of its own, which comes with libvirt's. */
static struct {
	__typeof__(&virDomainQemuMonitorCommand) command;
} monitor;

static gboolean load(GError **error)
{
	static const struct library_function functions[] = { { "virDomainQemuMonitorCommand", 0 } };

	return library_load("libvirt-qemu.so.0", "libvirt", "hotseat check has the command",
			    functions, G_N_ELEMENTS(functions), &monitor, error);
}

char *virt_monitor_ask(struct virt *virt, const char *name, const char *order, const char *what,
		       GError **error)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, error);
	char *answer = NULL;

	if (domain == NULL || !load(error))
		return NULL;
	if (monitor.command(domain, order, &answer, VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT) == 0)
		return answer;
	virt_set_error(error, what);
	return NULL;
}
