#!/bin/sh
# file-set.sh PACKAGE FOLDER: writes everything that the image contains: FOLDER/node, and Bellwire with its dependencies in
# FOLDER/node_modules. Run it with the Node.js that the image shall have.
#
# Optional dependencies are the embedded PostgreSQL and Node.js itself, which an image does not need. What Node.js never loads is
# removed, and the symbols of its program: 40 MB.
set -eu
package=$(realpath "$1")
mkdir -p "$2"
cd "$2"
printf '{ "private": true }\n' >package.json
npm install --omit=optional --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error "$package"
find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) \
  ! -path 'node_modules/bellwire/*' -delete
find node_modules -type d \( -name test -o -name tests -o -name benchmark -o -name benchmarks -o -name examples \) \
  ! -path 'node_modules/bellwire/*' -prune -exec rm -rf {} +
rm package.json package-lock.json
cp "$(node -p process.execPath)" node
if command -v strip >/dev/null; then strip node; fi
chmod -R a=rX,u+w .
