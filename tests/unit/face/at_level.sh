#!/bin/sh
# at_level.sh LEVEL PROGRAM [ARGUMENT...]: runs it if this processor can, else ends with 77.
set -eu
level=$1
shift
"$(dirname "$0")/has_level.sh" "$level" || exit 77
exec "$@"
