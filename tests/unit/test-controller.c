/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/controller.h"

/* A controller, and us as the relay at the other end of its socket. */
struct scene {
	char *folder, *path;
	int listening, fd;
	struct controller *controller;
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	return fd;
}

static void scene_init(struct scene *scene)
{
	scene->folder = g_dir_make_tmp("hotseat-controller-XXXXXX", NULL);
	scene->path = g_build_filename(scene->folder, "control", NULL);
	scene->listening = listen_at(scene->path);
	scene->controller = controller_new(scene->path, "seat0", NULL, NULL);
	g_assert_true(controller_connect(scene->controller));
	scene->fd = accept(scene->listening, NULL, NULL);
	g_assert_cmpint(scene->fd, >=, 0);
}

static void scene_clear(struct scene *scene)
{
	controller_free(scene->controller);
	close(scene->fd);
	close(scene->listening);
	g_unlink(scene->path);
	g_rmdir(scene->folder);
	g_free(scene->path);
	g_free(scene->folder);
}

static void say(const struct scene *scene, enum relay_word word, guint number)
{
	const struct relay_report report = {
		.version = RELAY_VERSION,
		.word = (guint16)word,
		.number = number,
		.state = word == RELAY_SOURCE ? SOURCE_WATCHED : 0,
	};

	g_assert_cmpint(send(scene->fd, &report, sizeof(report), 0), ==, sizeof(report));
}

static void work(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* What was asked of us next; verb 0: nothing. */
static struct relay_request asked(const struct scene *scene)
{
	struct relay_request request = { 0 };

	if (recv(scene->fd, &request, sizeof(request), MSG_DONTWAIT) < 0)
		request.verb = 0;
	return request;
}

/*
 * A relay that outlived its controller has devices that a QEMU may have open. A second pair by the
 * same name would take the name: the guest's next start would open what nobody writes to.
 */
static void test_greeting_comes_first(void)
{
	const struct chord chord = { .n_keys = 1, .keys = { KEY_F12 } };
	g_autoptr(GError) error = NULL;
	struct relay_request request;
	struct scene scene;

	scene_init(&scene);
	controller_set_chords(scene.controller, &chord, 1);
	controller_watch(scene.controller, TRUE);
	work();
	g_assert_cmpuint(asked(&scene).verb, ==, 0);
	say(&scene, RELAY_SOURCE, 5);
	say(&scene, RELAY_SOURCE, 9);
	say(&scene, RELAY_SINK, 1);
	say(&scene, RELAY_SIDE, 1);
	/* the greeting is read while it waits; making devices would fail here, without uinput */
	g_assert_true(controller_add_guest(scene.controller, 1, RELAY_REPAIR_MOUSE, &error));
	g_assert_no_error(error);
	/* numbers of the earlier controller's sources mean nothing any more */
	request = asked(&scene);
	g_assert_cmpuint(request.verb, ==, RELAY_REMOVE_SOURCE);
	g_assert_cmpuint(request.number, ==, 5);
	request = asked(&scene);
	g_assert_cmpuint(request.verb, ==, RELAY_REMOVE_SOURCE);
	g_assert_cmpuint(request.number, ==, 9);
	g_assert_cmpuint(asked(&scene).verb, ==, RELAY_SET_CHORDS);
	g_assert_cmpuint(asked(&scene).verb, ==, RELAY_WATCH);
	request = asked(&scene);
	g_assert_cmpuint(request.verb, ==, RELAY_SET_REPAIRS);
	g_assert_cmpuint(request.number, ==, 1);
	g_assert_cmpuint(request.flags, ==, RELAY_REPAIR_MOUSE);
	g_assert_cmpuint(asked(&scene).verb, ==, 0);
	scene_clear(&scene);
}

/* The relay is restarted: what was said once is said again, and not before it has greeted. */
static void test_relay_restarted(void)
{
	g_autoptr(GError) error = NULL;
	struct scene scene;

	scene_init(&scene);
	say(&scene, RELAY_SINK, 2);
	say(&scene, RELAY_SIDE, 0);
	g_assert_true(controller_add_guest(scene.controller, 2, 0, &error));
	close(scene.fd);
	work();
	g_usleep(60000); /* it tries again after 50 ms */
	work();
	scene.fd = accept(scene.listening, NULL, NULL);
	work();
	g_assert_cmpuint(asked(&scene).verb, ==, 0);
	say(&scene, RELAY_SINK, 2);
	say(&scene, RELAY_SIDE, 0);
	for (guint i = 0; i < 100 && asked(&scene).verb != RELAY_SET_REPAIRS; i++) {
		work();
		g_usleep(10000);
		g_assert_cmpuint(i, <, 99);
	}
	g_assert_cmpuint(asked(&scene).verb, ==, 0);
	scene_clear(&scene);
}

static void answer(const struct scene *scene, const struct relay_request *request, int error)
{
	const struct relay_report report = {
		.version = RELAY_VERSION,
		.word = RELAY_ANSWER,
		.verb = request->verb,
		.number = request->number,
		.error = (guint32)error,
	};

	g_assert_cmpint(send(scene->fd, &report, sizeof(report), 0), ==, sizeof(report));
}

/* Until a while has passed in which nothing was asked. Return: how often this was. */
static guint count_asked(const struct scene *scene, enum relay_verb verb, int error)
{
	guint count = 0;

	for (guint idle = 0; idle < 20 && count < 50; idle++) {
		struct relay_request request;

		work();
		request = asked(scene);
		if (request.verb == verb) {
			answer(scene, &request, error);
			count++;
			idle = 0;
		}
		g_usleep(10000);
	}
	return count;
}

/*
 * Somebody names a file that is no event node. The relay says so; to try it again and again would
 * keep both busy for ever.
 */
static void test_useless_input(void)
{
	struct scene scene;
	g_autofree char *path = NULL;

	scene_init(&scene);
	path = g_build_filename(scene.folder, "mice", NULL);
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	say(&scene, RELAY_SIDE, 0);
	work();
	g_assert_cmpuint(asked(&scene).verb, ==, RELAY_SET_CHORDS);
	controller_add_input(scene.controller, path);
	g_assert_cmpuint(count_asked(&scene, RELAY_ADD_SOURCE, ENOTTY), ==, 1);
	/* another by this name */
	g_unlink(path);
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpuint(count_asked(&scene, RELAY_ADD_SOURCE, 0), ==, 1);
	g_unlink(path);
	scene_clear(&scene);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/controller/greeting-comes-first", test_greeting_comes_first);
	g_test_add_func("/controller/relay-restarted", test_relay_restarted);
	g_test_add_func("/controller/useless-input", test_useless_input);
	return g_test_run();
}
