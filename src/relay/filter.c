/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/input.h>
#include <seccomp.h>

#include "relay/relay.h"

static const int allowed[] = {
	/* events */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	/* the controller and the service manager */
	SCMP_SYS(accept4),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(fcntl),
	SCMP_SYS(close),
	/* where the vDSO has no clock */
	SCMP_SYS(clock_gettime),
	/* being stopped, continued and ended */
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const unsigned long requests[] = {
	EVIOCGKEY(sizeof(struct keys)),
	EVIOCGLED(sizeof(uint32_t)),
	EVIOCGRAB,
	EVIOCSMASK,
};

int filter_load(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; result == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; result == 0 && i < sizeof(requests) / sizeof(requests[0]); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					  SCMP_A1(SCMP_CMP_EQ, requests[i]));
	if (result == 0)
		result = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return result;
}
