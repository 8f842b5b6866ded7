/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"

/* One line for each src/cli/cmd-NAME.c. */
extern const struct command command_check;
extern const struct command command_confirm;
extern const struct command command_devices;
extern const struct command command_down;
extern const struct command command_explain;
extern const struct command command_fix;
extern const struct command command_hook;
extern const struct command command_import;
extern const struct command command_input;
extern const struct command command_lint;
extern const struct command command_list;
extern const struct command command_map;
extern const struct command command_media;
extern const struct command command_monitor;
extern const struct command command_new;
extern const struct command command_plan;
extern const struct command command_record;
extern const struct command command_recover;
extern const struct command command_seat;
extern const struct command command_selftest;
extern const struct command command_set;
extern const struct command command_snapshot;
extern const struct command command_setup;
extern const struct command command_status;
extern const struct command command_swap;
extern const struct command command_up;
