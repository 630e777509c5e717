#!/bin/sh
# Makes the samples in this directory, with GnuPG alone: `tests/samples/make.sh`.
#
# Why: what GnuPG writes is what the other side's software writes, as near as can be had. They are
# kept, so that the tests that read them need no GnuPG and are the same in every run. The keys are
# nobody's: they are used by tests and by nothing else.
set -eu
cd "$(dirname "$0")"
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT

at=20261101T000000
gpg() { command gpg --no-greeting --batch --quiet --no-tty --yes --pinentry-mode loopback --passphrase "" \
    --trust-model always --faked-system-time "$at" "$@"; }
fingerprint() { gpg --list-keys --with-colons "$1" | awk -F: '$1 == "fpr" { print $10; exit }'; }

# By the rules of the wire: signs with the primary key, decrypts with a subkey, for a year.
key() {
    gpg --quick-generate-key "$1" "${3:-rsa2048}" cert,sign "${2:-1y}"
    gpg --quick-add-key "$(fingerprint "$1")" "${3:-rsa2048}" encr "${2:-1y}"
    gpg --armor --export "$1" >"$1.public.asc"
    gpg --armor --export-secret-keys "$1" >"$1.private.asc"
}
key integrator
key google
key google-next
key stranger
at=20240101T000000 key expired
key short 1y rsa1024
gpg --quick-generate-key curve ed25519 cert,sign 1y
gpg --quick-add-key "$(fingerprint curve)" cv25519 encr 1y
gpg --armor --export curve >curve.public.asc
gpg --quick-generate-key signs-only rsa2048 cert,sign 1y
gpg --armor --export signs-only >signs-only.public.asc
key revoked
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$(fingerprint revoked).rev" | gpg --import
gpg --armor --export revoked >revoked.public.asc
gpg --passphrase secret --quick-generate-key locked rsa2048 cert,sign 1y
gpg --passphrase secret --armor --export-secret-keys locked >locked.private.asc
rm -f revoked.private.asc short.private.asc

at=20261102T000000
printf '{"clientMessage":"made by GnuPG"}' >"$GNUPGHOME/json"
# As bodies: in base64url, on one line.
body() {
    name=$1
    shift
    gpg --digest-algo SHA384 --cipher-algo AES256 "$@" --output - "$GNUPGHOME/json" |
        base64 -w0 | tr '+/' '-_' >"$name.body"
}
to="--encrypt --recipient integrator"
body armored $to --sign --local-user google --armor
body binary $to --sign --local-user google
body uncompressed $to --sign --local-user google --compress-algo none
body two-signatures $to --sign --local-user stranger --local-user google
body two-recipients --encrypt --recipient google-next --recipient integrator --sign --local-user google
body hidden-recipient --encrypt --hidden-recipient integrator --sign --local-user google
body by-stranger $to --sign --local-user stranger
body unsigned $to
body unencrypted --sign --local-user google
body to-others --encrypt --recipient stranger --sign --local-user google
body sha1 $to --sign --local-user google --digest-algo SHA1
body sha512-aes128 $to --sign --local-user google --digest-algo SHA512 --cipher-algo AES128
body cast5 $to --sign --local-user google --cipher-algo CAST5
body by-password --passphrase secret --symmetric --sign --local-user google
at=20240102T000000 body by-expired-key --encrypt --recipient integrator --sign --local-user expired \
    --ignore-time-conflict --ignore-valid-from
head -c 8388608 /dev/zero >"$GNUPGHOME/json"
body inflates $to --sign --local-user google --compress-level 9
