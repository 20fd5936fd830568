# treesum: GNU make, a C compiler, OpenSSL's libcrypto; libcheck for the tests. `make help` lists the
# targets.

VERSION := 0.1.0

# What can be built depends on what is installed, which the rest of this file looks at: packages come
# first, and a make of its own does the other goals after them.
packages := $(filter deps deps-lint deps-fuzz deps-cluster deps-coverage deps-cross deps-bench,$(MAKECMDGOALS))
ifneq ($(packages),)
goals := $(filter-out $(packages),$(MAKECMDGOALS))

.PHONY: $(packages) $(goals) after-packages
$(packages):
	@.ci/deps $@
after-packages: $(packages)
	@$(MAKE) --no-print-directory $(goals)
$(goals): after-packages
	@:
else

CC ?= gcc
PKG_CONFIG ?= pkg-config
INSTALL ?= install
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DESTDIR ?=
V ?= 0

# A profile is a way to build: release in build/, the others beside each other in build/PROFILE/, so
# that sanitizers never destroy the normal build.
PROFILE ?= release
O := build$(if $(filter-out release,$(PROFILE)),/$(PROFILE))
ifneq ($(filter fuzzer coverage,$(PROFILE)),)
CC := clang
endif

# The binary utilities have the prefix of a cross compiler (aarch64-linux-gnu-gcc), where there are such. An
# archive of LLVM's bitcode needs LLVM's ar for its table of symbols.
cross := $(shell printf '%s\n' '$(CC)' | sed -nE 's/^(.* )?([^ ]*-)(gcc|clang)(-[0-9.]+)?( .*)?$$/\2/p')
found = $(firstword $(foreach tool,$(1),$(if $(shell command -v $(tool)),$(tool))))
link_time := $(filter-out -fno-lto,$(filter -flto%,$(CC) $(CFLAGS)))
llvm_ar := $(if $(link_time),$(if $(findstring clang,$(CC)),$(shell $(CC) -print-prog-name=llvm-ar)))
ifeq ($(origin AR),default)
AR := $(or $(call found,$(llvm_ar) $(cross)ar),ar)
endif
OBJCOPY ?= $(or $(call found,$(cross)objcopy),objcopy)

# Source files by part, without .c; the head of src/main.c says what each is for.
forkpool_sources := channel cpu_count dispatch ending iterate job loop map next outcome policy pool \
	pool_workers protocol queue reap receive reclaim result spawn state task ticker watchdog worker
mode_sources := accept audit bag bag_compare bag_contents bag_files bag_list bag_manifest bag_report check \
	checkpoints compare confine contradiction coverage diff directories doubt generate help inventory json_lines \
	listed_files long_job mapped_names merge missed operands options output part parts patterns prefix_map renewal run shard \
	share summary survey tally tally_text trees update values verdict
scan_sources := scan/due scan/hard_links scan/node_queue scan/scan scan/tree scan/workers
hash_sources := hash/digest hash/digest_set hash/direct hash/engine hash/hash_stream hash/hasher hash/hasher_task \
	hash/lanes hash/lanes_avx2 hash/lanes_avx512 hash/lanes_avx512vl hash/message hash/open_beneath \
	hash/opener
manifest_sources := manifest/annotation manifest/armour manifest/attributes manifest/bag_line \
	manifest/bag_tags manifest/bag_text manifest/beside manifest/catalog \
	manifest/difference manifest/digest_cache manifest/hex manifest/journal \
	manifest/journal_file manifest/journal_index manifest/journal_parts manifest/journal_record \
	manifest/key_hash manifest/line \
	manifest/normal_form manifest/reader manifest/recognise manifest/renamed_corrupt manifest/replacement \
	manifest/sealing manifest/tag manifest/writer
sys_sources := sys/arena sys/blocked sys/errno_name sys/io sys/sandbox sys/signals
ui_sources := ui/estimate ui/json ui/progress ui/quote ui/report ui/shorten ui/status_line \
	ui/units
walk_sources := walk/filter walk/glob walk/list_directory walk/listing walk/walk
treesum_sources := $(mode_sources) $(scan_sources) $(hash_sources) $(manifest_sources) $(sys_sources) \
	$(ui_sources) $(walk_sources)

# Unit tests: tests/check_MODULE.c, one program each.
forkpool_tests := check_channel check_cpu_count check_forkpool_abuse check_forkpool_cancel check_forkpool_dispatch \
	check_forkpool_faults check_forkpool_iterate check_forkpool_life check_forkpool_long check_forkpool_manual \
	check_forkpool_outcome check_forkpool_part check_forkpool_policy check_forkpool_queue check_forkpool_resize \
	check_forkpool_result check_forkpool_serve check_forkpool_timeout check_frame check_spawn check_task \
	check_worker
hash_tests := check_digest check_digest_set check_direct check_engine check_hasher_task check_lanes \
	check_message check_open_beneath check_opener
manifest_tests := check_annotation check_armour check_bag_line check_bag_tags check_bag_text check_catalog \
	check_difference check_digest_cache \
	check_journal check_journal_index check_line check_normal_form check_reader check_recognise \
	check_sealing check_writer
scan_tests := check_due check_hard_links check_node_queue check_scan check_scan_resume check_tree \
	check_workers
sys_tests := check_blocked check_errno_name check_io check_sandbox check_signals
ui_tests := check_estimate check_json check_progress check_quote check_report check_shorten \
	check_status_line check_units
mode_tests := check_checkpoints check_coverage check_directories check_doubt check_listed_files check_missed \
	check_renewal check_shard check_summary check_tally check_tally_text check_values
walk_tests := check_filter check_list_directory check_listing check_walk check_walk_memory \
	check_walk_parts
# Programs that take minutes: for check-faults only.
slow_tests := check_long_messages
tests := $(forkpool_tests) $(hash_tests) $(manifest_tests) $(mode_tests) $(scan_tests) $(sys_tests) \
	$(ui_tests) $(walk_tests)

# `:=` so that each probe runs once.
probe = $(shell $(CC) $(1) -Werror -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
warnings := -Wall -Wextra -Wformat=2 -Wconversion -Wimplicit-fallthrough -Wstrict-prototypes \
	-Wmissing-prototypes -Wshadow -Wvla \
	-Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
	-Werror=int-conversion
hardening := -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-aliasing \
	$(call probe,-fstack-clash-protection) $(call probe,-fcf-protection=full) \
	$(call probe,-ftrivial-auto-var-init=zero) $(call probe,-fstrict-flex-arrays=3)
# Not with a sanitizer: what overflows wraps then, and is nothing to tell of.
wrapping := -fno-strict-overflow

profile_release := -O2 -g $(wrapping) -D_FORTIFY_SOURCE=3
# Sanitizers read /proc and write files, in each process.
profile_asan := -O1 -g -fsanitize=address -fno-omit-frame-pointer -DTREESUM_SANDBOX=0
profile_ubsan := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all -DTREESUM_SANDBOX=0
profile_fuzzer := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -DTREESUM_SANDBOX=0
# clang can count in a file (%m: one for each program) that all processes have mapped (%c): nothing is lost
# with those that are killed, and nothing is to be written at their end, for which they may lack memory,
# descriptors or rights.
counts := $(abspath build/coverage)/counts
profile_coverage := -O0 -g $(wrapping) -fprofile-instr-generate=$(counts)/%m%c.profraw -fcoverage-mapping
# Not to be given twice, where one command compiles and links.
counting := $(if $(filter coverage,$(PROFILE)),-mllvm -runtime-counter-relocation)
optimize := $(profile_$(PROFILE))
ifeq ($(optimize),)
$(error PROFILE=$(PROFILE) is not one of release, asan, ubsan, fuzzer, coverage)
endif

libcrypto_cflags := $(shell $(PKG_CONFIG) --cflags libcrypto 2>/dev/null)
libcrypto_libs := $(or $(shell $(PKG_CONFIG) --libs libcrypto 2>/dev/null),-lcrypto)
libcheck_cflags := $(shell $(PKG_CONFIG) --cflags check 2>/dev/null)
libcheck_libs := $(or $(shell $(PKG_CONFIG) --libs check 2>/dev/null),-lcheck)

# CFLAGS, CPPFLAGS and LDFLAGS stay the user's own.
all_cflags = -std=gnu17 $(optimize) $(counting) $(warnings) $(hardening) -fPIE -D_GNU_SOURCE \
	-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
	-DTREESUM_VERSION='"$(VERSION)"' -iquote src $(libcrypto_cflags) -MMD -MP $(CPPFLAGS) $(CFLAGS)
all_ldflags = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(optimize) $(LDFLAGS)

quiet := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' '$(1)' '$(2)')

forkpool_objects := $(patsubst %,$(O)/obj/forkpool/%.o,$(forkpool_sources))
treesum_objects := $(patsubst %,$(O)/obj/%.o,$(treesum_sources))
test_programs := $(patsubst %,$(O)/tests/%,$(tests))
slow_programs := $(patsubst %,$(O)/tests/%,$(slow_tests))
# What scripts run commands by.
on_terminal := $(O)/tests/on_terminal
examples := $(patsubst tests/examples/%.c,$(O)/examples/%,$(wildcard tests/examples/*.c))
fuzz_targets := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

forkpool_soname := libforkpool.so.0
forkpool_so := libforkpool.so.$(VERSION)

.PHONY: all
all: $(O)/treesum $(O)/libforkpool.a $(O)/$(forkpool_so) $(O)/install/libforkpool.a

$(O)/treesum: $(O)/obj/main.o $(O)/libtreesum.a $(O)/libforkpool.a
	$(call say,LINK,$@)
	$(quiet)$(CC) $(all_ldflags) -o $@ $^ $(libcrypto_libs)

# Everything but main.o, for the tests to link too.
$(O)/libtreesum.a: $(treesum_objects)
$(O)/libforkpool.a: $(forkpool_objects)
$(O)/%.a:
	$(call say,AR,$@)
	$(quiet)rm -f $@ && $(AR) rcs $@ $^

# What is installed of forkpool lets others see fp_* only: by a version script in the shared library,
# and as one object with all other names made local in the static one.
$(O)/$(forkpool_so): $(patsubst %,$(O)/obj/shared/%.o,$(forkpool_sources)) src/forkpool/forkpool.map
	$(call say,LINK,$@)
	$(quiet)$(CC) -shared -Wl,-soname,$(forkpool_soname) -Wl,--version-script,src/forkpool/forkpool.map \
		$(filter-out -pie,$(all_ldflags)) -o $@ $(filter %.o,$^)
# What link-time optimization leaves in objects is for one version of one compiler, so they are compiled
# without it, where it is asked for.
$(O)/install/libforkpool.a: $(if $(link_time),$(forkpool_sources:%=$(O)/obj/static/%.o),$(forkpool_objects))
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(filter -m% --target=% --sysroot=%,$(CFLAGS)) -nostdlib -r -o $(@D)/forkpool.o $^
	$(quiet)$(OBJCOPY) --wildcard --keep-global-symbol='fp_*' $(@D)/forkpool.o
	$(quiet)rm -f $@ && $(AR) rcs $@ $(@D)/forkpool.o

$(O)/obj/shared/%.o: src/forkpool/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(filter-out -fPIE,$(all_cflags)) -fPIC -c -o $@ $<

$(O)/obj/static/%.o: src/forkpool/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) -fno-lto -c -o $@ $<

$(O)/obj/%.o: src/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) -c -o $@ $<

$(O)/obj/tests/%.o: tests/%.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) $(libcheck_cflags) -iquote tests -c -o $@ $<

$(O)/tests/%: $(O)/obj/tests/%.o $(O)/libtreesum.a $(O)/libforkpool.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_ldflags) -o $@ $^ $(libcheck_libs) $(libcrypto_libs)

# Workers killed at random moments, for a minute.
$(O)/tests/soak: tests/forkpool/soak.c $(O)/libforkpool.a Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) $(all_ldflags) -o $@ $< $(O)/libforkpool.a

# File systems that hang or are slow.
$(O)/tests/silent_fs: tests/fault/silent_fs.c Makefile
$(O)/bench/slow_fs: tests/bench/slow_fs.c Makefile
$(O)/tests/silent_fs $(O)/bench/slow_fs:
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) $(all_ldflags) -pthread -o $@ $<

# The examples see what an installed forkpool shows: its header and its one library.
$(O)/examples/%: tests/examples/%.c $(O)/libforkpool.a Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) -Isrc/forkpool $(all_ldflags) -o $@ $< $(O)/libforkpool.a $(libcrypto_libs)

# Fuzz targets: with a driver that replays files, or, by `make fuzz`, with libFuzzer's.
fuzz_driver := $(if $(filter fuzzer,$(PROFILE)),,$(O)/obj/tests/fuzz/replay.o)
$(O)/fuzz/%: $(O)/obj/tests/fuzz/%.o $(fuzz_driver) $(O)/libtreesum.a $(O)/libforkpool.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_ldflags) $(if $(fuzz_driver),,-fsanitize=fuzzer) -o $@ $^ $(libcrypto_libs)

.SECONDARY:
-include $(wildcard $(addsuffix /*.d,$(O)/examples $(O)/obj $(O)/obj/* $(O)/obj/tests/*))

# Print the manifest of a small tree, then verify that tree against the manifest in the repository.
.PHONY: run
run: $(O)/treesum
	$< fixtures/tree
	$< -c fixtures/tree.sha512

# What some fault tests preload into treesum.
shim := $(O)/fault/shim.so
$(shim): tests/fault/shim/shim.c Makefile
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(filter-out -fPIE -MMD -MP,$(all_cflags)) -fPIC -shared $(filter-out -pie,$(all_ldflags)) -o $@ $< -ldl

# TESTS: what to run instead of everything; ALSO: what to run besides, such as slow tests.
TESTS ?= $(test_programs) tests/cli tests/fault tests/forkpool
# The path of this folder may have spaces, which functions of make take for ends of words.
run_tests = TREESUM=$(O)/treesum BUILD="$$(realpath $(O))" PROFILE=$(PROFILE) tests/run

.PHONY: check check-faults asan ubsan coverage
check: all $(test_programs) $(examples) $(fuzz_targets) $(shim) $(on_terminal)
	@$(run_tests) -q $(if $(ALSO),-l 1200) $(TESTS) $(ALSO)

# All fault tests and slow ones; FAULT=31: the fault tests of that number.
FAULT ?=
check-faults: all $(test_programs) $(slow_programs) $(examples) $(fuzz_targets) $(shim) $(on_terminal) \
		$(O)/tests/soak $(O)/tests/silent_fs $(O)/bench/slow_fs
	@$(run_tests) -f -l 1200 $(if $(FAULT),$(wildcard tests/fault/$(FAULT)-*.sh),tests/fault tests/forkpool tests/model tests/cli/build $(slow_programs))

# Shards run by Slurm, MPI, ssh and the like, on a cluster inside of this machine.
.PHONY: check-cluster
check-cluster: all
	@$(run_tests) tests/cluster

# The command-line tests of SHA-512 under each engine that the processor has.
engines := libcrypto lanes
.PHONY: check-engines $(engines:%=check-engine-%)
check-engines: $(engines:%=check-engine-%)
$(engines:%=check-engine-%): check-engine-%: all $(on_terminal)
	@mkdir -p $(O)/engine
	@printf '#!/bin/bash\nexec -a treesum "%s" --engine=%s "$$@"\n' "$$(realpath $(O))/treesum" $* >$(O)/engine/$*
	@chmod +x $(O)/engine/$*
	@if $(O)/treesum --engine=$* </dev/null >/dev/null; then \
		TREESUM=$(O)/engine/$* BUILD="$$(realpath $(O))" PROFILE=$(PROFILE) tests/run -q \
			tests/cli/sha512sum tests/cli/tree tests/fault/28-* tests/fault/4[12]-*.sh; \
	fi

# Other compilers, another C library, other processors.
.PHONY: check-cross
check-cross:
	@tests/cross/check.sh

asan ubsan:
	@$(MAKE) --no-print-directory PROFILE=$@ check

# The covered lines of each file and of all; which ones they are not is in build/coverage/lines.
define covered
	/^SF:/ { file = substr($$0, index($$0, "/src/") + 1) } \
	/^DA:/ && file ~ /^src/ { split(substr($$0, 4), part, ","); lines[file]++; done[file] += part[2] > 0 } \
	END { for (file in lines) { all += lines[file]; covered += done[file]; \
		printf "%7.2f %%  %5d of %5d lines  %s\n", 100 * done[file] / lines[file], done[file], \
			lines[file], file | "sort -k 6" } \
		close("sort -k 6"); printf "%7.2f %%  %5d of %5d lines\n", 100 * covered / all, covered, all }
endef
llvm_cov = llvm-cov $(1) -instr-profile $(counts)/all build/coverage/treesum \
	$(patsubst $(O)/%,-object build/coverage/%,$(test_programs) $(fuzz_targets))
coverage:
	@rm -rf $(counts); mkdir -p $(counts) && chmod 777 $(counts)
	@umask 0; $(MAKE) --no-print-directory PROFILE=coverage check; status=$$?; \
	llvm-profdata merge -o $(counts)/all $(counts)/*.profraw && \
	$(call llvm_cov,show) src >build/coverage/lines && \
	$(call llvm_cov,export -format=lcov) src | awk '$(covered)'; exit $$status

# Everything that is formatted and looked through.
c_files := $(shell find src tests -name '*.[ch]')
scripts := .ci/deps .ci/run src/completions/treesum.bash $(shell find tests -name '*.sh') tests/run

.PHONY: format format-check
format:
	clang-format -i $(c_files)
format-check:
	$(quiet)clang-format --dry-run -Werror $(c_files)

# Findings that are no defects are answered where they stand, or in .clang-tidy.
.PHONY: lint lint-headers lint-circles lint-analyzer lint-clang-tidy lint-cppcheck lint-scripts
lint: lint-headers lint-circles lint-analyzer lint-clang-tidy lint-cppcheck lint-scripts

lint_flags = $(filter-out -MMD -MP,$(all_cflags)) $(libcheck_cflags) -iquote tests
each_of = printf '%s\n' $(1) | xargs -P $$(nproc) -I {}

# Every header compiles alone.
lint-headers:
	$(call say,LINT,headers)
	$(quiet)$(call each_of,$(filter %.h,$(c_files))) $(CC) $(lint_flags) -Wno-unused-function -Werror \
		-x c -include {} -fsyntax-only /dev/null
# No circle between the files of forkpool, by #include and by calls together: x.c and x.h are one file.
define circles
	function file(path) { sub(/\.[cho]:?.*/, "", path); sub(/.*\//, "", path); return path } \
	/#include/ { print file($$1), file($$2); next } \
	/ [TDBR] / { defined[$$NF] = file($$1) } \
	/ U / { uses[file($$1) " " $$NF] } \
	END { for (use in uses) { split(use, part); if (part[2] in defined) print part[1], defined[part[2]] } }
endef
lint-circles: $(forkpool_objects)
	$(call say,LINT,circles)
	$(quiet){ grep '^#include "forkpool/' src/forkpool/*.[ch]; nm -A $^; } | awk '$(circles)' | tsort >/dev/null
# The kernels are left out: straight arithmetic on vectors, unrolled, over which it does not come to an end.
lint-analyzer:
	$(call say,LINT,gcc -fanalyzer)
	$(quiet)$(call each_of,$(filter-out src/hash/lanes_avx%,$(filter src/%.c,$(c_files)))) gcc $(lint_flags) -fanalyzer -Werror -c -o /dev/null {}
lint-clang-tidy:
	$(call say,LINT,clang-tidy)
	$(quiet)$(call each_of,$(filter %.c,$(c_files))) clang-tidy --quiet --warnings-as-errors='*' {} -- \
		-std=gnu17 -D_GNU_SOURCE -DTREESUM_VERSION='"$(VERSION)"' -iquote src -iquote tests \
		-idirafter src/forkpool $(libcrypto_cflags) $(libcheck_cflags)
lint-cppcheck:
	$(call say,LINT,cppcheck)
	$(quiet)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=unknownMacro -D_GNU_SOURCE -DTREESUM_VERSION='""' -Isrc src
lint-scripts:
	$(call say,LINT,shellcheck)
	$(quiet)$(call each_of,$(scripts)) shellcheck -S warning {}

.PHONY: install uninstall
# Each function has a page of its own, so that `man fp_map` finds it. Completions go where each shell looks;
# the static library is the one that shows fp_* only.
forkpool_functions := $(shell sed -n 's/^[^ *].*\<\(fp_[a-z_]*\)\x28.*/\1/p' src/forkpool/forkpool.h)
bin := $(DESTDIR)$(BINDIR)
lib := $(DESTDIR)$(LIBDIR)
include := $(DESTDIR)$(INCLUDEDIR)
man := $(DESTDIR)$(MANDIR)
data := $(DESTDIR)$(DATADIR)
bash_completion := $(data)/bash-completion/completions/treesum
zsh_completion := $(data)/zsh/site-functions/_treesum
fish_completion := $(data)/fish/vendor_completions.d/treesum.fish
installed := $(bin)/treesum $(man)/man1/treesum.1 \
	$(bash_completion) $(zsh_completion) $(fish_completion) \
	$(lib)/libforkpool.a $(lib)/$(forkpool_so) $(lib)/$(forkpool_soname) $(lib)/libforkpool.so \
	$(lib)/pkgconfig/forkpool.pc $(include)/forkpool.h $(man)/man3/forkpool.3 \
	$(forkpool_functions:%=$(man)/man3/%.3)
# As pkg-config files say it, so that all moves with the prefix.
below_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))
install: all
	$(INSTALL) -D -m 755 $(O)/treesum $(bin)/treesum
	$(INSTALL) -D -m 644 src/treesum.1 $(man)/man1/treesum.1
	$(INSTALL) -D -m 644 src/completions/treesum.bash $(bash_completion)
	$(INSTALL) -D -m 644 src/completions/_treesum $(zsh_completion)
	$(INSTALL) -D -m 644 src/completions/treesum.fish $(fish_completion)
	$(INSTALL) -D -m 644 $(O)/install/libforkpool.a $(lib)/libforkpool.a
	$(INSTALL) -D -m 644 $(O)/$(forkpool_so) $(lib)/$(forkpool_so)
	ln -sf $(forkpool_so) $(lib)/$(forkpool_soname)
	ln -sf $(forkpool_soname) $(lib)/libforkpool.so
	$(INSTALL) -d -m 755 $(lib)/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(call below_prefix,$(LIBDIR))|; s|@VERSION@|$(VERSION)|' \
		-e 's|@INCLUDEDIR@|$(call below_prefix,$(INCLUDEDIR))|' src/forkpool/forkpool.pc.in >$(lib)/pkgconfig/forkpool.pc
	chmod 644 $(lib)/pkgconfig/forkpool.pc
	$(INSTALL) -D -m 644 src/forkpool/forkpool.h $(include)/forkpool.h
	$(INSTALL) -D -m 644 src/forkpool/forkpool.3 $(man)/man3/forkpool.3
	for function in $(forkpool_functions); do ln -sf forkpool.3 $(man)/man3/$$function.3; done
uninstall:
	rm -f $(installed)

# The committed files; the same bytes from the same commit, whatever git is set up to.
.PHONY: dist
dist:
	@mkdir -p $(O)
	git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix=treesum-$(VERSION)/ \
		-o $(O)/treesum-$(VERSION).tar HEAD
	gzip -9nf $(O)/treesum-$(VERSION).tar

# treesum beside its rivals, and how far it is from the limit; tests/bench/README.md says how.
.PHONY: bench
bench: $(O)/treesum $(O)/bench/floor $(O)/bench/inputs $(O)/bench/peak
	@tests/bench/inputs.sh $(O)/bench
	@tests/bench/run.sh $(O)/treesum $(O)/bench
	@CC='$(CC)' tests/bench/table.sh $(O)/treesum $(O)/bench
$(O)/bench/%: tests/bench/%.c $(O)/libtreesum.a $(O)/libforkpool.a Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(quiet)$(CC) $(all_cflags) $(all_ldflags) -o $@ $(filter-out Makefile,$^) $(libcrypto_libs)

# Slow storage. BASE: an older build to compare with; ROWS: those only.
BASE ?=
ROWS ?=
.PHONY: bench-storage
bench: bench-storage
bench-storage: $(O)/treesum $(O)/bench/floor $(O)/bench/inputs $(O)/bench/peak $(O)/bench/slow_fs
	@BASE='$(BASE)' tests/bench/storage.sh $(O)/treesum $(O)/bench $(ROWS)

# Shared runs and their merging.
.PHONY: bench-shards
bench: bench-shards
bench-shards: $(O)/treesum $(O)/bench/inputs
	@tests/bench/shards.sh $(O)/treesum $(O)/bench

# The pictures of sessions in a terminal.
pictures := $(patsubst tests/picture/%.session,%,$(wildcard tests/picture/*.session))
.PHONY: picture $(pictures:%=picture-%)
picture: $(pictures:%=picture-%)
$(pictures:%=picture-%): picture-%: $(O)/treesum
	tests/picture/draw.sh $< tests/picture/$*.session >$(O)/$*.svg
	mv $(O)/$*.svg fixtures/$*.svg

# The pool against Python's, on the same work.
.PHONY: bench-forkpool
bench: bench-forkpool
bench-forkpool: $(O)/bench/forkpool
	@tests/bench/forkpool.sh $<

# Each fuzz target for a minute, with clang's libFuzzer and the sanitizers; what it
# finds is replayed by build/fuzz/fuzz_TARGET FILE.
FUZZ_SECONDS ?= 60
fuzz_goals := $(patsubst tests/fuzz/fuzz_%.c,fuzz-%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzz fuzz-programs $(fuzz_goals)
fuzz: $(fuzz_goals)
fuzz-programs:
	@$(MAKE) --no-print-directory PROFILE=fuzzer $(fuzz_goals:fuzz-%=build/fuzzer/fuzz/fuzz_%)
$(fuzz_goals): fuzz-%: fuzz-programs
	@mkdir -p build/fuzzer/corpus/$*
	cd build/fuzzer && fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) corpus/$* ../../fixtures/corpus/$*

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@echo 'make [TARGET]... [V=1] [PROFILE=release|asan|ubsan|coverage]'
	@echo
	@echo '  all           build/treesum, build/libforkpool.a and .so (the default)'
	@echo '  run           print the manifest of a small tree, and verify it'
	@echo '  check         all tests but the slow ones'
	@echo '  check-cluster shards run by Slurm, MPI, GNU parallel over ssh and Kubernetes'"'"'s arguments'
	@echo '  check-engines the command-line tests with each engine forced'
	@echo '  check-faults  all fault tests; FAULT=31: that one'
	@echo '  check-cross   build and test with other compilers, musl, and for i386, arm64, armhf, s390x'
	@echo '  asan, ubsan   check, with a sanitizer'
	@echo '  coverage      check, then the covered lines of each file and of all; ALSO=tests/fault/75-*.sh: with those'
	@echo '  format        format all C code; format-check: fail where that would alter something'
	@echo '  lint          headers alone, no circles in forkpool, gcc -fanalyzer, clang-tidy, cppcheck, shellcheck'
	@echo '  install       program, library, manual and completions to PREFIX ($(PREFIX)), below DESTDIR; uninstall.'
	@echo '                BINDIR, LIBDIR, INCLUDEDIR, DATADIR, MANDIR: elsewhere'
	@echo '  bench         treesum beside its rivals, and the pool beside Python'"'"'s; BENCH_QUICK=1: fewer runs'
	@echo '  bench-storage slow storage, modelled by FUSE, and what treesum has to reach there; BASE=an older build, ROWS=those only'
	@echo '  bench-shards  shared runs and --merge, and what they have to reach'
	@echo '  picture       fixtures/terminal.svg, a session in a terminal'
	@echo '  fuzz          each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)), with clang'"'"'s libFuzzer'
	@echo '  dist          pack what is committed as build/treesum-$(VERSION).tar.gz'
	@echo '  clean         remove build/'
	@echo '  deps          install what building and testing need; deps-lint, deps-fuzz, deps-cluster, deps-coverage, deps-cross, deps-bench (and picture): the tools of those'

endif
