#!/usr/bin/env bash
# Run every measurement on a machine with a GPU and no network:
#
#     bash benchmarks/gpu.sh PACK OUT [--minutes 8] [--stages …]
#
# PACK is the folder that "python benchmarks/gpu.py pack" made, OUT takes the results. The text at
# the top of benchmarks/gpu.py says more. PYTHON names a Python, WORK a folder for what may be
# thrown away.
set -euo pipefail
shopt -s nullglob

pack=$1 out=$2
shift 2
python=${PYTHON:-python3}
work=${WORK:-${TMPDIR:-/tmp}/alexnet-gpu}

# A wheel is an archive; unpacked it can be imported, and that needs no pip.
for wheel in "$pack"/wheels/*.whl; do
  "$python" -m zipfile -e "$wheel" "$work/site"
done
export PYTHONPATH="$work/site${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -u "$(dirname "$0")/gpu.py" run --pack "$pack" --output "$out" --work "$work" "$@"
