/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/domain.h"

/* Sound: what the guest plays on, and who hears it. */

#define FORMAT "libvirt docs/formatdomain.rst"

static const struct domain_rule table[] = {
	{ .rule = { "AU-01", SEVERITY_OBSOLETE, 'V', "sound is not set by the environment",
		    "QEMU 8.2 took all QEMU_AUDIO variables out.", NULL,
		    "QEMU docs/about/removed-features.rst" },
	  .rule.versions = "QEMU 8.2",
	  .find = "qemu:commandline/qemu:env[starts-with(@name, 'QEMU_AUDIO') or "
		  "starts-with(@name, 'QEMU_PA_') or starts-with(@name, 'QEMU_ALSA')]",
	  .message = "QEMU does not look at this variable since 8.2, and libvirt gives it a sound "
		     "backend of its own since 7.2: no sound.",
	  .fix = "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>, or "
		 "type='pulseaudio' "
		 "serverName='/run/user/1000/pulse/native'" },
	{ .rule = { "AU-02", SEVERITY_RISKY, 'V', "a sound card has somebody who hears it",
		    "libvirt always makes a backend, and without SPICE it is the silent one.", NULL,
		    "libvirt src/qemu/qemu_domain.c qemuDomainDefSuggestDefaultAudioBackend" },
	  .rule.versions = "libvirt 7.2",
	  .needs = DOMAIN_X86 | DOMAIN_PCI | DOMAIN_COMPLETE,
	  .find = "devices[not(audio)][not(graphics/@type='spice' or graphics/@type='sdl')]"
		  "[not(../qemu:commandline/qemu:arg[contains(@value, 'audiodev')])]/sound",
	  .message = "Without <audio> and without SPICE this sound card is silent.",
	  .fix = "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>" },
	{ .rule = { "AU-04", SEVERITY_RISKY, 'V', "PipeWire is found",
		    "QEMU runs outside your session, and knows no XDG_RUNTIME_DIR.", NULL,
		    FORMAT ", QEMU audio/pwaudio.c" },
	  .rule.versions = "libvirt 9.10, QEMU 8.1",
	  .find = "devices/audio[@type='pipewire'][not(@runtimeDir)]",
	  .message =
		  "A system guest does not find the user's PipeWire without runtimeDir, and does "
		  "not start.",
	  .fix = "runtimeDir='/run/user/1000', with your own number; and user= in qemu.conf" },
	{ .rule = { "AU-05", SEVERITY_RISKY, 'V', "PulseAudio is found",
		    "QEMU runs outside your session.", NULL, FORMAT },
	  .find = "devices/audio[@type='pulseaudio'][not(@serverName)]",
	  .message = "A system guest does not find the user's PulseAudio without serverName.",
	  .fix = "serverName='/run/user/1000/pulse/native', with your own number" },
	{ .rule = { "AU-09", SEVERITY_OBSOLETE, 'V', "the sound card is of today",
		    "Windows has no drivers for the cards of the nineties.", NULL, FORMAT },
	  .needs = DOMAIN_X86,
	  .find = "devices/sound[@model='ac97' or @model='es1370' or @model='sb16' or "
		  "@model='pcspk']",
	  .message = "Windows of today has no driver for this sound card.",
	  .fix = "<sound model='ich9'/>" },
	{ .rule = { "AU-10", SEVERITY_SLOW, 'V', "sound is measured in microseconds",
		    "Guides give milliseconds.", NULL, FORMAT },
	  .find = "devices/audio/*[@latency < 1000 or @bufferLength < 1000] | "
		  "devices/audio[@timerPeriod < 100]",
	  .message = "The unit is microseconds: this is too short, and crackles.",
	  .fix = "10000 or more; 20000 is a start" },
};

const struct domain_rules domain_audio_rules = DOMAIN_RULES(table);
