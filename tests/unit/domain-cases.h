/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* For each rule about domains a document that trips it and one that nearly does. */
struct domain_case {
	const char *rule; /* its id; "ST-02#2": the second rule of that id */
	const char *from; /* what of the clean domain is replaced; with a star before it everywhere */
	const char *trips, *nearly;
};

/* ended by one whose rule is NULL */
extern const struct domain_case domain_cases[];

/* nothing is to be said about it */
extern const char clean_domain[];
