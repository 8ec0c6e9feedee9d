#!/usr/bin/env bash
# A layer that skopeo compressed is read by zstandard as an archive that ends early.
#
# Packages: zstandard==0.25.0, pyzstd==0.20.0 (PyPI); skopeo 1.9.3+ds1-1 (Debian 12), of which another version ends the script
# Input: an OCI image of one layer, copied by skopeo with --dest-compress-format zstd:chunked, podman's format for partial pulls.
# One would expect: decompress() returns the whole layer, or raises.
# Seen 2026-11-28: zstd:chunked is a file of several frames, as the zstd format allows. zstandard's decompress() and
#   decompressobj() return the first frame, 512 bytes of 2048, and raise nothing; the tar inside then has a file's header
#   without its content. pyzstd, and zstandard's own copy_stream(), return all. (What `cat a.zst b.zst` makes is as valid.)
# What it costs: digests that do not match, sizes too small, files that are missing, from a layer that every engine takes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root skopeo > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f skopeo_*.deb Version)
case $version in 1.9.3+ds1-1*) ;; *) echo "this is about skopeo 1.9.3+ds1-1; apt has $version" >&2; exit 1 ;; esac
dpkg -x skopeo_*.deb root
ldd root/usr/bin/skopeo | grep "not found" && { echo "skopeo's libraries are missing: apt-get install skopeo" >&2; exit 1; }
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check zstandard==0.25.0 pyzstd==0.20.0
cat > image.py <<'PYTHON'
import hashlib
import io
import json
import pathlib
import tarfile

blobs = pathlib.Path("plain/blobs/sha256")
blobs.mkdir(parents=True)

def blob(content, kind):
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
    entry = tarfile.TarInfo("hello")
    entry.size = 5
    tar.addfile(entry, io.BytesIO(b"hello"))
content = layer.getvalue()[:2048]  # header, content, the two empty blocks that end an archive
layers = [blob(content, "layer.v1.tar")]
config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [layers[0]["digest"]]}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob(json.dumps(config).encode(), "config.v1+json"), "layers": layers}
entry = blob(json.dumps(manifest).encode(), "manifest.v1+json") | {"annotations": {"org.opencontainers.image.ref.name": "v1"}}
pathlib.Path("plain/index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
pathlib.Path("plain/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
PYTHON
python3 image.py
root/usr/bin/skopeo --insecure-policy copy -q --dest-compress-format zstd:chunked oci:plain:v1 oci:chunked:v1
venv/bin/python - <<'PYTHON'
import io
import json
import pathlib

import pyzstd
import zstandard

def read(descriptor):
    return (pathlib.Path("chunked/blobs/sha256") / descriptor["digest"].removeprefix("sha256:")).read_bytes()

[entry] = json.loads(pathlib.Path("chunked/index.json").read_text())["manifests"]
[layer] = json.loads(read(entry))["layers"]
data = read(layer)
sizes = {
    "zstandard decompress": len(zstandard.decompress(data)),
    "zstandard decompressobj": len(zstandard.ZstdDecompressor().decompressobj().decompress(data)),
    "zstandard copy_stream": zstandard.ZstdDecompressor().copy_stream(io.BytesIO(data), io.BytesIO())[1],
    "pyzstd decompress": len(pyzstd.decompress(data)),
}
print(layer["mediaType"], sizes)
assert sizes == {"zstandard decompress": 512, "zstandard decompressobj": 512, "zstandard copy_stream": 2048, "pyzstd decompress": 2048}, (
    "the behaviour has changed"
)
PYTHON
