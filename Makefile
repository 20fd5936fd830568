# treesum: GNU make, a C compiler, OpenSSL's libcrypto; libcheck for the tests. `make help` lists the
# targets.

VERSION := 0.1.0

CC ?= gcc
AR ?= ar
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
DESTDIR ?=
V ?= 0

# A profile is a way to build: release in build/, the others beside each other in build/PROFILE/, so
# that sanitizers never destroy the normal build.
PROFILE ?= release
O := build$(if $(filter-out release,$(PROFILE)),/$(PROFILE))

# Source files by part, without .c; the head of src/main.c says what each is for.
forkpool_sources := channel cpu_count crew feed iterate listen pool protocol result spawn task worker
mode_sources :=
hash_sources := hash/digest hash/engine hash/hasher hash/lanes hash/lanes_avx2 \
	hash/lanes_avx512 hash/lanes_avx512vl hash/message hash/open_beneath hash/parallel
manifest_sources := manifest/digest_map manifest/line
sys_sources := sys/arena sys/io
ui_sources := ui/quote ui/report
walk_sources := walk/nftw walk/walker
treesum_sources := $(mode_sources) $(hash_sources) $(manifest_sources) $(sys_sources) \
	$(ui_sources) $(walk_sources)

# Unit tests: tests/check_MODULE.c, one program each.
forkpool_tests := check_channel check_frame check_spawn check_forkpool_iterate
hash_tests := check_digest check_engine check_parallel check_message check_lanes
manifest_tests := check_digest_map check_line
sys_tests := check_io
ui_tests := check_quote check_report
walk_tests :=
tests := $(forkpool_tests) $(hash_tests) $(manifest_tests) $(sys_tests) $(ui_tests) $(walk_tests)

# `:=` so that each probe runs once.
probe = $(shell $(CC) $(1) -Werror -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
warnings := -Wall -Wextra -Wformat=2 -Wconversion -Wimplicit-fallthrough -Wstrict-prototypes \
	-Wmissing-prototypes -Wshadow -Wvla \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion
hardening := -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow \
	-fno-strict-aliasing \
	$(call probe,-fstack-clash-protection) $(call probe,-fcf-protection=full) \
	$(call probe,-ftrivial-auto-var-init=zero) $(call probe,-fstrict-flex-arrays=3)

profile_release := -O2 -g -D_FORTIFY_SOURCE=3
profile_asan := -O1 -g -fsanitize=address -fno-omit-frame-pointer
profile_ubsan := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all
profile_coverage := -O0 -g --coverage
optimize := $(profile_$(PROFILE))
ifeq ($(optimize),)
$(error PROFILE=$(PROFILE) is not one of release, asan, ubsan, coverage)
endif

libcrypto_cflags := $(shell $(PKG_CONFIG) --cflags libcrypto 2>/dev/null)
libcrypto_libs := $(or $(shell $(PKG_CONFIG) --libs libcrypto 2>/dev/null),-lcrypto)
libcheck_cflags := $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
libcheck_libs := $(or $(shell $(PKG_CONFIG) --libs check 2>/dev/null),-lcheck)

# CFLAGS, CPPFLAGS and LDFLAGS stay the user's own.
all_cflags = -std=gnu17 $(optimize) $(warnings) $(hardening) -fPIE -D_GNU_SOURCE \
	-DTREESUM_VERSION='"$(VERSION)"' -Isrc $(libcrypto_cflags) -MMD -MP $(CPPFLAGS) $(CFLAGS)
all_ldflags = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(optimize) $(LDFLAGS)

quiet := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' '$(1)' '$(2)')

forkpool_objects := $(patsubst %,$(O)/obj/forkpool/%.o,$(forkpool_sources))
treesum_objects := $(patsubst %,$(O)/obj/%.o,$(treesum_sources))
test_programs := $(patsubst %,$(O)/tests/%,$(tests))

.PHONY: all
all: $(O)/treesum $(O)/libforkpool.a

$(O)/treesum: $(O)/obj/main.o $(O)/libtreesum.a $(O)/libforkpool.a
	$(call say,LINK,$@)
	$(quiet)$(CC) $(all_ldflags) -o $@ $^ $(libcrypto_libs)

# Everything but main.o, for the tests to link too.
$(O)/libtreesum.a: $(treesum_objects)
$(O)/libforkpool.a: $(forkpool_objects)
$(O)/%.a:
	$(call say,AR,$@)
	$(quiet)rm -f $@ && $(AR) rcs $@ $^

$(O)/obj/%.o: src/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) -c -o $@ $<

$(O)/obj/tests/%.o: tests/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) $(libcheck_cflags) -Itests -c -o $@ $<

$(O)/tests/%: $(O)/obj/tests/%.o $(O)/libtreesum.a $(O)/libforkpool.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_ldflags) -o $@ $^ $(libcheck_libs) $(libcrypto_libs)

.SECONDARY:
-include $(wildcard $(addsuffix /*.d,$(O)/obj $(O)/obj/*))

.PHONY: clean
clean:
	rm -rf build
