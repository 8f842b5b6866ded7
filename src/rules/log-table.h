/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/explain.h"

/* Short words for the tables of rules on logs, and for nothing else. */
#define M(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define LOG(id, severity, tag, component, source)                                                  \
	.rule = { id, severity, tag, NULL, NULL, component, source }
#define B SEVERITY_BROKEN
#define R SEVERITY_RISKY
#define L SEVERITY_SLOW
#define S SEVERITY_STYLE
