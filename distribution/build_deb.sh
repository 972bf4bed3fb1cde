#!/bin/bash
# Build a Debian package in dist/ with all Python packages that Handoff needs, in /opt/handoff.
#
#   distribution/build_deb.sh VERSION      a Debian version, usually that of handoff/__init__.py
#
# The Python of this machine has to be the one of the Debian that the package is for: compiled
# packages fit one minor version only. PIP is a pip that can install for another interpreter.
set -euo pipefail

cd "$(dirname "$0")/.."
version=$1
python=${DEB_PYTHON:-/usr/bin/python3}
pip=${PIP:-pip}
root=$PWD/build/deb
home=$root/opt/handoff

rm -rf "$root" && mkdir -p "$root/DEBIAN" "$home"
umask 022

"$python" -m venv --without-pip "$home"
rm -f "$home"/bin/[Aa]ctivate* "$home"/lib64
install_packages() { "$pip" --quiet --python "$home/bin/python" install --no-compile "$@"; }
install_packages --require-hashes -r requirements.txt
install_packages --no-deps --no-build-isolation .
# Scripts and compiled files name the place where they will be, not the one where they are built.
grep -rIl "$home" "$home/bin" "$home/pyvenv.cfg" | xargs sed -i "s#$home#/opt/handoff#g"
find "$home" -name direct_url.json -delete
"$home/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$root" \
    "$home/lib" || true # packages ship templates that are no valid Python

install -d "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/usr/share/doc/handoff"
ln -s /opt/handoff/bin/handoff "$root/usr/bin/handoff"
install -m 644 docs/deploy/*.service docs/deploy/*.timer "$root/usr/lib/systemd/system/"
cp -r docs/*.md docs/*.svg docs/*.png docs/deploy README.md "$root/usr/share/doc/handoff/"
install -m 644 LICENSE "$root/usr/share/doc/handoff/copyright"
gzip -9n <CHANGELOG.md >"$root/usr/share/doc/handoff/changelog.gz"

install -d "$root/etc/handoff"
"$home/bin/python" -c 'from handoff.installation.env_file_merge import HEADER as h; print(h, end="")' \
    >"$root/etc/handoff/handoff.env"
chmod 640 "$root/etc/handoff/handoff.env"
install -m 644 docs/deploy/nginx-location.conf "$root/etc/handoff/nginx.conf"

install -m 644 distribution/debian/conffiles "$root/DEBIAN/"
install -m 755 distribution/debian/{preinst,postinst,prerm,postrm} "$root/DEBIAN/"
minor=$("$python" -c 'import sys; print(sys.version_info.minor)')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
    -e "s/@PYTHON@/3.$minor/" -e "s/@NEXT_PYTHON@/3.$((minor + 1))/" \
    -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" distribution/debian/control >"$root/DEBIAN/control"

mkdir -p dist
chmod -R go+rX "$root" && chmod 640 "$root/etc/handoff/handoff.env"
dpkg-deb --root-owner-group -Zzstd -z9 --build "$root" "dist/handoff_${version}_$(dpkg --print-architecture).deb"
