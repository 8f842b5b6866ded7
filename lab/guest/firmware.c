// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The firmware guest - an operating system that counts its starts, everywhere it can
 *
 * A UEFI application that QEMU hands to the firmware by -kernel. On its disk, in a firmware variable
 * and in its TPM it finds what the last start left there, says so on the serial console, and counts
 * on. Then it waits for the power button. It speaks as the Linux guest does (init).
 *
 * The disk's number is in its first sector. The TPM counts its resets itself.
 *
 * Sources: UEFI specification 2.10, chapters 4, 7, 8, 13; TCG EFI protocol 1.0; TPM 2.0 part 3,
 * TPM2_ReadClock; PE/COFF 11; ICH9 data sheet, chapter 13.
 */
#include <stdbool.h>
#include <stdint.h>

#include "pc.h"

#define EFIAPI __attribute__((ms_abi))

/* ---- what makes this a PE image -------------------------------------------------------------- */

__asm__(".section .headers, \"a\"\n"
	"	.ascii \"MZ\"\n"
	"	.skip 58\n"
	"	.long 64\n"			/* where the next header is */
	"	.ascii \"PE\\0\\0\"\n"
	"	.short 0x8664, 1\n"		/* x86-64, one section */
	"	.long 0, 0, 0\n"
	"	.short optional_end - optional, 0x022e\n" /* executable, large addresses */
	"optional:\n"
	"	.short 0x20b, 0\n"		/* PE32+ */
	"	.long image_size, 0, 0, entry_offset, 0x1000\n"
	"	.quad 0\n"
	"	.long 4096, 512\n"
	"	.short 0, 0, 0, 0, 0, 0\n"
	"	.long 0, image_end, 4096, 0\n"
	"	.short 10, 0\n"			/* EFI application */
	"	.quad 0, 0, 0, 0\n"
	"	.long 0, 6\n"
	"	.quad 0, 0, 0, 0, 0, 0\n"
	"optional_end:\n"
	"	.ascii \".text\\0\\0\\0\"\n"
	"	.long image_size, 0x1000, image_size, 0x1000\n"
	"	.long 0, 0, 0, 0xe0000020\n"	/* code; read, write, execute */
	"	.text\n");

/* ---- ports and the console ------------------------------------------------------------------- */

static void put_number(uint64_t value)
{
	if (value >= 10)
		put_number(value / 10);
	put_char((char)('0' + value % 10));
}

static void put_line(const char *word, uint64_t value)
{
	put(word);
	put_char(' ');
	put_number(value);
	put_char('\n');
}

/* ---- UEFI, as far as it is used -------------------------------------------------------------- */

struct guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

/* Boot and runtime services, by their place behind the header. */
struct services {
	uint8_t header[24];
	void *functions[];
};

enum {
	HANDLE_PROTOCOL = 16,
	SET_WATCHDOG = 29,
	CONNECT = 30,
	LOCATE_HANDLES = 36,
	LOCATE_PROTOCOL = 37,
};
enum { GET_VARIABLE = 6, SET_VARIABLE = 8, RESET_SYSTEM = 10 };

struct system_table {
	uint8_t header[24];
	void *until_runtime[8];
	struct services *runtime, *boot;
};

typedef uint64_t EFIAPI set_watchdog(uint64_t, uint64_t, uint64_t, void *);
typedef uint64_t EFIAPI connect(void *, void *, void *, bool);
typedef uint64_t EFIAPI handle_protocol(void *, const struct guid *, void *);
typedef uint64_t EFIAPI locate_handles(uint32_t, const struct guid *, void *, uint64_t *, void ***);
typedef uint64_t EFIAPI locate_protocol(const struct guid *, void *, void *);
typedef uint64_t EFIAPI get_variable(const uint16_t *, const struct guid *, uint32_t *, uint64_t *,
				     void *);
typedef uint64_t EFIAPI set_variable(const uint16_t *, const struct guid *, uint32_t, uint64_t,
				     const void *);
typedef uint64_t EFIAPI reset_system(uint32_t, uint64_t, uint64_t, void *);

struct block_media {
	uint32_t id;
	bool removable, present, partition, read_only, write_caching;
	uint32_t block_size;
};

struct block_io {
	uint64_t revision;
	struct block_media *media;
	void *reset;
	uint64_t (EFIAPI *read)(struct block_io *, uint32_t media, uint64_t block, uint64_t size,
				void *);
	uint64_t (EFIAPI *write)(struct block_io *, uint32_t media, uint64_t block, uint64_t size,
				 const void *);
	uint64_t (EFIAPI *flush)(struct block_io *);
};

struct tcg2 {
	void *until_submit[3];
	uint64_t (EFIAPI *submit)(struct tcg2 *, uint32_t size, const uint8_t *, uint32_t room,
				  uint8_t *);
};

static const struct services *boot, *runtime;

/* ---- what is counted ------------------------------------------------------------------------- */

/* The firmware has looked for no drivers yet: it starts what -kernel gives it before that. */
static void connect_all(void)
{
	enum { ALL_HANDLES = 0 };
	void **handles;
	uint64_t n;

	if (((locate_handles *)boot->functions[LOCATE_HANDLES])(ALL_HANDLES, 0, 0, &n, &handles))
		return;
	for (uint64_t i = 0; i < n; i++)
		((connect *)boot->functions[CONNECT])(handles[i], 0, 0, true);
}

static struct block_io *find_disk(void)
{
	enum { BY_PROTOCOL = 2 };
	static const struct guid guid = { 0x964e5b21, 0x6459, 0x11d2,
					  { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
	void **handles;
	uint64_t n;

	if (((locate_handles *)boot->functions[LOCATE_HANDLES])(BY_PROTOCOL, &guid, 0, &n,
								 &handles) != 0)
		return 0;
	for (uint64_t i = 0; i < n; i++) {
		struct block_io *disk;

		if (((handle_protocol *)boot->functions[HANDLE_PROTOCOL])(handles[i], &guid,
									  &disk) == 0 &&
		    disk->media->present && !disk->media->removable && !disk->media->partition &&
		    !disk->media->read_only && disk->media->block_size == 512)
			return disk;
	}
	return 0;
}

/* The number is text, as the Linux guest writes it. */
static void count_on_disk(void)
{
	static uint8_t sector[512] __attribute__((aligned(512)));
	struct block_io *disk = find_disk();
	uint64_t count = 0, next;
	unsigned int digits = 0;

	if (!disk || disk->read(disk, disk->media->id, 0, sizeof(sector), sector) != 0) {
		put("GUEST has no disk\n");
		return;
	}
	for (; digits < 18 && sector[digits] >= '0' && sector[digits] <= '9'; digits++)
		count = count * 10 + sector[digits] - '0';
	put_line("GUESTDISK", count);
	next = count + 1;
	for (digits = 1; next >= 10; digits++)
		next /= 10;
	next = count + 1;
	sector[digits] = '\n';
	for (; digits > 0; next /= 10)
		sector[--digits] = (uint8_t)('0' + next % 10);
	if (disk->write(disk, disk->media->id, 0, sizeof(sector), sector) != 0 ||
	    disk->flush(disk) != 0)
		put("GUEST cannot write to its disk\n");
}

static void count_in_variable(void)
{
	enum { NON_VOLATILE = 1, BOOT = 2, RUNTIME = 4 };
	static const uint16_t name[] = u"HotseatStarts";
	static const struct guid guid = { 0x6c1c7c3e, 0x5a3b, 0x4f0e,
					  { 0x9d, 0x11, 0x48, 0x6f, 0x74, 0x73, 0x65, 0x61 } };
	uint64_t count = 0, size = sizeof(count);

	if (((get_variable *)runtime->functions[GET_VARIABLE])(name, &guid, 0, &size, &count) != 0)
		count = 0;
	put_line("GUESTVARIABLE", count);
	count++;
	if (((set_variable *)runtime->functions[SET_VARIABLE])(
		    name, &guid, NON_VOLATILE | BOOT | RUNTIME, sizeof(count), &count) != 0)
		put("GUEST cannot write its variable\n");
}

static void tell_resets_of_tpm(void)
{
	enum { HEADER = 10, RESETS = HEADER + 16 };
	static const struct guid guid = { 0x607f766c, 0x7455, 0x42be,
					  { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };
	static const uint8_t read_clock[] = { 0x80, 0x01, 0, 0, 0, HEADER, 0, 0, 0x01, 0x81 };
	static uint8_t answer[64];
	struct tcg2 *tpm;

	if (((locate_protocol *)boot->functions[LOCATE_PROTOCOL])(&guid, 0, &tpm) != 0) {
		put("GUEST has no TPM\n");
		return;
	}
	if (tpm->submit(tpm, sizeof(read_clock), read_clock, sizeof(answer), answer) != 0 ||
	    (answer[6] | answer[7] | answer[8] | answer[9]) != 0) {
		put("GUEST cannot ask its TPM\n");
		return;
	}
	put_line("GUESTTPM", (uint64_t)answer[RESETS] << 24 | answer[RESETS + 1] << 16 |
				     answer[RESETS + 2] << 8 | answer[RESETS + 3]);
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* Return: the port of the chipset's power management registers. */
static uint16_t find_power(void)
{
	uint16_t power;

	out32(0xcf8, 0x8000f840);	/* 00:1f.0, its register 0x40 */
	power = in32(0xcfc) & 0xff80;
	out16(power, 0x100);		/* forget an old press */
	out16(power + 2, 0x100);	/* report the button, which is all that is asked for */
	return power;
}

uint64_t EFIAPI efi_main(void *image, const struct system_table *table);

uint64_t EFIAPI efi_main(void *image, const struct system_table *table)
{
	uint16_t power;

	(void)image;
	boot = table->boot;
	runtime = table->runtime;
	((set_watchdog *)boot->functions[SET_WATCHDOG])(0, 0, 0, 0);
	put("\nGUEST up\n");
	connect_all();
	count_on_disk();
	count_in_variable();
	tell_resets_of_tpm();
	power = find_power();
	put("GUESTKEY ready\n");
	/* The firmware's timer ends each hlt. */
	while (!(in16(power) & 0x100))
		__asm__ volatile("hlt");
	put("GUESTKEY 116 1\nGUEST off\n");
	((reset_system *)runtime->functions[RESET_SYSTEM])(2, 0, 0, 0);
	return 0;
}
