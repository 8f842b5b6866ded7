# The front door. meson does the building; see README.md.
#
#   make demo     the whole story in a desktop that boots here, inside QEMU
#   make check    all tests; closes with one line "N passed, N failed"
#   make install  build, and install below /usr (or DESTDIR)
#   make bench    how quick it is, beside what people use today

BUILD := build

.PHONY: all deps check demo bench install unit stories format clean

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

unit: all
	meson test -C $(BUILD) --suite unit

stories: all
	lab/run $(STORIES)

bench: deps all
	@meson compile -C $(BUILD) reading read-loop >/dev/null
	bench/devices $(BUILD)/src/cli/hotseat
	bench/reading-ratio $(BUILD)
	meson test -C $(BUILD) promises placement --verbose | grep -E "slowest|every placement|^. all|# all"

install: all
	meson install -C $(BUILD)

format:
	clang-format -i $$(git ls-files '*.[ch]')

clean:
	rm -rf $(BUILD)
