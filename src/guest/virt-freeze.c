/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-freeze.h"

#include "guest/domain.h"
#include "guest/virt-domain.h"

/*
 * libvirt asks an agent for a sign of life before the first call alone (qemuAgentGuestSync(), in
 * sync from then on), and then waits for ever: one that has answered once and was stopped since
 * would be waited for as long. So there is a limit while we ask; before and after it, libvirt's
 * own, as it does not tell which one there was.
 */
#define AGENT_SECONDS 20

static gboolean agent_runs(struct virt *virt, const char *name, GError **error)
{
	g_autofree char *xml = virt_domain_live_xml(virt, name, error);
	autoptr(domain_facts) facts = xml != NULL ? domain_facts_parse(xml, error) : NULL;

	if (facts == NULL)
		return FALSE;
	if (!facts->agent)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "no guest agent runs in it (qemu-guest-agent, or virtio-win's guest "
			    "tools)");
	return facts->agent;
}

/* Both calls have one form. Return: how many file systems, or -1. */
static int ask_agent(virDomain *domain,
		     int (*call)(virDomain *domain, const char **mounts, guint count, guint flags),
		     const char *what, GError **error)
{
	int count;

	libvirt.virDomainAgentSetResponseTimeout(domain, AGENT_SECONDS, 0);
	count = call(domain, NULL, 0, 0);
	if (count < 0)
		virt_set_error(error, what);
	libvirt.virDomainAgentSetResponseTimeout(domain, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK,
						 0);
	return count;
}

gboolean virt_freeze(struct virt *virt, const char *name, GError **error)
{
	g_autoptr(virDomain) domain = NULL;
	int count;

	if (!agent_runs(virt, name, error))
		return FALSE;
	domain = virt_find(virt, name, error);
	if (domain == NULL)
		return FALSE;
	count = ask_agent(domain, libvirt.virDomainFSFreeze,
			  "its guest agent does not hold the file systems still", error);
	if (count == 0)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "its guest agent found no file system that can be held still");
	return count > 0;
}

gboolean virt_thaw(struct virt *virt, const char *name, gboolean *held, GError **error)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, error);
	int count;

	if (domain == NULL)
		return FALSE;
	count = ask_agent(domain, libvirt.virDomainFSThaw,
			  "its guest agent does not let the file systems go", error);
	if (count < 0)
		return FALSE;
	*held = count > 0;
	return TRUE;
}
