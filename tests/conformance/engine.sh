#!/bin/sh
# engine.sh FOLDER WEIGHTS INPUT OUTPUT [--fault NAME]: the same as engine.py without FOLDER, run by the server that was
# started with it.
set -eu
folder=$1
shift
reply=$folder/reply-$$
mkfifo "$reply"
tab=$(printf '\t')
command=$reply
for argument in "$@"; do command=$command$tab$argument; done
printf '%s\n' "$command" >"$folder/commands"
read -r code words <"$reply"
rm "$reply"
[ -z "$words" ] || echo "$words" >&2
exit "$code"
