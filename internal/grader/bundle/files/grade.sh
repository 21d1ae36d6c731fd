#!/usr/bin/env bash
# grade.sh SUBMISSION OUT FORMAT: grades the one submission in the folder SUBMISSION, with its results, and those in
# FORMAT, in OUT. Ends as raftlab grade does.
#
# The submission is compiled, which runs none of it, and its program runs in a sandbox without files: it can read
# neither course.yaml nor the secret of the hidden seeds, and write no result.
set -uo pipefail
bundle="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# What this bundle does not bring lies where setup.sh was run.
here="$bundle"
bundle="${RAFTLAB_BUNDLE:-$bundle}"
source "$bundle/env.sh"
shopt -s nullglob dotglob

if ! command -v raftlab >/dev/null; then
	echo "grade.sh: there is no raftlab in $bundle/bin: run setup.sh when the image is built" >&2
	exit 3
fi

# An archive is graded as it is. Anything else becomes one, so that it is one submission whatever folders it has, and
# is unpacked with the care that archives get.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
inside=("$1"/*)
if [ "${#inside[@]}" = 1 ] && [ -f "${inside[0]}" ] && [[ "${inside[0]}" != *.go ]]; then
	submission="${inside[0]}"
else
	submission="$work/submission.tar.gz"
	tar -C "$1" -czf "$submission" --exclude-vcs . || exit 3
fi

mapfile -t flags <"$here/flags"
if [ -e "$here/course/course.yaml" ]; then
	flags+=(--config "$here/course/course.yaml")
fi
# Quiet: what it prints is not for students, and some platforms show them all. Its own limit comes before the
# platform's, so that there is a result that says so.
timeout -k 60s "${RAFTLAB_LIMIT:-35m}" raftlab grade "$submission" --out "$2" --format "$3" --quiet \
	--cache "$bundle/cache/programs" "${flags[@]}"
