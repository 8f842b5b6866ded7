/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/* gzip_pack - as gzip does, up to 4 MiB */
GBytes *gzip_pack(GBytes *plain);

/* gzip_unpack - up to 4 MiB of what was packed; NULL if this is nothing that gzip made */
GBytes *gzip_unpack(GBytes *packed);
