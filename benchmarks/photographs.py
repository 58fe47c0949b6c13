"""Train the small network on photographs of ten classes of ImageNet, and keep it in the package.

    python benchmarks/photographs.py --folder DIR [--epochs N] [--output DIR]
    python benchmarks/photographs.py --answers

Imagenette's training pictures, a tenth of each class put aside to validate on; its published
validation pictures are the test set, looked at once, at the end. A run that was killed continues
from its last whole epoch: give the same arguments again. What comes out are the three files that
``alexnet_tutorial.weights.pretrained`` reads; without ``--output`` they replace the package's.
``--answers`` trains nothing: it asks the network that is kept about the test pictures again.
"""

import argparse
from dataclasses import asdict
from datetime import date
from pathlib import Path

from alexnet_tutorial.pictures import load_imagenette
from alexnet_tutorial.session import import_keras
from alexnet_tutorial.shapes import variant
from alexnet_tutorial.training.experiments import machine
from alexnet_tutorial.weights.pretrained import (
    RECORDED,
    ask,
    pretrained,
    rounded,
    save_answers,
    save_pretrained,
)

NETWORK = variant("small")
PIXELS = 108  # the short side of the pictures; a crop is 96


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--folder", type=Path, help="where checkpoints go")
    what.add_argument("--answers", action="store_true", help="ask the kept network again")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--output", type=Path, default=RECORDED)
    parser.add_argument("--source", default="auto", help="as load_imagenette")
    options = parser.parse_args()

    keras = import_keras()
    from alexnet_tutorial.classifier import Classifier
    from alexnet_tutorial.pictures import Augmentation
    from alexnet_tutorial.training import Clock, Recipe, train

    def show(epoch, logs):
        values = ", ".join(f"{name} {float(value):.4g}" for name, value in logs.items())
        print(f"epoch {epoch + 1}: {values}", flush=True)

    sets = load_imagenette(options.source, pixels=PIXELS)
    if options.answers:
        said = ask(pretrained(options.output), sets.test.x, sets.test.y)
        return save_answers(said, options.output)
    recipe = Recipe(
        epochs=options.epochs,
        batch_size=32,
        learning_rate=1e-3,
        patience=options.epochs,
        augmentation=Augmentation(rotation=8, zoom=0.2, shift=6, brightness=0.2, flip=True),
    )
    run = train(
        NETWORK.with_classes(len(sets.classes)),
        sets,
        folder=options.folder,
        recipe=recipe,
        callbacks=[Clock(), keras.callbacks.LambdaCallback(on_epoch_end=show)],
    )
    classifier = rounded(Classifier(run.model, run.preprocessing, sets.wnids, sets.classes))
    said = ask(classifier, sets.test.x, sets.test.y)
    accuracy = float((said.probabilities.argmax(1) == said.y).mean())
    made = {
        "test_accuracy": round(accuracy, 6),
        "validation_accuracy": round(run.validation_accuracy, 6),
        "best_epoch": run.best_epoch,
        "parameters": run.parameters,
        "pictures": run.pictures,
        "recipe": asdict(recipe),
        "history": {k: [round(v, 4) for v in values] for k, values in run.history.items()},
        "data": f"Imagenette photographs, {sets.archive.name if sets.archive else sets.kind}",
        "machine": machine(),
        "date": date.today().isoformat(),
        "command": "python benchmarks/photographs.py --folder DIR",
    }
    save_pretrained(classifier, NETWORK.with_classes(len(sets.classes)), said, made, options.output)
    print(f"{accuracy:.1%} of {len(said.y)} test pictures; files in {options.output}")


if __name__ == "__main__":
    main()
