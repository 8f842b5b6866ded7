/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "core/error.h"

/*
 * libvirt's client library, loaded when it is first needed and not with the program. `hotseat
 * check` must run where libvirt is still to be installed, and say so; and the library brings some
 * forty others with it, which made two thirds of the time of every command that never speaks to
 * libvirt.
 */
#define LIBVIRT_FUNCTIONS(X)                                                                       \
	X(virConnectClose)                                                                         \
	X(virConnectGetDomainCapabilities)                                                         \
	X(virConnectGetLibVersion)                                                                 \
	X(virConnectGetVersion)                                                                    \
	X(virConnectListAllDomains)                                                                \
	X(virConnectOpen)                                                                          \
	X(virDomainAbortJob)                                                                       \
	X(virDomainAgentSetResponseTimeout)                                                        \
	X(virDomainAttachDeviceFlags)                                                              \
	X(virDomainBackupBegin)                                                                    \
	X(virDomainCreate)                                                                         \
	X(virDomainDefineXMLFlags)                                                                 \
	X(virDomainDetachDeviceFlags)                                                              \
	X(virDomainDestroy)                                                                        \
	X(virDomainFSFreeze)                                                                       \
	X(virDomainFSThaw)                                                                         \
	X(virDomainFree)                                                                           \
	X(virDomainGetJobStats)                                                                    \
	X(virDomainGetName)                                                                        \
	X(virDomainGetState)                                                                       \
	X(virDomainGetUUIDString)                                                                  \
	X(virDomainGetXMLDesc)                                                                     \
	X(virDomainLookupByName)                                                                   \
	X(virDomainShutdown)                                                                       \
	X(virDomainUndefineFlags)                                                                  \
	X(virGetLastError)                                                                         \
	X(virGetLastErrorCode)                                                                     \
	X(virNetworkCreate)                                                                        \
	X(virNetworkFree)                                                                          \
	X(virNetworkIsActive)                                                                      \
	X(virNetworkLookupByName)                                                                  \
	X(virNetworkSetAutostart)                                                                  \
	X(virSetErrorFunc)                                                                         \
	X(virStoragePoolBuild)                                                                     \
	X(virStoragePoolCreate)                                                                    \
	X(virStoragePoolDefineXML)                                                                 \
	X(virStoragePoolFree)                                                                      \
	X(virStoragePoolIsActive)                                                                  \
	X(virStoragePoolLookupByName)                                                              \
	X(virStoragePoolRefresh)                                                                   \
	X(virStoragePoolSetAutostart)                                                              \
	X(virStorageVolCreateXML)                                                                  \
	X(virStorageVolDelete)                                                                     \
	X(virStorageVolFree)                                                                       \
	X(virStorageVolGetPath)                                                                    \
	X(virStorageVolLookupByName)                                                               \
	X(virStorageVolLookupByPath)                                                               \
	X(virTypedParamsFree)                                                                      \
	X(virTypedParamsGetString)

struct libvirt {
#define LIBVIRT_MEMBER(function) typeof(function) *function;
	LIBVIRT_FUNCTIONS(LIBVIRT_MEMBER)
#undef LIBVIRT_MEMBER
};

/* libvirt - the functions, by libvirt's own names; set once libvirt_load() has returned TRUE */
extern struct libvirt libvirt;

/* libvirt_load - HOTSEAT_ERROR_ABSENT if the library is not installed, or too old */
gboolean libvirt_load(GError **error);
