# Draws who held the lock when. Input, sorted by time: begin and end (µs), worker, process, count.
# Each hold has a column of its own; holds that overlap share one, so that it shows.

function seconds(us) { return sprintf("%7.3f s", (us - origin) / 1e6) }

# Puts `text` under or over the columns, unless it would touch what stands there already.
function put(line, column, text) {
  if (length(line) >= column) return line
  while (length(line) < column - 1) line = line " "
  return line text
}

NR == 1 { origin = $1 }
{
  if (NR == 1 || $1 >= last_end) ++columns
  else shared[columns] = 1
  if ($2 > last_end) last_end = $2
  held[$3, columns] = 1
  ++holds_of[$3]
  column_of[NR] = columns
  begin[NR] = $1; end[NR] = $2; worker[NR] = $3; process[NR] = $4; count[NR] = $5
}

function draw_row(w,    row, column) {
  for (column = 1; column <= columns; ++column) {
    if (!((w, column) in held)) row = row empty
    else row = row plain (shared[column] ? red : "") full plain dim
  }
  printf "  worker %d  %s%s%s  %d\n", w, dim, row, plain, holds_of[w]
}

function draw_axis(    axis, i, second) {
  second = 0
  for (i = 1; i <= NR; ++i) {
    if (begin[i] - origin < second * 1e6) continue
    axis = put(axis, column_of[i], "|" second "s")
    while (begin[i] - origin >= second * 1e6) ++second
  }
  printf "            %s%s%s\n", dim, axis, plain
}

function list_hold(i) {
  printf "  %5d   worker %d   %-24s %s  %s   %5d\n", i, worker[i], host ":" process[i],
      seconds(begin[i]), seconds(end[i]), count[i]
}

END {
  for (after = 1; after <= NR && begin[after] < killed_at; ++after) {}

  printf "\n%sWho held the lock%s  (a column for each hold, time runs to the right)\n", bold, plain
  if (killed_at) print "            " put("", column_of[after], red arrow " node " victim " killed" plain)
  for (w = 1; w <= workers; ++w) draw_row(w)
  draw_axis()
  if (!killed_at) exit

  printf "\n%sThe holders around the kill%s\n", bold, plain
  printf "  %s%5s   %-8s   %-24s %9s  %9s   %5s%s\n", dim, "hold", "worker", "holder", "from", "to", "count", plain
  for (i = after - 3; i < after + 3; ++i) {
    if (i == after) printf "  %s        node %d (%s) killed with -9 at %s%s\n", red, victim, node,
        seconds(killed_at), plain
    if (i >= 1 && i <= NR) list_hold(i)
  }
}
