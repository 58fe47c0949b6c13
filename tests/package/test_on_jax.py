"""What of the other tests is true on JAX too: run there, all in one process."""

import subprocess
import sys

import keras
import pytest

# Which tests of a file, in the words of pytest's -k; "test" are all. Left out is what is Keras's
# own, or takes long and asks nothing of the backend.
CHOSEN = {
    "package/test_build.py": "not whole",
    "package/test_finite_loss.py": "test",
    "package/test_fit.py": (
        "learns or keeps or continues or resumes or refused or not_a_number or twenty or several "
        "or parts or device"
    ),
    "package/test_layers.py": "test",
    "package/test_layers_augmentation.py": "test",
    "package/test_optimizers.py": "not keras_own",
    "package/test_saliency.py": "test",
    "package/test_variants.py": "not whole",
    # The last: its chapter lets JAX compute in 64 bits from there on, and other numbers are drawn.
    "notebooks/test_one_filter.py": "fit or pytorch",
}


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="Keras runs on JAX already")
def test_the_same_on_jax(root, jax_environment):
    """One process for all: to start Keras takes as long as most files do."""
    files = [root / "tests" / name for name in CHOSEN]
    words = zip(files, CHOSEN.values(), strict=True)
    chosen = (f"({file.name} and ({some}))" for file, some in words)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:nbmake"]
    command += ["--import-mode=importlib", "-k", " or ".join(chosen), *map(str, files)]
    result = subprocess.run(command, env=jax_environment, capture_output=True, text=True)
    print(result.stdout[-3000:])
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]
    for file in files:  # a name that has changed would choose nothing
        assert f"{file.name}::" in result.stdout, file
