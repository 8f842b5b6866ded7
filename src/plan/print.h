/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "plan/plan.h"

/* plan_print - for people: what was chosen, then why. @name: a heading; NULL: none */
void plan_print(const struct plan *plan, const char *name, FILE *out);

/* plan_print_reasons - why alone, below no heading */
void plan_print_reasons(const struct plan *plan, FILE *out);

/* plan_print_json - the contract's object */
void plan_print_json(const struct plan *plan, FILE *out);

/* plans_print_json - {"guests": [plan, …]} */
void plans_print_json(const GPtrArray *plans, FILE *out);
