/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/host.h"

const struct rule_set host_rules_bars = { NULL, 0 };
