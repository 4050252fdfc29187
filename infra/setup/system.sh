#!/bin/sh
# What tests need of the system, by name: browsers (`chromium`, `firefox`) and `coturn` from Debian, what makes
# a `network` with trouble in it, and with browsers a library of Playwright's own Node. Root gets it installed, anybody else is told how.
set -eu
missing=
needs_tun=
for wanted in "$@"; do
  case $wanted in
    chromium) command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-liberation" ;;
    firefox) command -v firefox-esr >/dev/null 2>&1 || missing="$missing firefox-esr" ;;
    network)
      for program in ip:iproute2 nft:nftables; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${program%:*}" >/dev/null 2>&1 || missing="$missing ${program#*:}"
      done
      [ -e /dev/net/tun ] || needs_tun=1
      ;;
    coturn) command -v turnserver >/dev/null 2>&1 || missing="$missing coturn" ;;
  esac
done
/sbin/ldconfig -p | grep -q 'libatomic\.so\.1 ' || missing="$missing libatomic1"
# Containers and the smallest systems lack the node; it is the kernel's own number (admin-guide/devices.txt).
if [ -n "$needs_tun" ] && { [ "$(id -u)" != 0 ] || ! { mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200; }; }; then
  echo "the tests need /dev/net/tun: run 'mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200' as root" >&2
  exit 1
fi
[ -n "$missing" ] || exit 0
packages=$(echo $missing)
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "the tests need more: run 'apt-get install $packages' as root, then 'make test' again" >&2
  exit 1
fi
echo "installing for the tests: $packages"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
{ apt-get update && apt-get install --yes --no-install-recommends $packages; } >"$log" 2>&1 || {
  tail -3 "$log" >&2
  echo "that failed: run 'apt-get install $packages'" >&2
  exit 1
}
rm -f "$log"
# Debian starts a TURN server that nobody has asked for.
case $packages in *coturn*) systemctl disable --now coturn >/dev/null 2>&1 || true ;; esac
