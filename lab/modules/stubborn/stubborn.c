// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver that does not let go: its remove routine waits, in the kernel and deaf to signals, until
 * nobody has its node open any more. NVIDIA's does so.
 *
 * It takes any device that driver_override gives it, does nothing with it, and publishes a node
 * /dev/stubborn. Its parameter "held" is one more user that no process shows, as nvidia_drm is one
 * of nvidia's.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/wait.h>

static bool held;
module_param(held, bool, 0644);
MODULE_PARM_DESC(held, "somebody in the kernel uses the device");

static atomic_t users;
static bool leaving;
static DECLARE_WAIT_QUEUE_HEAD(idle);

static int stubborn_open(struct inode *inode, struct file *file)
{
	if (READ_ONCE(leaving))
		return -ENODEV;
	atomic_inc(&users);
	return 0;
}

static int stubborn_release(struct inode *inode, struct file *file)
{
	atomic_dec(&users);
	wake_up(&idle);
	return 0;
}

static const struct file_operations stubborn_operations = {
	.owner = THIS_MODULE,
	.open = stubborn_open,
	.release = stubborn_release,
};

static struct miscdevice node = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "stubborn",
	.fops = &stubborn_operations,
};

static int stubborn_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	WRITE_ONCE(leaving, false);
	/* Below the device, so that sysfs tells whose node this is. */
	node.parent = &pdev->dev;
	return misc_register(&node);
}

static bool in_use(void)
{
	return atomic_read(&users) > 0 || READ_ONCE(held);
}

static void stubborn_remove(struct pci_dev *pdev)
{
	WRITE_ONCE(leaving, true);
	if (in_use())
		pci_warn(pdev, "asked to leave with %d users, and waits\n",
			 atomic_read(&users) + held);
	/* Nobody wakes us when the parameter changes. */
	while (in_use())
		wait_event_timeout(idle, !in_use(), HZ / 5);
	misc_deregister(&node);
}

static struct pci_driver stubborn_driver = {
	.name = "stubborn",
	.probe = stubborn_probe,
	.remove = stubborn_remove,
};
module_pci_driver(stubborn_driver);

MODULE_DESCRIPTION("A driver that does not let go");
MODULE_LICENSE("GPL");
