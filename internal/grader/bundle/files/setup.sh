#!/usr/bin/env bash
# Makes an image ready to grade: Go, at the very release that the bundle was made with, and raftlab. Needs root only if
# there is no Go at all, and the network for what is missing. The first thing that fails ends it, with what it said.
set -euo pipefail
bundle="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/bundle"
source "$bundle/env.sh"
want="$(cat "$bundle/go-version")"

say() { echo "setup.sh: $*" >&2; }
trap 'say "failed at line $LINENO"' ERR

release() { GOTOOLCHAIN=local "$1" version 2>/dev/null | cut -d ' ' -f 3; }

# any_go prints some go command. That of the image's archive is old, but it can fetch a new one.
any_go() {
	local go package
	for go in go /usr/local/go/bin/go; do
		if command -v "$go"; then return; fi
	done
	say "there is no Go here: installing one from the archive"
	apt-get update >&2
	package="$(apt-cache search --names-only '^golang-1\.[0-9]+-go$' | cut -d ' ' -f 1 | sort -V | tail -n 1)"
	apt-get install -y --no-install-recommends ca-certificates "${package:-golang-go}" >&2
	go="$(ls -d /usr/lib/go-1.*/bin/go | sort -V | tail -n 1)"
	echo "$go"
}

# fetch prints the folder of the wanted release, which the go command $1 takes from the module proxy, as go itself does
# when a module asks for a newer one. Before 1.21 it did not know how, but a module is a module.
fetch() {
	local root scratch
	root="$(GOTOOLCHAIN="$want" "$1" env GOROOT)"
	if [ "$(release "$root/bin/go")" != "$want" ]; then
		scratch="$(mktemp -d)"
		root="$(cd "$scratch" && "$1" mod init scratch 2>/dev/null && "$1" mod download -json \
			"golang.org/toolchain@v0.0.1-$want.$("$1" env GOOS)-$("$1" env GOARCH)" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')"
		rm -r "$scratch"
		chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
	fi
	echo "$root"
}

go="$(any_go)"
if [ "$(release "$go")" = "$want" ]; then
	root="$("$go" env GOROOT)"
else
	say "fetching $want"
	root="$(fetch "$go")"
fi
if [ "$(release "$root/bin/go")" != "$want" ]; then
	say "wanted $want, and got $("$root/bin/go" version)"
	exit 1
fi
ln -sfn "$root" "$bundle/go"

cd "$bundle/src"
say "building raftlab"
"$bundle/go/bin/go" build -buildvcs=false -o "$bundle/bin/raftlab" ./cmd/raftlab
say "trying it"
"$bundle/bin/raftlab" test --run '^(TestBasicAgree2B|TestBasic3A)$' --seeds 1
scratch="$(mktemp -d)"
mkdir "$scratch/nothing" # to grade, which proves the sandbox all the same
"$bundle/bin/raftlab" grade "$scratch/nothing" --out "$scratch/out" --format none --cache "$bundle/cache/programs"
rm -r "$scratch"
say "ready"
