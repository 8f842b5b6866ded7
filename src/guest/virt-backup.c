/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-backup.h"

#include "guest/virt-domain.h"

#define POLL_MICROSECONDS 250000

static char *backup_xml(char **targets, char **files, char **formats)
{
	g_autoptr(GString) xml = g_string_new("<domainbackup mode='push'><disks>");

	for (guint i = 0; targets[i] != NULL; i++) {
		g_autofree char *disk = g_markup_printf_escaped(
			"<disk name='%s' backup='yes' type='file'><target file='%s'/>"
			"<driver type='%s'/></disk>",
			targets[i], files[i], formats[i]);

		g_string_append(xml, disk);
	}
	g_string_append(xml, "</disks></domainbackup>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

static int job_type(virDomain *domain, guint flags)
{
	virTypedParameterPtr parameters = NULL;
	int count = 0, type = VIR_DOMAIN_JOB_NONE;

	if (libvirt.virDomainGetJobStats(domain, &type, &parameters, &count, flags) != 0)
		return VIR_DOMAIN_JOB_FAILED;
	libvirt.virTypedParamsFree(parameters, count);
	return type;
}

/* Asked again and again, as in virt.c. */
static gboolean wait_for_job(virDomain *domain, GError **error)
{
	int type;

	do {
		g_usleep(POLL_MICROSECONDS);
		type = job_type(domain, 0);
	} while (type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED);
	if (type == VIR_DOMAIN_JOB_NONE)
		type = job_type(domain, VIR_DOMAIN_JOB_STATS_COMPLETED);
	if (type == VIR_DOMAIN_JOB_COMPLETED)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "QEMU did not finish copying the disks; its log is in /var/log/libvirt/qemu");
	return FALSE;
}

gboolean virt_backup(struct virt *virt, const char *name, char **targets, char **files,
		     char **formats, gboolean *quiesced, GError **error)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, error);
	g_autofree char *xml = backup_xml(targets, files, formats);
	gboolean begun, quiet;

	if (domain == NULL)
		return FALSE;
	/* Without an agent the copy is what a disk has after a power cut, and guests can that. */
	quiet = libvirt.virDomainFSFreeze(domain, NULL, 0, 0) >= 0;
	begun = libvirt.virDomainBackupBegin(domain, xml, NULL, 0) == 0;
	if (!begun)
		virt_set_error(error, "cannot copy the disks of the running guest");
	if (quiet)
		libvirt.virDomainFSThaw(domain, NULL, 0, 0);
	if (!begun || !wait_for_job(domain, error))
		return FALSE;
	*quiesced = quiet;
	return TRUE;
}

void virt_backup_abandon(struct virt *virt, const char *name)
{
	g_autoptr(virDomain) domain = virt_find(virt, name, NULL);

	if (domain == NULL)
		return;
	/* Either fails where there is nothing to end, and that is fine. */
	libvirt.virDomainFSThaw(domain, NULL, 0, 0);
	if (libvirt.virDomainAbortJob(domain) == 0)
		wait_for_job(domain, NULL);
}
