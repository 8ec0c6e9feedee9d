#!/usr/bin/env bash
# A sparse file in a root file system's tar is another file, or none, for what reads tars in JavaScript.
#
# Packages: tar@7.5.23, tar-stream@3.2.2, modern-tar@0.8.6 (npm); GNU tar from the system
# Input: a file of 1048580 bytes with a hole, as /var/log/lastlog is in many images, packed by `tar --sparse` in GNU's own form
#   and in that of POSIX.
# One would expect: the file, 1048580 bytes long, since these libraries unpack images and layers; or an error.
# Seen 2026-11-28, GNU's form: tar leaves the file out; tar-stream and modern-tar give it 4100 bytes, the hole cut out.
#   POSIX's form: all three invent a file GNUSparseFile.NUMBER/f of 4612 bytes that begins with the map of the holes.
#   None raises. Python's tarfile reads 1048580 bytes from both.
# What it costs: images that are built, scanned or diffed with these differ from what was packed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix "$work" tar@7.5.23 tar-stream@3.2.2 modern-tar@0.8.6
printf HEAD > f
truncate -s 1M f
printf TAIL >> f
tar --sparse --format=gnu -cf gnu.tar f
tar --sparse --format=posix -cf posix.tar f
cat > read.mjs <<'NODE'
import fs from "node:fs";
import * as tar from "tar";
import tarStream from "tar-stream";
import { unpackTar } from "modern-tar";

const short = (name) => name.replace(/^\.\//, "").replace(/GNUSparseFile\.\d+/, "GNUSparseFile.N");

async function byTar(path) {
  fs.mkdirSync("out");
  await tar.extract({ file: path, cwd: "out" });
  const files = fs.readdirSync("out", { recursive: true }).filter((name) => fs.statSync("out/" + name).isFile());
  const seen = files.map((name) => `${short(name)}=${fs.statSync("out/" + name).size}`);
  fs.rmSync("out", { recursive: true });
  return seen;
}

async function byTarStream(path) {
  const extract = tarStream.extract();
  fs.createReadStream(path).pipe(extract);
  const seen = [];
  for await (const entry of extract) {
    let size = 0;
    for await (const chunk of entry) size += chunk.length;
    seen.push(`${short(entry.header.name)}=${size}`);
  }
  return seen;
}

const byModernTar = async (path) =>
  (await unpackTar(fs.readFileSync(path))).map((entry) => `${short(entry.header.name)}=${entry.data.length}`);

for (const path of ["gnu.tar", "posix.tar"])
  for (const [name, read] of Object.entries({ "tar": byTar, "tar-stream": byTarStream, "modern-tar": byModernTar }))
    console.log(path, name, (await read(path)).join() || "nothing");
NODE
node read.mjs | tee seen
python3 -c 'import tarfile; print(*(tarfile.open(f"{f}.tar").extractfile("f").read().__len__() for f in ("gnu", "posix")))' > python
[ "$(cat python)" = "1048580 1048580" ]
diff seen - <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
gnu.tar tar nothing
gnu.tar tar-stream f=4100
gnu.tar modern-tar f=4100
posix.tar tar GNUSparseFile.N/f=4612
posix.tar tar-stream GNUSparseFile.N/f=4612
posix.tar modern-tar GNUSparseFile.N/f=4612
SEEN
