/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/virt-internal.h"
#include "guest/xml.h"

struct virt_capabilities *virt_capabilities_parse(const char *xml, GError **error)
{
	const char *why = NULL;
	g_autoptr(xmlDoc) doc = xml_parse(xml, &why);
	g_autoptr(xmlXPathContext) context = NULL;
	autoptr(virt_capabilities) capabilities = NULL;

	if (doc == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's domain capabilities make no sense: %s", why);
		return NULL;
	}
	context = xmlXPathNewContext(doc);
	capabilities = g_new0(struct virt_capabilities, 1);
	capabilities->virt_type = xml_find_text(context, "/domainCapabilities/domain");
	capabilities->machine = xml_find_text(context, "/domainCapabilities/machine");
	capabilities->emulator = xml_find_text(context, "/domainCapabilities/path");
	if (capabilities->virt_type == NULL || capabilities->machine == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's domain capabilities name no machine");
		return NULL;
	}
	capabilities->uefi = xml_has(
		context, "/domainCapabilities/os/enum[@name='firmware']/value[text()='efi']");
	capabilities->secure_boot = xml_has(
		context, "/domainCapabilities/os/loader/enum[@name='secure']/value[text()='yes']");
	capabilities->tpm = xml_has(context,
				    "/domainCapabilities/devices/tpm[@supported='yes']"
				    "[enum[@name='model']/value='tpm-crb']"
				    "/enum[@name='backendModel']/value[text()='emulator']");
	capabilities->host_passthrough =
		xml_has(context,
			"/domainCapabilities/cpu/mode[@name='host-passthrough']"
			"[@supported='yes']");
	capabilities->cpu_maximum =
		xml_has(context, "/domainCapabilities/cpu/mode[@name='maximum'][@supported='yes']");
	capabilities->hyperv =
		xml_find_texts(context,
			       "/domainCapabilities/features/hyperv[@supported='yes']"
			       "/enum[@name='features']/value");
	capabilities->spice = xml_has(context,
				      "/domainCapabilities/devices/graphics"
				      "/enum[@name='type']/value[text()='spice']");
	return g_steal_pointer(&capabilities);
}

void virt_capabilities_free(struct virt_capabilities *capabilities)
{
	if (capabilities == NULL)
		return;
	g_free(capabilities->virt_type);
	g_free(capabilities->machine);
	g_free(capabilities->emulator);
	g_strfreev(capabilities->hyperv);
	g_free(capabilities);
}
