#!/usr/bin/env bash
# Builds treesum and its tests with other compilers, another C library and for other processors, and runs
# what holds there. Ends in a table, and in the line "N passed, N failed".
#
# Usage: tests/cross/check.sh [TARGET]...
#
# Libraries for other processors are unpacked below build/cross: nothing is installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD

# Columns: target, Debian's architecture, compiler, its flags, emulator. Without an architecture it is this
# machine's, with the libraries that are installed.
targets='
clang   -     clang                   -                            -
lto     -     gcc                     -flto                        -
thinlto -     clang                   -flto=thin                   -
musl    -     musl-gcc                -                            -
i386    i386  i686-linux-gnu-gcc      -                            -
arm64   arm64 aarch64-linux-gnu-gcc   -mbranch-protection=standard qemu-aarch64
armhf   armhf arm-linux-gnueabihf-gcc -                            qemu-arm
s390x   s390x s390x-linux-gnu-gcc     -                            qemu-s390x
'

# What is told of each target in the end, and the sums.
table='' passed=0 failed=0

# Unpack the libraries for an architecture, with apt's state of their own.
unpack() { # ARCHITECTURE
	local state=$top/build/cross/apt/$1 package _
	[ ! -e "$state/done" ] || return 0
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" && : >"$state/status" || return
	local apt=(apt-get -q -o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::State=$state"
		-o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache" -o Acquire::Retries=3)
	for _ in 1 2 3; do
		# A part of a mirror may be between two states: what is needed is elsewhere.
		(cd "$state" && "${apt[@]}" update
			"${apt[@]}" download libssl3 libssl-dev check libsubunit-dev libc-bin) && break
	done >"$state/log" 2>&1
	for package in "$state"/*.deb; do
		dpkg -x "$package" "$root" || { tail -n 5 "$state/log"; return 1; }
	done
	: >"$state/done"
}

# The libcrypto of this machine, for musl: what it takes from glibc alone is in glibc.c.
adopt() {
	local include=$root/usr/include directory part
	mkdir -p "$include/openssl" "$root/lib"
	for directory in /usr/include "/usr/include/$(gcc -print-multiarch)"; do
		cp "$directory"/openssl/*.h "$include/openssl/"
		for part in linux asm asm-generic; do
			[ ! -e "$directory/$part" ] || ln -sfn "$directory/$part" "$include/$part"
		done
	done
	musl-gcc -O2 -c -o "$root/lib/glibc.o" tests/cross/glibc.c
}

# Set what make is told of a target.
choose() { # ARCHITECTURE COMPILER FLAGS
	local libraries loader
	settings=("O=$out" "CC=$2" "CFLAGS=$3")
	# GNU ld does not know clang's objects.
	[[ $3 != -flto=thin ]] || settings+=("LDFLAGS=$3 -fuse-ld=lld")
	if [ "$2" = musl-gcc ]; then
		adopt || return
		settings+=(PKG_CONFIG=false "CPPFLAGS=-isystem $root/usr/include" LDFLAGS=-static-pie
			"libcrypto_libs=$(gcc -print-file-name=libcrypto.a) $root/lib/glibc.o")
	elif [ "$1" != - ]; then
		unpack "$1" || return
		libraries=$(echo "$root"/usr/lib/*-linux-gnu*)
		loader=-rpath,/usr/${2%-gcc}/lib,-dynamic-linker,/usr/${2%-gcc}/lib/ld-linux.so.2
		settings+=(PKG_CONFIG=false libcheck_libs='-lcheck_pic -lsubunit -lm -lrt -pthread'
			"CPPFLAGS=-isystem $root/usr/include -isystem $root/usr/include/${libraries##*/}"
			"LDFLAGS=-L$libraries -Wl,-rpath,$libraries$([ $emulator != - ] || echo ",$loader")")
	fi
}

# The unit tests that hold for a target.
units() { # TARGET
	local test without='long_messages'
	# They take the place of functions of the C library, by the names of those with 64 bits.
	[ "$1" != i386 ] && [ "$1" != armhf ] || without+=' list_directory opener scan scan_resume walk'
	# Limits and signals that are the emulator's as well, or minutes.
	[ $emulator = - ] || without+=' difference forkpool_abuse forkpool_faults forkpool_manual io opener scan
		scan_resume walk'
	# There is no libcheck for it.
	[ "$1" != musl ] || return 0
	for test in tests/check_*.c; do
		test=$(basename "$test" .c)
		[[ " $(echo $without) " == *" ${test#check_} "* ]] || echo "$out/tests/$test"
	done
}

# Run everything of a target. What it has to say is in $out/log.
try() { # TARGET ARCHITECTURE COMPILER FLAGS
	local fuzz test status=0 unit programs=() native=()
	choose "$2" "$3" "$4" || return
	mapfile -t unit < <(units "$1")
	mapfile -t fuzz < <(cd tests && printf "$out/%s\n" fuzz/fuzz_*.c | sed 's/\.c$//')
	[ ${#unit[@]} -eq 0 ] || programs=("$out/tests/on_terminal")
	make -j"$(nproc)" "${settings[@]}" "$out/treesum" "$out/libforkpool.a" "${unit[@]}" "${programs[@]}" \
		"${fuzz[@]}" || return
	ln -sf treesum "$out/run"
	if [ $emulator != - ]; then
		emulated=("$emulator" -L "/usr/${3%-gcc}" -E "LOCPATH=$root/usr/lib/locale")
		printf '#!/bin/bash\nexec %s -0 treesum %s/treesum "$@"\n' "${emulated[*]}" "$out" >"$out/emulated"
		chmod +x "$out/emulated" && ln -sf emulated "$out/run"
	fi
	for test in "${fuzz[@]}"; do
		"${emulated[@]}" "$test" fixtures/corpus/"${test##*/fuzz_}"/* || status=1
	done
	# The words of messages are the C library's.
	[ "$1" = musl ] || [ $emulator != - ] || native=(tests/cli/sha512sum tests/cli/audit)
	EMULATOR=${emulated[*]} TREESUM=$out/run BUILD=$out tests/run -q "${unit[@]}" tests/cli/tree tests/cli/lists \
		tests/cli/diff "${native[@]}" || status=1
	return $status
}

if [ $# -eq 0 ]; then
	mapfile -t all < <(echo "$targets" | grep -o '^[^ ]\+')
	set -- "${all[@]}"
fi
for target; do
	line=$(echo "$targets" | grep "^$target ") || { echo "check.sh: no target $target" >&2; exit 2; }
	read -r _ architecture compiler flags emulator <<<"$line"
	[ "$flags" != - ] || flags=
	out=$top/build/cross/$target root=$top/build/cross/$target/root emulated=()
	mkdir -p "$root"
	SECONDS=0 status=0
	try "$target" "$architecture" "$compiler" "$flags" >"$out/log" 2>&1 </dev/null || status=1
	counts=$(grep -x '[0-9]* passed, [0-9]* failed.*' "$out/log" | tail -n 1)
	[ $status -eq 0 ] && passed=$((passed + 1)) || { failed=$((failed + 1)) && tail -n 60 "$out/log"; }
	printf -v row '%-8s %-36s %-13s %4d s  %s' "$target" "$compiler $flags" "${emulator#-}" $SECONDS \
		"${counts:-not built}$([ $status -eq 0 ] || echo ': FAILED')"
	echo "$row"
	table+=$row$'\n'
done
printf '\n%s%d passed, %d failed\n' "$table" $passed $failed
[ $failed -eq 0 ]
