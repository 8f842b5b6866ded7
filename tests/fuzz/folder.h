/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* folder_fresh - an empty folder in memory, the same at each call; emptied of what was in it */
const char *folder_fresh(void);
