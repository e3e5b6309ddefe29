#!/usr/bin/env bash
# Unpacks NSS softokn 3.131 or later, which has ML-KEM and ML-DSA, beside the system: nothing is installed, no root is needed.
#
#     scripts/tokens/nss.sh FOLDER
#
# FOLDER keeps the libraries: a second run with the same one fetches nothing. They come from Debian testing or sid, by apt,
# through the mirror that this machine's apt already uses (or DEBIAN_MIRROR). Debian 12's libc6, libnspr4 and libsqlite3-0 are
# recent enough for them. Prints the path of the module.
#
# A database for it: node scripts/tokens/nss-database.mjs MODULE FOLDER PIN
set -euo pipefail

folder=$(realpath -m "${1:?usage: nss.sh FOLDER}")
oldest=2:3.131
module=$folder/libsoftokn3.so
libraries=(libsoftokn3 libfreebl3 libfreeblpriv3 libnssutil3)

if [ -e "$module" ]; then
  echo "$module"
  exit 0
fi

known=$(/sbin/ldconfig -p)
for library in libnspr4.so libsqlite3.so.0; do
  [[ $known == *"$library"* ]] || { echo "$library is missing: apt-get install -y libnspr4 libsqlite3-0" >&2; exit 1; }
done
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$')}
architecture=$(dpkg --print-architecture)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An apt of its own for one suite, so that the system's lists stay as they are.
fetch() {
  local suite=$1 apt=$work/$1
  mkdir -p "$apt"/{etc,deb,lists/partial,cache/archives/partial}
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/etc/sources.list"
  cat >"$apt/apt.conf" <<CONF
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$architecture";
APT::Architectures "$architecture";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  export APT_CONFIG=$apt/apt.conf
  apt-get -qq update >&2 || return 1
  local version
  version=$(apt-cache policy libnss3 | awk '/Candidate/ { print $2 }')
  dpkg --compare-versions "$version" ge "$oldest" || { echo "$suite has libnss3 $version" >&2; return 1; }
  (cd "$apt/deb" && apt-get -qq download libnss3 >&2)
  dpkg -x "$apt"/deb/libnss3_*.deb "$work/unpacked"
}

fetch testing || fetch sid || { echo "neither testing nor sid has libnss3 $oldest or later" >&2; exit 1; }

mkdir -p "$folder"
for library in "${libraries[@]}"; do
  # The module last, under its own name at once: whoever sees it sees all of them.
  [ "$library" = libsoftokn3 ] || cp "$work"/unpacked/usr/lib/*/"$library.so" "$folder/"
done
cp "$work"/unpacked/usr/lib/*/libsoftokn3.so "$folder/.libsoftokn3.so"
mv "$folder/.libsoftokn3.so" "$module"
echo "$module"
