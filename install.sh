#!/bin/sh
# Installs Switchyard: downloads the archive for this machine, verifies its checksum, and puts the program into
# a folder of the user. Needs no root.
#
#   SWITCHYARD_VERSION   such as 0.1.0; the latest one by default
#   SWITCHYARD_INSTALL   folder of the program; ~/.local/bin by default
#   SWITCHYARD_RELEASES  where the releases are; in a released copy of this script, its own project
set -eu

RELEASES=${SWITCHYARD_RELEASES:-@RELEASES@}
VERSION=${SWITCHYARD_VERSION:-latest}
FOLDER=${SWITCHYARD_INSTALL:-${HOME:?HOME is not set}/.local/bin}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# Prints the platform's name in the archives.
platform() {
  case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no build for $(uname -m)" ;;
  esac
  case $(uname -s) in
    Linux)
      if have ldd && ldd --version 2>&1 | grep -qi musl; then
        fail "the program needs glibc, and this system has musl; use the container image"
      fi
      echo "$machine-unknown-linux-gnu"
      ;;
    Darwin) echo "$machine-apple-darwin" ;;
    *) fail "there is no build for $(uname -s) here; on Windows, unpack the archive by hand" ;;
  esac
}

# Downloads $1 to the file $2. What comes by https may not be redirected to anything less.
download() {
  case $1 in
    https:*) only_https=1 ;;
    *) only_https= ;;
  esac
  if have curl; then
    curl -fsSL ${only_https:+--proto '=https' --tlsv1.2} -o "$2" "$1" || fail "cannot download $1"
  elif have wget; then
    wget -q ${only_https:+--https-only} -O "$2" "$1" || fail "cannot download $1"
  else
    fail "curl or wget is needed"
  fi
}

# Prints the SHA-256 of the file $1.
sha256() {
  if have sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif have shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail "sha256sum or shasum is needed to verify the download"
  fi
}

# A function, so that a script that arrives in part does nothing.
main() {
  case $RELEASES in
    @*) fail "set SWITCHYARD_RELEASES, or take install.sh from a release" ;;
  esac
  target=$(platform)
  archive=switchyard-$target.tar.gz
  case $VERSION in
    latest) from=$RELEASES/latest/download ;;
    *) from=$RELEASES/download/v${VERSION#v} ;;
  esac

  work=$(mktemp -d)
  new=
  trap 'rm -rf "$work" ${new:+"$new"}' EXIT
  trap 'exit 1' HUP INT TERM
  download "$from/SHA256SUMS" "$work/SHA256SUMS"
  download "$from/$archive" "$work/$archive"
  expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "SHA256SUMS does not list $archive"
  actual=$(sha256 "$work/$archive")
  [ "$actual" = "$expected" ] ||
    fail "the checksum of $archive is wrong: expected $expected, got $actual; nothing was installed"

  tar -xzf "$work/$archive" -C "$work"
  mkdir -p "$FOLDER"
  # Beside the old program first: a rename replaces it at once, also while it runs.
  new=$FOLDER/.switchyard.$$
  cp "$work/switchyard-$target/switchyard" "$new"
  chmod 755 "$new"
  version=$("$new" --version) || fail "the program does not start on this machine"
  mv -f "$new" "$FOLDER/switchyard"
  new=

  echo "Installed Switchyard $version as $FOLDER/switchyard"
  case :$PATH: in
    *:"$FOLDER":*) ;;
    *) echo "Add it to your PATH: export PATH=\"$FOLDER:\$PATH\"" ;;
  esac
  echo "Try it: switchyard --demo"
}

main
