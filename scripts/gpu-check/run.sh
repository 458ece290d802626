#!/usr/bin/env bash
# scripts/gpu-check/run.sh [PARTS] [-- OPTIONS OF THE CHECK]
#
# Runs the check on a machine without a network, without Node and without TensorFlow: from a copy of
# the working tree and the parts that `npm run gpu-check -- pack` made (PARTS, default .gpu-check).
# ../gpu-check.mjs lists the requirements of the machine.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
parts=$root/.gpu-check
if [[ $# -gt 0 && $1 != -- ]]; then
  parts=$1
  shift
fi
[[ ${1:-} == -- ]] && shift
work=${LAMINA_GPU_CHECK:-/tmp/lamina-gpu-check}
engine=$work/stage/engine
started=$(date +%s)
say() { echo "[$(($(date +%s) - started)) s] $*" >&2; }

decompress() {
  if command -v xz >/dev/null; then
    xz -dc -T0 "$1" 2>/dev/null || xz -dc "$1"
  else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer, 1 << 22)' "$1"
  fi
}

unpack() {
  (cd "$parts" && sha256sum --check --quiet manifest)
  rm -rf "$work"
  mkdir -p "$work/archive" "$work/stage"
  (cd "$parts" && cat $(awk '{ print $2 }' manifest)) | tar -xf - -C "$work/archive"
  decompress "$work/archive/rest.tar.xz" | tar -xf - -C "$work/stage"
  local pids=() name
  for name in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
    decompress "$work/archive/$name.xz" >"$engine/deps/lib/$name" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  rm -rf "$work/archive"
}

# Folders with CUDA's libraries: wheels of any Python first, then the toolkit's and the system's.
cuda_folders() {
  local python
  for python in python3 /opt/*/.venv/bin/python3 /opt/*/bin/python3 /usr/bin/python3; do
    command -v "$python" >/dev/null || continue
    "$python" - <<'PYTHON' || true
import glob, site, sysconfig
for folder in dict.fromkeys([sysconfig.get_paths()["purelib"], *site.getsitepackages()]):
    print(*sorted(glob.glob(folder + "/nvidia/*/lib")), sep="\n")
PYTHON
  done
  printf '%s\n' /usr/local/cuda*/lib64 /usr/local/cuda*/targets/x86_64-linux/lib /usr/lib/x86_64-linux-gnu
}

# TensorFlow 2.21 opens libraries of CUDA 12 by these names. If only a newer library is installed, link to that: the
# functions of cuBLAS, cuFFT, cuSPARSE and cuDNN that TensorFlow calls are the same in CUDA 13. The CUDA runtime is
# different and is part of the pack.
link_cuda() {
  local target=$engine/deps/nvidia/machine/lib folder file name version newest
  mkdir -p "$target"
  while read -r folder; do
    [[ -d $folder ]] || continue
    for file in "$folder"/lib{cublas,cublasLt,cufft,curand,cusolver,cusparse,cudnn,nccl,cupti,nvJitLink,nvrtc,nvrtc-builtins,cudart}*.so.*; do
      [[ -e $file && ! -e $target/$(basename "$file") ]] && ln -s "$file" "$target/"
    done
  done < <(cuda_folders | awk 'NF && !seen[$0]++')
  for name in cublas:12 cublasLt:12 cufft:11 curand:10 cusolver:11 cusparse:12 cudnn:9 nccl:2 cupti:12 nvJitLink:12; do
    version=${name#*:}
    name=lib${name%:*}
    [[ -e $target/$name.so.$version ]] && continue
    newest=$(cd "$target" && ls "$name".so.* 2>/dev/null | sort -V | tail -1 || true)
    if [[ -n $newest ]]; then
      ln -s "$(readlink -f "$target/$newest")" "$target/$name.so.$version"
      say "$name.so.$version: $newest stands in for it"
    else
      say "$name.so.$version: not on this machine"
    fi
  done
  # ptxas and libdevice, for kernels that are made while the program runs.
  for folder in /usr/local/cuda /usr/local/cuda-*; do
    [[ -x $folder/bin/ptxas ]] && ln -sfn "$folder" "$engine/deps/nvidia/cuda_nvcc" && break
  done
  ls -l "$target" >&2
}

say "unpacking $parts"
unpack
say 'linking the CUDA libraries of this machine'
export PATH=$PATH:/usr/local/nvidia/bin:/usr/local/cuda/bin
if ! ldconfig -p | grep -q 'libcuda\.so\.1'; then
  export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/nvidia/lib64:/usr/local/nvidia/lib
fi
link_cuda
nvidia-smi >&2 || say 'nvidia-smi does not run'

export LAMINA_CACHE=$work/cache
node=$work/stage/bin/node
[[ -e $root/node_modules ]] || ln -s "$work/stage/node_modules" "$root/node_modules"
cd "$root"
say 'installing the engine'
if ! "$node" src-main/engine-setup/main.ts install --from "$engine"; then
  say 'trying again with a binding that is compiled here'
  rm -rf "$engine/lib"
  "$node" src-main/engine-setup/main.ts install --from "$engine" || say 'the engine could not be installed'
fi
say 'checking'
status=0
"$node" scripts/gpu-check/check.ts "$@" || status=$?
say "done, status $status"
exit "$status"
