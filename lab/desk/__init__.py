# SPDX-License-Identifier: GPL-2.0-or-later
"""The desktop with two cards that boots anywhere: its image, its machine, its stories."""
