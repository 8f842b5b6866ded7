/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * What libddcutil's functions cannot say: from which address a command comes (ddcutil has an option
 * for it, the library has not). LG's monitors heed their service commands from this one only.
 */
#define I2C_SOURCE_MAKER 0x50

/* "source, length, set, feature, value, checksum" */
#define I2C_SET_SIZE 7

/* i2c_make_set - the bytes of DDC/CI's "Set VCP Feature" (DDC/CI 1.1, 4.4), for slave 0x37 */
void i2c_make_set(guint8 bytes[I2C_SET_SIZE], guint8 source, guint8 feature, guint8 value);

/**
 * i2c_set_feature - write a feature of the monitor on /dev/i2c-@bus
 *
 * Waits for others that speak on the bus (ddcutil's lock), up to a second.
 *
 * Return: FALSE with HOTSEAT_ERROR_ABSENT if nobody takes it, HOTSEAT_ERROR_BUSY, or
 * HOTSEAT_ERROR_DENIED.
 */
gboolean i2c_set_feature(int bus, guint8 source, guint8 feature, guint8 value, GError **error);
