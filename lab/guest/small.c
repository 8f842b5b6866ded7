// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The small guest - an operating system that lists its devices and repeats what is typed
 *
 * An emulated desktop that emulates a guest needs two minutes to start Linux in it. What most
 * stories ask of a guest is little: which devices are in which slot, what is the processor's
 * name, which keys arrive, and that it goes when the power button is pressed. This answers the
 * same questions with the same words as the Linux guest (init, keywatch, cpuidleaf), within a
 * second or two of the firmware. Where it finds a sound device it plays a tone.
 *
 * One processor, 32 bit, no paging, polled. QEMU loads it by -kernel as a Multiboot image; the
 * firmware (SeaBIOS) has numbered the buses and placed the BARs.
 *
 * Sources: Multiboot 0.6.96; Virtio 1.1, chapters 2.6, 4.1 and 5.8; ICH9 data sheet, chapter 13;
 * High Definition Audio 1.0a, chapters 3.3, 4.5 and 7.3.
 */
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

#include "pc.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

__asm__(".section .multiboot, \"a\"\n"
	".align 4\n"
	".long 0x1badb002, 0, -0x1badb002\n"
	".text\n"
	".global start\n"
	"start:\n"
	"	mov $stack_end, %esp\n"
	"	call guest_main\n"
	/* The timer's only purpose is to end a hlt. */
	"timer:\n"
	"	push %eax\n"
	"	mov $0x20, %al\n"
	"	out %al, $0x20\n"
	"	pop %eax\n"
	"	iret\n"
	".bss\n"
	".align 16\n"
	"	.skip 16384\n"
	"stack_end:\n"
	".text\n");

extern const char timer[];

/* ---- ports and the console ------------------------------------------------------------------ */

static void put_hex(uint32_t value, int digits)
{
	while (digits-- > 0)
		put_char("0123456789abcdef"[value >> (4 * digits) & 0xf]);
}

static void put_number(uint32_t value)
{
	if (value >= 10)
		put_number(value / 10);
	put_char((char)('0' + value % 10));
}

/* ---- PCI ------------------------------------------------------------------------------------ */

struct pci {
	uint8_t bus, slot, function;
};

static uint32_t pci_read(struct pci at, uint8_t offset)
{
	out32(0xcf8, 0x80000000u | (uint32_t)at.bus << 16 | (uint32_t)at.slot << 11 |
			     (uint32_t)at.function << 8 | (offset & 0xfc));
	return in32(0xcfc);
}

static uint8_t pci_read8(struct pci at, uint8_t offset)
{
	return (uint8_t)(pci_read(at, offset) >> (8 * (offset & 3)));
}

static void pci_enable(struct pci at)
{
	uint32_t command = pci_read(at, 4) & 0xffff;

	out32(0xcfc, command | 0x6);	/* memory space, bus master */
}

static void put_device(struct pci at, uint32_t id)
{
	put("GUESTPCI 0000:");
	put_hex(at.bus, 2);
	put_char(':');
	put_hex(at.slot, 2);
	put_char('.');
	put_number(at.function);
	put(" 0x");
	put_hex(id & 0xffff, 4);
	put(" 0x");
	put_hex(id >> 16, 4);
	put(" 0x");
	put_hex(pci_read(at, 8) >> 8, 6);
	put_char('\n');
}

/* ---- virtio input --------------------------------------------------------------------------- */

#define QUEUE_SIZE 64

struct virtio_common {
	uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
	uint16_t msix_config, num_queues;
	uint8_t device_status, config_generation;
	uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
	uint64_t queue_desc, queue_driver, queue_device;
};

struct input_event {
	uint16_t type, code;
	uint32_t value;
};

struct input {
	struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} descriptors[QUEUE_SIZE] __attribute__((aligned(16)));
	struct {
		uint16_t flags, index, ring[QUEUE_SIZE];
	} available __attribute__((aligned(2)));
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, length;
		} ring[QUEUE_SIZE];
	} used __attribute__((aligned(4)));
	struct input_event events[QUEUE_SIZE];
	volatile uint16_t *doorbell;
	uint16_t seen;
};

enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2 };

static struct input inputs[4];
static unsigned int n_inputs;

/* Return: where a virtio structure lies in memory, or NULL; *extra is its fifth word. */
static volatile void *virtio_structure(struct pci at, uint8_t wanted, uint32_t *extra)
{
	for (uint8_t cap = pci_read8(at, 0x34); cap; cap = pci_read8(at, cap + 1)) {
		uint32_t bar;
		uint8_t bar_at;

		if (pci_read8(at, cap) != 0x09 || pci_read8(at, cap + 3) != wanted)
			continue;
		bar_at = (uint8_t)(0x10 + 4 * pci_read8(at, cap + 4));
		bar = pci_read(at, bar_at);
		if ((bar & 0x6) == 0x4 && pci_read(at, bar_at + 4) != 0)
			return 0;	/* above 4 GiB, where 32 bit do not reach */
		*extra = pci_read(at, cap + 16);
		return (volatile void *)((bar & ~0xfu) + pci_read(at, cap + 8));
	}
	return 0;
}

static void input_start(struct pci at)
{
	struct input *input = &inputs[n_inputs];
	volatile struct virtio_common *common;
	volatile uint8_t *notify;
	uint32_t unused, multiplier;

	common = virtio_structure(at, CAP_COMMON, &unused);
	notify = virtio_structure(at, CAP_NOTIFY, &multiplier);
	if (!common || !notify || n_inputs == ARRAY_SIZE(inputs)) {
		put("GUEST cannot use this input device\n");
		return;
	}
	n_inputs++;
	pci_enable(at);

	common->device_status = 0;
	common->device_status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
	common->driver_feature_select = 1;
	common->driver_feature = 1;	/* VIRTIO_F_VERSION_1 is bit 32 */
	common->driver_feature_select = 0;
	common->driver_feature = 0;
	common->device_status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;

	for (unsigned int i = 0; i < QUEUE_SIZE; i++) {
		input->descriptors[i].address = (uint32_t)&input->events[i];
		input->descriptors[i].length = sizeof(input->events[i]);
		input->descriptors[i].flags = 2;	/* the device writes */
		input->available.ring[i] = (uint16_t)i;
	}
	input->available.index = QUEUE_SIZE;
	common->queue_select = 0;
	common->queue_size = QUEUE_SIZE;
	common->queue_desc = (uint32_t)input->descriptors;
	common->queue_driver = (uint32_t)&input->available;
	common->queue_device = (uint32_t)&input->used;
	common->queue_enable = 1;
	common->device_status |= STATUS_DRIVER_OK;
	input->doorbell = (volatile uint16_t *)(notify + common->queue_notify_off * multiplier);
	*input->doorbell = 0;
}

enum { EV_KEY = 1, KEY_F12 = 88, KEY_POWER = 116 };

static void put_key(uint16_t code, uint32_t value)
{
	put("GUESTKEY ");
	put_number(code);
	put_char(' ');
	put_number(value);
	put_char('\n');
}

/* Return: whether F12 was pressed. */
static bool input_drain(struct input *input)
{
	bool leave = false;
	uint16_t before = input->seen;

	while (input->seen != *(volatile uint16_t *)&input->used.index) {
		uint32_t id = input->used.ring[input->seen % QUEUE_SIZE].id;
		const volatile struct input_event *event = &input->events[id];

		if (event->type == EV_KEY) {
			put_key(event->code, event->value);
			leave = leave || (event->code == KEY_F12 && event->value == 1);
		}
		input->available.ring[input->available.index % QUEUE_SIZE] = (uint16_t)id;
		__asm__ volatile("" : : : "memory");	/* x86 keeps the order of writes */
		input->available.index++;
		input->seen++;
	}
	if (input->seen != before)
		*input->doorbell = 0;
	return leave;
}

/* ---- sound: ICH9 with the codec hda-duplex, libvirt's <sound model='ich9'> --------------------- */

enum { HDA_GCTL = 0x08, HDA_COMMAND = 0x60, HDA_COMMAND_STATUS = 0x68, HDA_OUTPUT = 0x100 };
enum { STREAM_CTL = 0x00, STREAM_LENGTH = 0x08, STREAM_LAST = 0x0c, STREAM_FORMAT = 0x12,
       STREAM_LIST = 0x18 };
enum { CODEC_DAC = 2, CODEC_PIN = 3, STREAM_TAG = 1 };
/* Whole periods, and pieces of whole 128 bytes: it can be played round and round. */
enum { TONE_HZ = 440, RATE = 16000, TONE_FRAMES = 1600, TONE_PIECES = 2 };
enum { FORMAT_16000_16_BIT_STEREO = 0x0211 };

static struct {
	struct {
		uint64_t address;
		uint32_t length, flags;
	} pieces[TONE_PIECES] __attribute__((aligned(128)));
	int16_t frames[TONE_FRAMES][2] __attribute__((aligned(128)));
} tone;

static void hda_write32(volatile uint8_t *hda, uint32_t at, uint32_t value)
{
	*(volatile uint32_t *)(hda + at) = value;
}

static void hda_write16(volatile uint8_t *hda, uint32_t at, uint16_t value)
{
	*(volatile uint16_t *)(hda + at) = value;
}

static void hda_command(volatile uint8_t *hda, uint32_t node, uint32_t verb_and_payload)
{
	hda_write32(hda, HDA_COMMAND, node << 20 | verb_and_payload);
	hda_write16(hda, HDA_COMMAND_STATUS, 1);
	while (*(volatile uint16_t *)(hda + HDA_COMMAND_STATUS) & 1)
		;
}

/* sin((n + 1) w) = 2 cos(w) sin(n w) - sin((n - 1) w), as there is no floating point here */
static void tone_make(void)
{
	enum { ONE = 1 << 30 };
	const int64_t twice_cosine = 2115506169;	/* 2 cos(2 pi 440 / 16000) * ONE */
	int64_t before = -184607466, now = 0;		/* -sin(2 pi 440 / 16000) * ONE */

	for (unsigned int i = 0; i < TONE_FRAMES; i++) {
		int64_t next = (twice_cosine * now >> 30) - before;

		tone.frames[i][0] = tone.frames[i][1] = (int16_t)(now >> 16);
		before = now;
		now = next;
	}
	for (unsigned int i = 0; i < TONE_PIECES; i++) {
		tone.pieces[i].address = (uint32_t)tone.frames + i * (sizeof(tone.frames) / TONE_PIECES);
		tone.pieces[i].length = sizeof(tone.frames) / TONE_PIECES;
	}
}

/* The device plays from memory on its own; nothing is left to do. */
static void sound_start(struct pci at)
{
	volatile uint8_t *hda = (volatile uint8_t *)(pci_read(at, 0x10) & ~0xfu);

	pci_enable(at);
	hda_write32(hda, HDA_GCTL, 1);
	while (!(*(volatile uint32_t *)(hda + HDA_GCTL) & 1))
		;
	tone_make();
	hda_command(hda, CODEC_DAC, 0x20000 | FORMAT_16000_16_BIT_STEREO);
	hda_command(hda, CODEC_DAC, 0x70600 | STREAM_TAG << 4);
	hda_command(hda, CODEC_DAC, 0x3b04a);		/* as loud as it was sent */
	hda_command(hda, CODEC_PIN, 0x70740);		/* out */
	hda_write32(hda, HDA_OUTPUT + STREAM_LIST, (uint32_t)tone.pieces);
	hda_write32(hda, HDA_OUTPUT + STREAM_LIST + 4, 0);
	hda_write32(hda, HDA_OUTPUT + STREAM_LENGTH, sizeof(tone.frames));
	hda_write16(hda, HDA_OUTPUT + STREAM_LAST, TONE_PIECES - 1);
	hda_write16(hda, HDA_OUTPUT + STREAM_FORMAT, FORMAT_16000_16_BIT_STEREO);
	hda_write32(hda, HDA_OUTPUT + STREAM_CTL, STREAM_TAG << 20 | 2);
	put("GUESTTONE ");
	put_number(TONE_HZ);
	put_char('\n');
}

/* ---- the machine ---------------------------------------------------------------------------- */

static void scan(uint8_t bus)
{
	for (uint8_t slot = 0; slot < 32; slot++) {
		uint8_t functions = 1;

		for (uint8_t function = 0; function < functions; function++) {
			struct pci at = { bus, slot, function };
			uint32_t id = pci_read(at, 0);
			uint8_t header;

			if (id == 0xffffffff)
				continue;
			header = pci_read8(at, 0x0e);
			if (header & 0x80)
				functions = 8;
			put_device(at, id);
			if ((header & 0x7f) == 1 && pci_read8(at, 0x19) > bus)
				scan(pci_read8(at, 0x19));
			else if (id == 0x10521af4)
				input_start(at);
			else if (id == 0x293e8086)
				sound_start(at);
		}
	}
}

static void put_cpuid(void)
{
	uint32_t eax, name[3];

	__cpuid(0x40000000, eax, name[0], name[1], name[2]);
	put("GUESTCPUID 40000000 ");
	put_hex(eax, 8);
	for (unsigned int i = 0; i < 3; i++) {
		put_char(' ');
		put_hex(name[i], 8);
	}
	put(" \"");
	for (unsigned int i = 0; i < 12; i++) {
		char c = (char)(name[i / 4] >> (8 * (i % 4)));

		if (c == '\0')
			break;
		put_char(c >= ' ' && c <= '~' ? c : '.');
	}
	put("\"\n");
}

struct __attribute__((packed)) table {
	uint16_t limit;
	uint32_t base;
};

/* A tick that ends hlt, because a guest that spins takes a processor from its desktop. */
static void start_timer(void)
{
	enum { VECTOR = 0x20, HERTZ = 50, DIVISOR = 1193182 / HERTZ };
	static const uint64_t gdt[] = { 0, 0x00cf9a000000ffff, 0x00cf92000000ffff };
	static uint64_t idt[VECTOR + 1];
	static const struct { uint8_t port, value; } pic[] = {
		{ 0x20, 0x11 }, { 0x21, VECTOR }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, VECTOR + 8 }, { 0xa1, 2 }, { 0xa1, 1 },
		{ 0x21, 0xfe }, { 0xa1, 0xff },		/* all masked but the timer */
		{ 0x43, 0x34 }, { 0x40, DIVISOR & 0xff }, { 0x40, DIVISOR >> 8 },
	};
	struct table gdt_table = { sizeof(gdt) - 1, (uint32_t)gdt };
	struct table idt_table = { sizeof(idt) - 1, (uint32_t)idt };
	uint32_t handler = (uint32_t)timer;

	idt[VECTOR] = (handler & 0xffff) | 8u << 16 | 0x8e00ull << 32 |
		      (uint64_t)(handler >> 16) << 48;
	__asm__ volatile("lgdt %0\n"
			 "ljmp $8, $1f\n"
			 "1: mov %2, %%ds\n"
			 "mov %2, %%es\n"
			 "mov %2, %%ss\n"
			 "lidt %1\n"
			 : : "m"(gdt_table), "m"(idt_table), "r"(0x10) : "memory");
	for (unsigned int i = 0; i < ARRAY_SIZE(pic); i++)
		out8(pic[i].port, pic[i].value);
}

/* Return: the port of the chipset's power management registers. */
static uint16_t find_power(void)
{
	uint16_t power = pci_read((struct pci){ 0, 0x1f, 0 }, 0x40) & 0xff80;

	out16(power, 0x100);		/* forget an old press */
	out16(power + 2, 0x100);	/* report the button, which is all that is asked for */
	return power;
}

void guest_main(void);

void guest_main(void)
{
	uint16_t power = find_power();
	bool leave = false;

	put("GUEST up\n");
	scan(0);
	put_cpuid();
	start_timer();
	put("GUESTKEY ready\n");

	while (!leave) {
		__asm__ volatile("sti\nhlt\ncli" : : : "memory");
		for (unsigned int i = 0; i < n_inputs; i++)
			leave = input_drain(&inputs[i]) || leave;
		if (in16(power) & 0x100) {
			put_key(KEY_POWER, 1);
			leave = true;
		}
	}
	put("GUEST off\n");
	out16(power + 4, 0x2000);	/* sleep type 0 of this chipset is S5 */
	for (;;)
		__asm__ volatile("hlt");
}
