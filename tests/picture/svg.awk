# Turns the lines of a terminal, with their escape sequences, into SVG: what tmux capture-pane -e prints.
# Runs in the locale C, where a character of UTF-8 is several bytes.

BEGIN {
	width = 8.4 # of a character
	height = 19 # of a line
	margin = 16
	split("#3b4252 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #abb2bf", normal, " ")
	split("#5c6370 #ff7a85 #b5e890 #ffd68a #7cc4ff #e08cff #6fd6e0 #ffffff", bright, " ")
	foreground = "#d7dae0"
	background = "#1e2127"
}

# As many columns as characters.
function columns_of(text) {
	gsub(/[\200-\277]/, "", text)
	return length(text)
}

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# What a sequence of parameters means for what follows.
function set_style(parameters, list, count, i, n) {
	count = split(parameters == "" ? "0" : parameters, list, ";")
	for (i = 1; i <= count; i++) {
		n = list[i] + 0
		if (n == 0) bold = dim = reverse = colour = ground = ""
		else if (n == 1) bold = " font-weight=\"bold\""
		else if (n == 2) dim = " opacity=\"0.6\""
		else if (n == 7) reverse = 1
		else if (n == 22) bold = dim = ""
		else if (n == 27) reverse = ""
		else if (n >= 30 && n <= 37) colour = normal[n - 29]
		else if (n == 39) colour = ""
		else if (n >= 40 && n <= 47) ground = normal[n - 39]
		else if (n == 49) ground = ""
		else if (n >= 90 && n <= 97) colour = bright[n - 89]
		else { print "svg.awk: unknown attribute " parameters >"/dev/stderr"; failed = 1 }
	}
}

# Draw a piece of a line in the present style.
function draw(text, size, blanks, fill, behind) {
	size = columns_of(text)
	match(text, /^ */)
	blanks = RLENGTH
	fill = colour == "" ? foreground : colour
	behind = ground
	if (reverse) {
		behind = fill
		fill = ground == "" ? background : ground
	}
	if (behind != "")
		body = body sprintf("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
			margin + column * width, margin + (NR - 1) * height, size * width, height, behind)
	if (blanks < size)
		body = body sprintf("<text x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\" fill=\"%s\"%s%s>%s</text>\n",
			margin + (column + blanks) * width, margin + (NR - 0.28) * height, (size - blanks) * width,
			fill, bold, dim, escaped(substr(text, blanks + 1)))
	column += size
}

{
	rest = $0
	column = 0
	while (match(rest, /\033\[[0-9;]*m/)) {
		before = substr(rest, 1, RSTART - 1)
		parameters = substr(rest, RSTART + 2, RLENGTH - 3)
		rest = substr(rest, RSTART + RLENGTH)
		if (before != "")
			draw(before)
		set_style(parameters)
	}
	sub(/ +$/, "", rest)
	if (rest != "")
		draw(rest)
	if (column)
		last = NR
}

END {
	if (failed)
		exit 1
	right = 2 * margin + columns * width
	bottom = 2 * margin + last * height
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"\n", \
		right, bottom, right, bottom
	printf " font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\"\n"
	printf " xml:space=\"preserve\" role=\"img\" aria-label=\"treesum in a terminal\">\n"
	printf "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"%s\"/>\n", background
	printf "%s</svg>\n", body
}
