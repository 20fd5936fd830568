# shellcheck shell=bash disable=SC2154,SC2034 # lib.sh comes before
# Bit rot in files on an ext4 file system, and manifests that say when files were read. To be read after
# lib.sh and disks.sh.
#
#	need_disk ext4
#	command -v debugfs >/dev/null || skip 'debugfs is not installed'
#	disk_mount ext4 50M disk "${rot_options[@]}"
#	...
#	rot disk tree/file

rot_options=(-b 4096 -O '^inline_data,^metadata_csum')

# Alter the first byte of a file on the medium: its times stay.
rot() { # MOUNTPOINT FILE [BYTE]
	local image=$SCRATCH/$1.img block
	umount "$1"
	block=$(debugfs -R "bmap /$2 0" "$image" 2>/dev/null)
	[[ $block =~ ^[1-9][0-9]*$ ]] || fail "no block of $2: $block"
	printf '%s' "${3:-~}" | dd of="$image" bs=1 seek=$((4096 * block)) conv=notrunc status=none
	mount -o loop "$image" "$1"
}

# Set when a file was read last, as seconds before now, or "unknown"; give the manifest a new seal.
set_read() { # MANIFEST [NAME AGE]...
	local manifest=$1 now
	now=$(date +%s)
	shift
	while [ $# -gt 0 ]; do
		awk -v name="$1" -v age="$2" -v now="$now" '
			/^#= / { annotation = $0; next }
			/^#end / { next }
			annotation != "" {
				if (substr($0, index($0, "  ") + 2) == name) {
					split(annotation, field, " ")
					annotation = field[1] " " field[2] " " field[3] " " field[4]
					if (age != "unknown")
						annotation = annotation " " (now - age)
				}
				print annotation
				annotation = ""
			}
			{ print }' "$manifest" >"$SCRATCH/unsealed"
		oracle_seal "$SCRATCH/unsealed" | cat "$SCRATCH/unsealed" - >"$manifest"
		shift 2
	done
}

# When a file was read last, as the manifest says.
read_of() { # MANIFEST NAME
	grep -B 1 "  $2\$" "$1" | awk '/^#= / { print $5 }'
}
