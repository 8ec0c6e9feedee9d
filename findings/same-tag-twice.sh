#!/usr/bin/env bash
# An OCI layout with two images tagged "latest": one tool silently takes the first, the other refuses.
#
# Packages, both of Debian 12; another version ends the script: skopeo 1.9.3+ds1-1, umoci 0.4.7+ds-3
# Input: a layout of two images, alpha and beta, whose full names stand in io.containerd.image.name and whose
#   org.opencontainers.image.ref.name is the bare tag, which is how containerd's exporter names two images of the same tag.
# One would expect: a complaint from either tool, since skopeo does complain ("more than one image") where no tag is given.
# Seen 2026-11-28: `skopeo inspect oci:layout:latest` is alpha, the first of the index, with status 0 and no word; beta cannot be
#   had by any name. umoci says "tag is ambiguous".
# What it costs: a benchmark of beta that runs alpha. Compare digests, not tags.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root skopeo umoci > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
versions="$(dpkg-deb -f skopeo_*.deb Version) $(dpkg-deb -f umoci_*.deb Version)"
case $versions in "1.9.3+ds1-1"*" 0.4.7+ds-3"*) ;; *) echo "this is about skopeo 1.9.3 and umoci 0.4.7; apt has $versions" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
for tool in skopeo umoci; do
    ldd "root/usr/bin/$tool" | grep "not found" && { echo "$tool's libraries are missing: apt-get install $tool" >&2; exit 1; }
done
python3 - <<'PYTHON'
import hashlib
import json
import pathlib

blobs = pathlib.Path("layout/blobs/sha256")
blobs.mkdir(parents=True)

def blob(content, kind):
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

def image(name):
    layer = blob(bytes(10240), "layer.v1.tar")  # an empty archive
    config = {"architecture": "amd64", "os": "linux", "config": {"Labels": {"who": name}},
              "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob(json.dumps(config).encode(), "config.v1+json"), "layers": [layer]}
    names = {"io.containerd.image.name": f"docker.io/library/{name}:latest", "org.opencontainers.image.ref.name": "latest"}
    return blob(json.dumps(manifest).encode(), "manifest.v1+json") | {"annotations": names}

index = {"schemaVersion": 2, "manifests": [image("alpha"), image("beta")]}
pathlib.Path("layout/index.json").write_text(json.dumps(index))
pathlib.Path("layout/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
PYTHON
skopeo=$(root/usr/bin/skopeo --insecure-policy inspect oci:layout:latest | python3 -c 'import json, sys; print(json.load(sys.stdin)["Labels"]["who"])')
umoci=$(root/usr/bin/umoci unpack --rootless --image layout:latest bundle 2>&1) && umoci="unpacked" || true
echo "skopeo: $skopeo; umoci: $umoci"
[ "$skopeo" = alpha ] && [[ $umoci == *"tag is ambiguous"* ]] || { echo "the behaviour has changed" >&2; exit 1; }
