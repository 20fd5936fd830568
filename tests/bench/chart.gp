# Draws chart.svg of tree.chart and big.chart: a bar for each command, treesum's own in a colour of
# their own.
#
# Usage: gnuplot -c chart.gp MACHINE TREE

set terminal svg size 760, 520 font "sans-serif,13" background "white"
set output "chart.svg"
set datafile separator "\t"
set multiplot title "SHA-512 of many files (b3sum: BLAKE3), seconds, less is better\n".ARG1 noenhanced

unset key
unset border
unset xtics
set ytics scale 0
set style fill solid
set lmargin 27
set rmargin 8

# Each panel has its first command on top, and the longest bar fills it.
is_ours(name) = name[1:7] eq "treesum"
array files[2] = ["tree.chart", "big.chart"]
array titles[2] = [ARG2, "64 files of 32 MiB"]
array tops[2] = [0.88, 0.42]
array bottoms[2] = [0.44, 0.02]
do for [panel = 1:2] {
	set tmargin at screen tops[panel] - 0.05
	set bmargin at screen bottoms[panel]
	set title titles[panel] offset 0, -0.7
	set xrange [*:*]
	set yrange [*:*]
	stats files[panel] using 2 nooutput
	set xrange [0:STATS_max]
	set yrange [STATS_records - 0.4:-0.6]
	plot files[panel] using (0):0:(0):2:($0 - 0.36):($0 + 0.36):(is_ours(stringcolumn(1)) ? 0x1b7837 : 0xa6a6a6):ytic(1) \
			with boxxyerror linecolor rgb variable, \
		"" using 2:0:(sprintf(" %.2f", $2)) with labels left
}
unset multiplot
