#!/bin/sh
# levels_agree.sh PROGRAM FOLDER...: PROGRAM must print the same embedding, but for 1e-4, with the
# face library of each FOLDER. A folder is loaded by its own path: glibc would choose by processor.
set -eu
program=$1
shift
capture=$(dirname "$0")/../../data/faces/id_021/arrival_1.jpg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for folder in "$@"; do
  level=$(basename "$folder")
  "$(dirname "$0")/has_level.sh" "$level" || continue
  # Log lines go to standard output too; they start with a bracket.
  LD_PRELOAD="$folder/libentryexit_face.so" "$program" "$capture" | grep -v '^\[' > "$work/$level"
done
cd "$work"
first=$(ls | head -n 1)
for level in *; do
  paste "$first" "$level" | awk -v level="$level" '
    { d = $1 - $2; sum += d * d }
    END { printf "%s: %d values, distance %g\n", level, NR, sqrt(sum); exit !(NR == 128 && sum < 1e-8) }'
done
