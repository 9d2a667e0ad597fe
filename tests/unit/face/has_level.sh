#!/bin/sh
# has_level.sh LEVEL: whether this processor runs what is compiled for x86-64-v3 or x86-64-v4; says
# so when not. Any other name is that of a level which all have.
set -eu
case $1 in
  x86-64-v3) flags="avx2 fma" ;;
  x86-64-v4) flags="avx512f avx512bw avx512cd avx512dq avx512vl" ;;
  *) flags="" ;;
esac
for flag in $flags; do
  if ! grep -qw "$flag" /proc/cpuinfo; then
    echo "this processor has no $flag: $1 is not tested"
    exit 1
  fi
done
