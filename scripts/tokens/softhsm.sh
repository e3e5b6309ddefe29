#!/usr/bin/env bash
# Makes a SoftHSM 2 token in a folder of its own, for tests; the system's tokens are left alone.
#
#     scripts/tokens/softhsm.sh FOLDER [LABEL [PIN]]
#
# Prints what a program needs to use it, as shell assignments. Debian: apt-get install softhsm2
set -euo pipefail

folder=$(realpath -m "${1:?usage: softhsm.sh FOLDER [LABEL [PIN]]}")
label=${2:-mwrasp}
pin=${3:-1234}

command -v softhsm2-util >/dev/null || { echo 'softhsm2-util is missing: apt-get install -y softhsm2' >&2; exit 1; }

mkdir -p "$folder/tokens"
export SOFTHSM2_CONF=$folder/softhsm2.conf
cat >"$SOFTHSM2_CONF" <<CONF
directories.tokendir = $folder/tokens
objectstore.backend = file
log.level = ERROR
CONF
softhsm2-util --init-token --free --label "$label" --so-pin "$pin$pin" --pin "$pin" >/dev/null

for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
  [ -e "$module" ] && break
done
printf 'SOFTHSM2_CONF=%q\nMODULE=%q\nTOKEN=%q\n' "$SOFTHSM2_CONF" "$module" "$label"
