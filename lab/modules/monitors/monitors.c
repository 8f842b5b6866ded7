// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Monitors that are not there, for the lab: EDID at 0x50 and DDC/CI at 0x37 of I2C adapters below
 * graphics cards, so that what speaks to monitors speaks to these through the kernel's own i2c-dev.
 *
 *	insmod monitors.ko cables=0:0f:0000:00:02.0,0:11:0000:01:00.0,1:0f:0000:00:02.0
 *
 * plugs the DisplayPort of monitor 0 into one card and its HDMI into another, and monitor 1 into
 *the first card. A monitor shows one of its inputs. Below /sys/devices/monitors/monitorN stand
 *
 *	input		what it shows (hex); writing it is pressing its buttons
 *	edid		the 128 bytes it tells, to give to the card's connector as well
 *	capabilities	the string it tells; writable
 *	received	"feature=value" of all commands to set something, also those it did not
 *heed; writing anything clears it
 *
 * and its vices, all 0 for a good monitor, of which drm/i2c drivers see nothing:
 *
 *	ignores		commands to set something are taken and not heeded
 *	slow_switch	milliseconds until a new input shows, and is told
 *	slow_answer	milliseconds until an answer can be fetched; before, the null message
 *	inactive	what cables answer whose input does not show: 0 all, 1 no DDC/CI, 2 no EDID
 *either drops		every so many answers one loses a byte
 *	away		nothing answers on any cable
 *	away_after	milliseconds for which nothing answers after a switch
 *	lies		is added to the input that it tells
 *	without_60	has no feature 60; still heeds it if told
 *	vendor		does not heed 60, but feature f4 from source address 50, as LG's do
 *
 * Source of the protocol: VESA DDC/CI 1.1, 4; MCCS 2.2a, 8.3 (60).
 */
#include <linux/i2c.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#define MONITORS 4
#define CABLES 8
#define EDID_ADDRESS 0x50
#define DDC_ADDRESS 0x37
#define EDID_SIZE 128
#define REPLY_SIZE 40

#define FEATURE_BRIGHTNESS 0x10
#define FEATURE_INPUT 0x60
#define FEATURE_VERSION 0xdf
#define FEATURE_VENDOR 0xf4
#define MCCS_VERSION 0x0201

struct monitor {
	struct device dev;
	bool present;
	u8 edid[EDID_SIZE];
	char capabilities[512];
	char received[512];
	unsigned int input, next, brightness, answers;
	unsigned long next_at, back_at;

	unsigned int ignores, slow_switch, slow_answer, inactive, drops, away, away_after, lies;
	unsigned int without_60, vendor;
};

struct cable {
	struct i2c_adapter adapter;
	struct monitor *monitor;
	struct pci_dev *gpu;
	unsigned int input;
	u8 edid_at;
	u8 reply[REPLY_SIZE];
	unsigned int reply_size;
	unsigned long reply_at;
};

static char *cables[CABLES];
static int n_cables;
module_param_array(cables, charp, &n_cables, 0444);
MODULE_PARM_DESC(cables, "MONITOR:INPUT:GPU, ...");

static struct device *folder;
static struct monitor monitors[MONITORS];
static struct cable plugged[CABLES];
static DEFINE_MUTEX(lock);

static const u8 known_inputs[] = { 0x0f, 0x10, 0x11, 0x12 };

/* -- what a monitor is ------------------------------------------------------------------------ */

static void make_edid(struct monitor *monitor, unsigned int number)
{
	/* "HSL", EDID 1.4, digital, 52 x 29 cm, 1024x768 at 60 Hz */
	static const u8 head[] = {
		0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x22, 0x6c, 0x00, 0x00, 0x01,
		0x00, 0x00, 0x00, 0x01, 0x22, 0x01, 0x04, 0xa5, 0x34, 0x1d, 0x78, 0x06, 0xee,
		0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, 0x21, 0x08, 0x00, 0x01,
		0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
		0x01, 0x01, 0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88, 0x36,
		0x00, 0x08, 0x22, 0x21, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0xfc, 0x00,
	};
	static const char *const names[MONITORS] = { "Lab One\n", "Lab Two\n", "Lab Three\n",
						     "Lab Four\n" };
	u8 *edid = monitor->edid, sum = 0;
	unsigned int i;

	memcpy(edid, head, sizeof(head));
	edid[10] = number + 1;
	edid[12] = number + 1;
	memset(edid + 77, ' ', 13);
	memcpy(edid + 77, names[number], strlen(names[number]));
	/* two descriptors that say nothing */
	edid[90 + 3] = edid[108 + 3] = 0x10;
	for (i = 0; i < EDID_SIZE - 1; i++)
		sum += edid[i];
	edid[EDID_SIZE - 1] = -sum;
}

static void make_monitor(struct monitor *monitor, unsigned int number)
{
	make_edid(monitor, number);
	snprintf(monitor->capabilities, sizeof(monitor->capabilities),
		 "(prot(monitor)type(LCD)model(LAB%u)cmds(01 02 03 07 0C E3 F3)"
		 "vcp(10 12 60(0F 10 11 12) DF)mccs_ver(2.1))",
		 number + 1);
	monitor->brightness = 50;
	monitor->present = true;
}

static bool has_input(unsigned int value)
{
	return memchr(known_inputs, value, sizeof(known_inputs)) != NULL;
}

/* What was asked for earlier may be due by now. */
static void settle(struct monitor *monitor)
{
	if (monitor->next == 0 || time_before(jiffies, monitor->next_at))
		return;
	monitor->input = monitor->next;
	monitor->next = 0;
	monitor->back_at = jiffies + msecs_to_jiffies(monitor->away_after);
}

static void switch_input(struct monitor *monitor, unsigned int input)
{
	if (!has_input(input))
		return;
	monitor->next = input;
	monitor->next_at = jiffies + msecs_to_jiffies(monitor->slow_switch);
	settle(monitor);
}

/* -- what comes over a cable ------------------------------------------------------------------ */

static u8 checksum(u8 start, const u8 *bytes, unsigned int size)
{
	while (size-- > 0)
		start ^= *bytes++;
	return start;
}

static void reply(struct cable *cable, const u8 *payload, unsigned int size)
{
	struct monitor *monitor = cable->monitor;
	u8 *bytes = cable->reply;

	bytes[0] = 0x6e;
	bytes[1] = 0x80 | size;
	memcpy(bytes + 2, payload, size);
	bytes[2 + size] = checksum(0x50, bytes, 2 + size);
	cable->reply_size = size + 3;
	cable->reply_at = jiffies + msecs_to_jiffies(monitor->slow_answer);
	if (monitor->drops != 0 && ++monitor->answers % monitor->drops == 0) {
		memmove(bytes + 4, bytes + 5, REPLY_SIZE - 5);
		cable->reply_size--;
	}
}

static void get_feature(struct cable *cable, u8 feature)
{
	struct monitor *monitor = cable->monitor;
	unsigned int value = 0, most = 0xff, result = 0;
	u8 payload[8];

	if (feature == FEATURE_BRIGHTNESS) {
		value = monitor->brightness;
		most = 100;
	} else if (feature == FEATURE_VERSION) {
		value = MCCS_VERSION;
		most = 0xffff;
	} else if (feature == FEATURE_INPUT && !monitor->without_60) {
		value = (monitor->input + monitor->lies) & 0xff;
	} else {
		result = 1;
	}
	payload[0] = 0x02;
	payload[1] = result;
	payload[2] = feature;
	payload[3] = 0;
	payload[4] = most >> 8;
	payload[5] = most;
	payload[6] = value >> 8;
	payload[7] = value;
	reply(cable, payload, sizeof(payload));
}

static void set_feature(struct cable *cable, u8 source, u8 feature, unsigned int value)
{
	static const struct {
		u8 told, input;
	} vendor_inputs[] = { { 0x90, 0x11 }, { 0x91, 0x12 }, { 0xd0, 0x0f }, { 0xd1, 0x10 } };
	struct monitor *monitor = cable->monitor;
	size_t used = strlen(monitor->received);
	unsigned int i;

	scnprintf(monitor->received + used, sizeof(monitor->received) - used, "%02x=%02x\n",
		  feature, value);
	if (monitor->ignores)
		return;
	if (feature == FEATURE_BRIGHTNESS) {
		monitor->brightness = value;
	} else if (feature == FEATURE_INPUT && !monitor->vendor) {
		switch_input(monitor, value & 0xff);
	} else if (feature == FEATURE_VENDOR && monitor->vendor && source == 0x50) {
		for (i = 0; i < ARRAY_SIZE(vendor_inputs); i++) {
			if (vendor_inputs[i].told == value)
				switch_input(monitor, vendor_inputs[i].input);
		}
	}
}

static void get_capabilities(struct cable *cable, unsigned int offset)
{
	const char *text = cable->monitor->capabilities;
	unsigned int left = strlen(text) > offset ? strlen(text) - offset : 0;
	u8 payload[35];

	left = min(left, 32U);
	payload[0] = 0xe3;
	payload[1] = offset >> 8;
	payload[2] = offset;
	memcpy(payload + 3, text + offset, left);
	reply(cable, payload, 3 + left);
}

/* source, 0x80 | length, operation, its arguments, checksum over these and our address */
static void take_command(struct cable *cable, const u8 *bytes, unsigned int size)
{
	unsigned int length;

	cable->reply_size = 0;
	if (size < 4)
		return;
	length = bytes[1] & 0x7f;
	if (length + 3 != size || checksum(DDC_ADDRESS << 1, bytes, size) != 0)
		return;
	if (bytes[2] == 0x01 && length == 2)
		get_feature(cable, bytes[3]);
	else if (bytes[2] == 0x03 && length == 4)
		set_feature(cable, bytes[0], bytes[3], bytes[4] << 8 | bytes[5]);
	else if (bytes[2] == 0xf3 && length == 3)
		get_capabilities(cable, bytes[3] << 8 | bytes[4]);
}

static void give_answer(struct cable *cable, u8 *bytes, unsigned int size)
{
	static const u8 nothing[] = { 0x6e, 0x80, 0xbe };
	bool ready = cable->reply_size > 0 && !time_before(jiffies, cable->reply_at);

	memset(bytes, 0, size);
	if (ready)
		memcpy(bytes, cable->reply, min(size, cable->reply_size));
	else
		memcpy(bytes, nothing, min_t(unsigned int, size, sizeof(nothing)));
}

static bool answers(const struct cable *cable, unsigned int address)
{
	const struct monitor *monitor = cable->monitor;
	bool shows = monitor->input == cable->input;

	if (monitor->away || (monitor->back_at != 0 && time_before(jiffies, monitor->back_at)))
		return false;
	if (address == DDC_ADDRESS)
		return shows || monitor->inactive == 0;
	return address == EDID_ADDRESS && (shows || monitor->inactive < 2);
}

static void carry(struct cable *cable, struct i2c_msg *message)
{
	bool reads = message->flags & I2C_M_RD;
	unsigned int i;

	if (message->addr == DDC_ADDRESS && reads)
		give_answer(cable, message->buf, message->len);
	else if (message->addr == DDC_ADDRESS)
		take_command(cable, message->buf, message->len);
	else if (!reads && message->len > 0)
		cable->edid_at = message->buf[0];
	else
		for (i = 0; reads && i < message->len; i++)
			message->buf[i] = cable->monitor->edid[cable->edid_at++ % EDID_SIZE];
}

static int transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int count)
{
	struct cable *cable = i2c_get_adapdata(adapter);
	int i;

	guard(mutex)(&lock);
	settle(cable->monitor);
	for (i = 0; i < count; i++) {
		if (!answers(cable, messages[i].addr))
			return -ENXIO;
		carry(cable, &messages[i]);
	}
	return count;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = {
	.master_xfer = transfer,
	.functionality = functionality,
};

/* -- what is seen and set in sysfs ------------------------------------------------------------ */

struct knob {
	struct device_attribute attribute;
	size_t offset;
};

static unsigned int *knob_of(struct device *dev, struct device_attribute *attribute)
{
	struct knob *knob = container_of(attribute, struct knob, attribute);

	return (void *)container_of(dev, struct monitor, dev) + knob->offset;
}

static ssize_t knob_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", *knob_of(dev, attribute));
}

static ssize_t knob_store(struct device *dev, struct device_attribute *attribute, const char *text,
			  size_t size)
{
	int error;

	guard(mutex)(&lock);
	error = kstrtouint(text, 0, knob_of(dev, attribute));
	return error ? error : size;
}

#define KNOB(name)                                                                                 \
	static struct knob knob_##name = { __ATTR(name, 0644, knob_show, knob_store),              \
					   offsetof(struct monitor, name) }
KNOB(ignores);
KNOB(slow_switch);
KNOB(slow_answer);
KNOB(inactive);
KNOB(drops);
KNOB(away);
KNOB(away_after);
KNOB(lies);
KNOB(without_60);
KNOB(vendor);

static ssize_t input_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct monitor *monitor = container_of(dev, struct monitor, dev);

	guard(mutex)(&lock);
	settle(monitor);
	return sysfs_emit(text, "%02x\n", monitor->input);
}

static ssize_t input_store(struct device *dev, struct device_attribute *attribute, const char *text,
			   size_t size)
{
	struct monitor *monitor = container_of(dev, struct monitor, dev);
	unsigned int input;

	guard(mutex)(&lock);
	if (kstrtouint(text, 16, &input) || !has_input(input))
		return -EINVAL;
	monitor->input = input;
	monitor->next = 0;
	monitor->back_at = 0;
	return size;
}
static DEVICE_ATTR_RW(input);

static ssize_t capabilities_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%s\n", container_of(dev, struct monitor, dev)->capabilities);
}

static ssize_t capabilities_store(struct device *dev, struct device_attribute *attribute,
				  const char *text, size_t size)
{
	struct monitor *monitor = container_of(dev, struct monitor, dev);

	guard(mutex)(&lock);
	strscpy(monitor->capabilities, text, sizeof(monitor->capabilities));
	strim(monitor->capabilities);
	return size;
}
static DEVICE_ATTR_RW(capabilities);

static ssize_t received_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%s", container_of(dev, struct monitor, dev)->received);
}

static ssize_t received_store(struct device *dev, struct device_attribute *attribute,
			      const char *text, size_t size)
{
	guard(mutex)(&lock);
	container_of(dev, struct monitor, dev)->received[0] = '\0';
	return size;
}
static DEVICE_ATTR_RW(received);

static ssize_t edid_read(struct file *file, struct kobject *kobj, struct bin_attribute *attribute,
			 char *bytes, loff_t offset, size_t size)
{
	struct monitor *monitor = container_of(kobj_to_dev(kobj), struct monitor, dev);

	return memory_read_from_buffer(bytes, size, &offset, monitor->edid, EDID_SIZE);
}
static BIN_ATTR_RO(edid, EDID_SIZE);

static struct attribute *attributes[] = {
	&dev_attr_input.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_received.attr,
	&knob_ignores.attribute.attr,
	&knob_slow_switch.attribute.attr,
	&knob_slow_answer.attribute.attr,
	&knob_inactive.attribute.attr,
	&knob_drops.attribute.attr,
	&knob_away.attribute.attr,
	&knob_away_after.attribute.attr,
	&knob_lies.attribute.attr,
	&knob_without_60.attribute.attr,
	&knob_vendor.attribute.attr,
	NULL,
};

static struct bin_attribute *bin_attributes[] = { &bin_attr_edid, NULL };

static const struct attribute_group group = { .attrs = attributes, .bin_attrs = bin_attributes };
static const struct attribute_group *groups[] = { &group, NULL };

/* -- plugging in and out ---------------------------------------------------------------------- */

static void monitor_release(struct device *dev)
{
	/* monitors are static */
}

static int add_monitor(struct monitor *monitor, unsigned int number, unsigned int input)
{
	int error;

	make_monitor(monitor, number);
	monitor->input = input;
	monitor->dev.parent = folder;
	monitor->dev.release = monitor_release;
	monitor->dev.groups = groups;
	dev_set_name(&monitor->dev, "monitor%u", number);
	error = device_register(&monitor->dev);
	if (error) {
		put_device(&monitor->dev);
		monitor->present = false;
	}
	return error;
}

static int plug(struct cable *cable, const char *text)
{
	unsigned int number, input, domain, bus, slot, function;
	int error;

	if (sscanf(text, "%u:%x:%x:%x:%x.%x", &number, &input, &domain, &bus, &slot, &function) !=
		    6 ||
	    number >= MONITORS || !has_input(input))
		return -EINVAL;
	if (!monitors[number].present) {
		error = add_monitor(&monitors[number], number, input);
		if (error)
			return error;
	}
	cable->gpu = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
	if (!cable->gpu)
		return -ENODEV;
	cable->monitor = &monitors[number];
	cable->input = input;
	cable->adapter.owner = THIS_MODULE;
	cable->adapter.algo = &algorithm;
	cable->adapter.dev.parent = &cable->gpu->dev;
	snprintf(cable->adapter.name, sizeof(cable->adapter.name), "monitor%u input %02x", number,
		 input);
	i2c_set_adapdata(&cable->adapter, cable);
	error = i2c_add_adapter(&cable->adapter);
	if (error) {
		pci_dev_put(cable->gpu);
		cable->gpu = NULL;
	}
	return error;
}

static void monitors_exit(void)
{
	unsigned int i;

	for (i = 0; i < CABLES; i++) {
		if (!plugged[i].gpu)
			continue;
		i2c_del_adapter(&plugged[i].adapter);
		pci_dev_put(plugged[i].gpu);
	}
	for (i = 0; i < MONITORS; i++) {
		if (monitors[i].present)
			device_unregister(&monitors[i].dev);
	}
	root_device_unregister(folder);
}

static int __init monitors_init(void)
{
	int error = 0, i;

	folder = root_device_register("monitors");
	if (IS_ERR(folder))
		return PTR_ERR(folder);
	for (i = 0; i < n_cables && !error; i++)
		error = plug(&plugged[i], cables[i]);
	if (error)
		monitors_exit();
	return error;
}

module_init(monitors_init);
module_exit(monitors_exit);
MODULE_DESCRIPTION("Monitors with vices, for the lab");
MODULE_LICENSE("GPL");
