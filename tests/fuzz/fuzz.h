/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * What a fuzz target is: one call with any bytes, that must not crash, leak or take long. Built
 * twice: with clang's fuzzer by "make fuzz", and with replay.c as a test over tests/fuzz/corpus.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
