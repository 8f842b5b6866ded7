// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpuidleaf - what the processor answers to CPUID for one leaf
 *
 *	CPUID 40000000 40000001 4b4d564b 564b4d56 0000004d "KVMKVMKVM"
 *
 * Leaf 0x40000000 is where a hypervisor gives its name, and where Windows drivers look for it:
 * the four registers, and ebx, ecx, edx as text up to the first zero, unprintable bytes as
 * dots. Statically linked, for the guest.
 */
#include <cpuid.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	unsigned int leaf = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 16) : 0x40000000;
	unsigned int eax, regs[3];
	char name[sizeof(regs) + 1] = "";

	__cpuid(leaf, eax, regs[0], regs[1], regs[2]);
	memcpy(name, regs, sizeof(regs));
	for (size_t i = 0, end = strnlen(name, sizeof(regs)); i < end; i++)
		if (!isprint((unsigned char)name[i]))
			name[i] = '.';
	printf("CPUID %08x %08x %08x %08x %08x \"%s\"\n", leaf, eax, regs[0], regs[1], regs[2], name);
	return 0;
}
