#!/usr/bin/env bash
# Runs a command in a chroot of Debian testing with an openCryptoki 3.27 soft token, which has ML-KEM and ML-DSA. Needs root and
# debootstrap; about a minute and 270 MB the first time, then FOLDER is kept.
#
#     scripts/tokens/opencryptoki.sh FOLDER PROJECT COMMAND...
#
# PROJECT is seen as /work in there; the Node of this machine (or NODE) is copied in. The command finds MODULE in its environment,
# and MWRASP_TOKEN_KINDS, by which tests know which token is there. The token is a new one each time, and not initialised: see
# docs/hsm.md. Packages come through the mirror that apt already uses here, or DEBIAN_MIRROR.
set -euo pipefail

folder=$(realpath -m "${1:?usage: opencryptoki.sh FOLDER PROJECT COMMAND...}")
project=$(realpath "${2:?usage: opencryptoki.sh FOLDER PROJECT COMMAND...}")
shift 2
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$')}

[ "$(id -u)" = 0 ] || { echo 'opencryptoki.sh needs root' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'debootstrap is missing: apt-get install -y debootstrap' >&2; exit 1; }

if ! [ -e "$folder/.ready" ]; then
  debootstrap --variant=minbase --include=opencryptoki,libstdc++6,libatomic1 "${SUITE:-testing}" "$folder" "$mirror" >"$folder.log" 2>&1 ||
    { tail -n 20 "$folder.log" >&2; exit 1; }
  touch "$folder/.ready"
fi

clean_up() {
  local pid=$folder/run/opencryptoki/pkcsslotd.pid
  [ -s "$pid" ] && kill "$(tr -dc 0-9 <"$pid")" 2>/dev/null
  sleep 0.5
  for mount in node_modules work var/lib/opencryptoki dev/shm dev proc run; do
    if mountpoint -q "$folder/$mount"; then umount "$folder/$mount"; fi
  done
}
trap clean_up EXIT

mkdir -p "$folder/work"
cp -L "${NODE:-$(command -v node)}" "$folder/usr/local/bin/node"
mount -t proc proc "$folder/proc"
mount --bind /dev "$folder/dev"
mount -t tmpfs tmpfs "$folder/dev/shm"
mount -t tmpfs tmpfs "$folder/run"
mount -t tmpfs tmpfs "$folder/var/lib/opencryptoki"
mount --bind "$project" "$folder/work"
# Found from /work, also where the project's own is a link to somewhere else.
mkdir -p "$folder/node_modules"
mount --bind "$(realpath "$project/node_modules")" "$folder/node_modules"

cat >"$folder/etc/opencryptoki/opencryptoki.conf" <<CONF
version opencryptoki-3.27
slot 0
{
    stdll = libpkcs11_sw.so
    tokversion = 3.12
}
CONF
chroot "$folder" sh -ec '
  mkdir -p /run/lock
  install -d -m 710 -o pkcsslotd -g pkcs11 /run/opencryptoki
  for name in lock/opencryptoki lock/opencryptoki/swtok log/opencryptoki lib/opencryptoki lib/opencryptoki/swtok lib/opencryptoki/swtok/TOK_OBJ; do
    install -d -m 770 -g pkcs11 "/var/$name"
  done
  pkcsslotd'
for _ in $(seq 50); do
  [ -S "$folder/run/opencryptoki/pkcsslotd.socket" ] && break
  sleep 0.1
done

module=/usr/lib/$(uname -m)-linux-gnu/opencryptoki/libopencryptoki.so.0
chroot "$folder" env HOME=/root MODULE="$module" MWRASP_TOKEN_KINDS=openCryptoki sh -ec 'cd /work; exec "$@"' sh "$@"
