# Reads what `llvm-cov report` and then `llvm-cov show -show-branches=count` print; says how much of
# lib/core was executed, and what was not. The exit status is the number of bounds missed.
#   awk -v lines_bound=98 -v branches_bound=95 -f coverage.awk REPORT SHOWN

# --- What a file leaves out -------------------------------------------------------------------

function MissLine(line) {
  ++lines_missed[file]
  if (line == last_missed + 1) sub(/(-[0-9]+)?$/, "-" line, left_out[file])
  else left_out[file] = left_out[file] " " line
  last_missed = line
  was_missed[line]
}

# In a line that was never executed it says nothing new.
function MissBranch(place, outcome,    line) {
  ++branches_missed[file]
  line = place
  sub(/:.*/, "", line)
  if (!(line in was_missed)) left_out[file] = left_out[file] " " place "=" outcome
}

# A condition of a template is listed once for each of its instances, so it is counted at the end.
function EndFile(    i) {
  for (i = 1; i <= conditions; ++i) {
    branches[file] += 2
    if (!(i in was_true)) MissBranch(places[i], "true")
    if (!(i in was_false)) MissBranch(places[i], "false")
  }
  conditions = last_missed = 0
  split("", number)
  split("", was_true)
  split("", was_false)
  split("", was_missed)
}

# A switch counts as a condition for the default that it has not; its cases are counted themselves.
function IsSwitch(place,    column) {
  column = place
  sub(/.*:/, "", column)
  return substr(text, column - 8, 8) == "switch ("
}

function CountCondition(place, is_true, is_false) {
  if (!(place in number)) {
    number[place] = ++conditions
    places[conditions] = place
  }
  if (is_true) was_true[number[place]]
  if (is_false) was_false[number[place]]
}

# --- Output -----------------------------------------------------------------------------------

function Percent(missed, all) {
  return all ? sprintf("%.2f %%", 100 - 100 * missed / all) : "-"
}

function Row(name, f, fm, l, lm, b, bm) {
  printf "%-24s %9d %5d %9s %6d %5d %9s %8d %5d %9s\n", name, f, fm, Percent(fm, f),
    l, lm, Percent(lm, l), b, bm, Percent(bm, b)
}

function Table(    i, n) {
  printf "%-24s %9s %5s %9s %6s %5s %9s %8s %5s %9s\n", "lib/core", "functions", "never", "",
    "lines", "never", "", "branches", "never", ""
  for (i = 1; i <= files; ++i) {
    n = names[i]
    Row(n, functions[n], functions_missed[n], lines[n], lines_missed[n], branches[n],
      branches_missed[n])
    f += functions[n]; fm += functions_missed[n]
    l += lines[n]; lm += lines_missed[n]
    b += branches[n]; bm += branches_missed[n]
  }
  Row("all", f, fm, l, lm, b, bm)
}

# What costs most comes first.
function List(    i, n, missed, sorted) {
  print "\nNever executed: lines, and conditions (LINE:COLUMN) that never had the outcome"
  sorted = "sort -k1,1nr -k2 | cut -d' ' -f2-"
  for (i = 1; i <= files; ++i) {
    n = names[i]
    missed = lines_missed[n] + branches_missed[n]
    if (missed) print missed, "  " n ":" left_out[n] | sorted
  }
  close(sorted)
}

# Whether the bound is missed.
function Below(what, missed, all, bound,    below) {
  below = 100 * (all - missed) < bound * all
  printf "%-8s %9s, at least %d %%: %s\n", what, Percent(missed, all), bound,
    below ? "FAILED" : "ok"
  return below
}

# --- Input ------------------------------------------------------------------------------------

FNR == 1 { ++input }

# FILE FUNCTIONS MISSED ...
input == 1 {
  if ($1 !~ /(^|\/)lib\/core\/[^\/]*$/) next
  sub(/.*\//, "", $1)
  functions[$1] = $2
  functions_missed[$1] = $3
  next
}

# A file's name, then its lines as `LINE|COUNT|TEXT`, each with its conditions behind it.
/^[^ |].*:$/ {
  EndFile()
  file = ""
  if ($0 !~ /\/lib\/core\/[^\/]*:$/) next
  file = $0
  gsub(/.*\/|:$/, "", file)
  names[++files] = file
}
file == "" { next }
/^ *[0-9]+\|[ 0-9.kMGTPEZY]*\|/ {
  split($0, cell, "|")
  text = $0
  sub(/^[^|]*\|[^|]*\|/, "", text)
  if (cell[2] ~ /^ *$/) next
  ++lines[file]
  if (cell[2] + 0 == 0) MissLine(cell[1] + 0)
}
/\|  Branch \([0-9:]+\): \[True: / {
  gsub(/[^0-9:]|:$/, "", $3)
  if (IsSwitch($3)) next
  CountCondition($3, $5 + 0 != 0, $7 + 0 != 0)
}

END {
  EndFile()
  if (!files) {
    print "nothing of lib/core was found" >"/dev/stderr"
    exit 2
  }
  Table()
  List()
  print ""
  exit Below("lines", lm, l, lines_bound) + Below("branches", bm, b, branches_bound)
}
