# The front door. meson does the building; see README.md.
#
#   make demo     the whole story in a desktop that boots here, inside QEMU
#   make check    all tests; closes with one line "N passed, N failed"
#   make points   handovers killed and refused at every single point (minutes)
#   make stories  the lab's stories alone (STORIES="name name"); make stories-long: those too that
#                 take long
#   make install  build, and install below /usr (or DESTDIR)
#   make bench    how quick it is, beside what people use today
#   make fuzz     go on looking for inputs that crash, SECONDS for each target (default: 60);
#                 make fuzz-until-quiet: each until ten minutes bring no new edge, then keep the
#                 smallest corpus with all edges

BUILD := build
SECONDS := 60

.PHONY: all deps check demo bench install unit points stories stories-long fuzz fuzz-until-quiet format clean

all: $(BUILD)/build.ninja
	meson compile -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

deps:
	@scripts/deps

check: deps all
	@scripts/check $(BUILD)

demo: deps all
	@lab/demo $(BUILD)

# Every point at which a handover can be killed or refused; "unit" tries one in a few.
points: all
	HOTSEAT_TEST_EVERY=1 meson test -C $(BUILD) --timeout-multiplier 10 --verbose steps handover \
		| grep -E "points|^. [0-9]|ok|Fail"

unit: all
	meson test -C $(BUILD) --suite unit

stories: deps all
	@lab/run --build $(BUILD) $(STORIES)

stories-long: deps all
	@lab/run --build $(BUILD) --long $(STORIES)

bench: deps all
	@meson compile -C $(BUILD) reading read-loop bench/steps >/dev/null
	bench/live $(BUILD)/src/cli/hotseat
	bench/devices $(BUILD)/src/cli/hotseat
	bench/reading-ratio $(BUILD)
	bench/lint $(BUILD)/src/cli/hotseat
	@meson compile -C $(BUILD) relay-drive relay-loop relay-work peer-shim evdev-shim >/dev/null
	bench/relay $(BUILD)
	$(BUILD)/bench/steps
	meson test -C $(BUILD) promises placement --verbose | grep -E "slowest|every placement|^. all|# all"

fuzz:
	@tests/fuzz/run $(BUILD)-fuzz --seconds $(SECONDS) $(TARGETS)

fuzz-until-quiet:
	@tests/fuzz/run $(BUILD)-fuzz --quiet 600 --merge $(TARGETS)

install: all
	meson install -C $(BUILD)

format:
	clang-format -i $$(git ls-files '*.[ch]')

clean:
	rm -rf $(BUILD)
