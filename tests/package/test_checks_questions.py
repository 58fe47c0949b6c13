"""Every question of the book: right in every form, every slip named, no answer given away.

The tables below are worked out by hand, apart from the package. ``kept`` asks whether they hold;
the mutation run at the end changes questions and the comparison, and wants every change noticed.
"""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from alexnet_tutorial.checks import QUESTIONS, answers, check
from alexnet_tutorial.checks.reading import read

CARD = 3 * 2**30
WEIGHTS = 4 * 60965224
PICTURE = 4 * 224 * 224 * 3
# conv1, lrn1; conv2, lrn2, cnorm2; conv3 to conv5. Then pool1, relu1; pool2; pool5, relu5.
CONVOLVED = 2 * 55 * 55 * 96 + 3 * 27 * 27 * 256 + 13 * 13 * (384 + 384 + 256)
POOLED = 2 * 27 * 27 * 96 + 13 * 13 * 256 + 2 * 6 * 6 * 256
MAPS = 4 * (CONVOLVED + POOLED + 9216 + 4 * 4096 + 1000)  # flatten, fc6, drop6, fc7, drop7, fc8

# Worked out by hand, apart from the package.
ANSWERS = {
    "convolution.positions": 7,
    "convolution.unread": 3,
    "convolution.parameters": 6020,
    "convolution.macs": 294912,
    "convolution.shape": (44, 44, 96),
    "eight-layers.rounding": 56,
    "eight-layers.groups": 614656,
    "eight-layers.larger": 51384320,
    "eight-layers.memory": 148684800,
    "puzzle.neurons": 48,
    "puzzle.zeros": 72,
    "puzzle.agree": 3025,
    "puzzle.even": 231,
    "puzzle.crops": 2178,
    "puzzle.towers": 60965224,
    "broken.pool": (32, 14, 28),
    "broken.parameters": 5216,
    "broken.truth": 2,
    "broken.default": 3,
    "broken.flat": 5 / 36,
    "assembled.head": 56909194,
    "assembled.convolutions": 3747200,
    "assembled.difference": 11534336,
    "assembled.channels-first": (16, 3, 224, 224),
    "parts.slope": 0.19,
    "parts.depth": 1024,
    "parts.radius": 11,
    "parts.even": (31, 32),
    "parts.rescale": 0.8,
    "parts.mean": 0.9241,
    "augment.patches": 128,
    "augment.flip": "c",
    "augment.units": 6502.5,
    "augment.share": 0.97352,
    "augment.leak": "split",
    "learning.gain": 0.28284,
    "learning.he": 0.022097,
    "learning.source": 27,
    "learning.pixels": 512,
    "learning.overfit": False,
    "learning.first": "c",
    "recipe.momentum": 20.0,
    "recipe.l2": 0.001,
    "recipe.match": 0.01,
    "recipe.after": 0.91,
    "recipe.slow": 1478.7,
    "transfer.layout": (256, 48, 5, 5),
    "transfer.row": 1,
    "transfer.frozen": 40970,
    "transfer.prepared": 255,
    "transfer.first": "body",
    "year.relative": 0.41484,
    "year.passes": 70,
    "year.biases": 2000,
    "year.lrn": 2.27951,
    "year.sigma": 0.0294628,
    "towers.kernel": (3, 3, 32, 192),
    "towers.depthwise": 2560,
    "towers.zeros": 307200,
    "towers.reach": "fc6",
    "towers.batch": 192,
    "evaluation.top-five": 0.995,
    "evaluation.perfect": 0.92865,
    "evaluation.uneven": 0.0390625,
    "evaluation.sure": 0.125,
    "evaluation.best": "b",
    "evaluation.unseen": 103 / 108,
    "learned.squares": 144,
    "learned.opposite": 0,
    "learned.flat": 0.18,
    "learned.directions": 119,
    "learned.sleeve": "b",
    "full.memory": 975443584,
    "full.kept": 4,
    "full.numbers": 9408,
    "full.scale": 64,
    "full.pace": 30,
    "again.weights": 51264,
    "again.sum": 0.05196,
    "again.slope": 0.94868,
    "again.rates": "c",
    "time.intensity": 16,
    "time.ridge": 25,
    "time.passes": 421660800,
    "time.room": 590,
    "time.batch": 10,
    "time.upgrade": 35,
    "devices.ring": 150000000,
    "devices.conv4": 16613376,
    "devices.divide": 104,
    "devices.meet": 960,
    "devices.slowest": 510,
    "imagenet.shards": 626,
    "imagenet.hours": 20.01823,
    "imagenet.killed": 4096,
    "imagenet.chance": 0.001,
    "imagenet.energy": 2,
    "ablations.mean": 1.5,
    "ablations.zero": False,
    "ablations.seeds": 20,
    "ablations.resolution": 250,
    "ablations.false-alarms": 1,
    "convolution.twice": (1, 4),
    "filter.loss": 3.5,
    "filter.gradient": 8.66667,
    "filter.momentum": 2.15,
    "filter.rate": 0.2,
    "filter.chain": 24,
    "filter.twins": 1,
    "other.pool": (3, 2, 0, 6),
    "other.parameters": 490,
    "other.softmax": 0.57612,
    "other.loss": 1.15525,
    "other.linear": (12, 11),
    "other.back": 0.30119,
    "data.chance": 2 / 7,
    "data.known-by-heart": 0.91,
    "data.twin": 100 / 111,
    "training.first-loss": 3 * math.log(2) + 2 * math.log(5),
    "training.steps": 1280,
    "training.early": 12,
    "training.better": 58 / 128,
    "own.weight": 3.0,
    "own.aside": 360.0,
    "own.order": 4,
    "own.mac": 4,
    "own.shuffled": "d",
    "own.lamp": "b",
    "errors.side": 7,
    "errors.cause": "c",
    "errors.silent": "d",
}
SLIPS = {  # the value that a slip leads to, and its words
    "own.weight": [
        (450 / 50, "forgot the number of classes"),
        (300 / 50, "that is against the cats alone"),
        (100 / 50, "that is against the dogs alone"),
        (450 / (3 * 300), "that is the weight of a cat"),
        (450 / (3 * 100), "that is the weight of a dog"),
        (50 / 450, "that is the share of the birds"),
    ],
    "own.aside": [
        (3 * 40, "three times as many"),
        (40 * math.sqrt(3), "took the root"),
        (27 * 40, "the third power is too much"),
        (4 * 40, "that is half the width"),
        (40 / 3, "that makes the test smaller"),
        (40 + 9 - 3, "added the difference"),
    ],
    "own.order": [
        (1, "that is the order of numbers"),
        (2, "that is the folder's name"),
        (5, "began to count at 1"),
        (3, "one name that begins with a 1 is missing"),
        (11, "that is the end of the list"),
        (0, "that is the first of all"),
    ],
    "own.mac": [
        (3, "those are the fruits"),
        (1, "that would be so with one folder around the others"),
        (6, "Macs do not add a folder for each"),
        (2, "one is what Macs add, but the fruits are not one class"),
        (5, "a class needs a folder"),
        (0, "that would be an error"),
    ],
    "own.shuffled": [
        ("a", "neither leaves dropout on"),
        ("b", "the pictures are the same in both"),
        ("c", "Keras counts labels from 0 as well"),
        ("e", "overfitting would show in both"),
    ],
    "own.lamp": [
        ("a", "a narrower interval around the same number"),
        ("c", "every split of these pictures has the same fault"),
        ("d", "that shows overfitting"),
        ("e", "that finds copies"),
    ],
    "devices.ring": [
        (100000000, "that is the array itself, what each of two devices sends"),
        (200000000, "that is what very many devices come near to"),
        (300000000, "that sends everything to each of the others"),
        (75000000, "that is half of it"),
        (37500000, "those are numbers"),
        (50000000, "that is one part, twice"),
    ],
    "devices.conv4": [
        (33226752, "that is all that conv4 would read"),
        (129792, "that is a single picture"),
        (4153344, "those are numbers"),
        (11075584, "that is what conv3 needs"),
        (22151168, "that is all that conv3 reads"),
    ],
    "devices.divide": [
        (100, "8 does not divide that: some devices would get more pictures than others"),
        (96, "8 divides that, but it is smaller"),
        (128, "8 divides that, but something nearer is there"),
        (800, "that gives each device the whole batch"),
        (13, "that is what one device gets"),
        (112, "8 divides that, but there is one between"),
    ],
    "devices.meet": [
        (240, "divided numbers by bytes"),
        (480, "with numbers of two bytes"),
        (1920, "counted the gradients twice"),
        (3840, "counted all that is kept for a weight"),
        (120, "halved the gradients"),
    ],
    "devices.slowest": [
        (350, "that is for the fast ones"),
        (390, "that takes the mean"),
        (460, "left out the exchange"),
        (660, "counted the exchange once for each device"),
        (1410, "added up the parts"),
    ],
    "imagenet.shards": [
        (625, "rounded down"),
        (641, "took 2,000 pictures for a shard"),
        (1252, "counted picture and label as two"),
        (25, "those are the validation pictures"),
        (1000, "that is one for each class"),
    ],
    "imagenet.hours": [
        (0.22242, "that is a single epoch"),
        (1201.09, "those are minutes"),
        (72065.6, "those are seconds"),
        (0.83409, "those are days"),
        (0.78125, "those are the validation pictures"),
        (250.22788, "took the speed for steps"),
    ],
    "imagenet.killed": [
        (8192, "counted whole shards"),
        (2048, "halved it once too often"),
        (1024, "that is one process"),
        (0, "an unfinished shard has no name yet"),
        (204800, "those have their names"),
        (212992, "counted everything"),
    ],
    "imagenet.chance": [
        (1, "the network is right, but the labels are not"),
        (0, "a few numbers fall on their own places"),
        (0.5, "there are more than two places for a number"),
        (0.02, "that is one of the pictures of a class"),
        (0.005, "that is for five guesses"),
        (1 / 3, "that is our miniature, with its six classes"),
    ],
    "imagenet.energy": [
        (0.1, "compared the power alone"),
        (10, "that is B's power by A's"),
        (20, "compared the times alone"),
        (0.5, "turned it around"),
        (200, "multiplied where the two work against each other"),
        (0.05, "compared the speeds alone"),
    ],
    "again.weights": [
        (51200, "that leaves out the biases"),
        (4864, "that takes the three colors"),
        (801, "that is one filter"),
        (102464, "64 are its own filters"),
        (51232, "that adds a bias for each map that it reads"),
    ],
    "again.sum": [
        (0.45, "that adds up sizes"),
        (0.006, "that is one product"),
        (0.03, "that is one color"),
        (0.000866, "that takes pixels of ±1"),
        (5.196, "0.01 is for the later layers"),
    ],
    "again.slope": [
        (0.9, "that is a²"),
        (0.1, "that is the slope"),
        (math.sqrt(0.1), "there the slope is nine tenths"),
        (0.99, "there the slope is a fiftieth"),
        (0.81, "squared where a root is needed"),
        (1.0, "there nothing gets through"),
    ],
    "again.rates": [
        ("a", "B might need another rate"),
        ("b", "one cannot know"),
        ("d", "different rates are fair"),
    ],
    "time.intensity": [
        (8, "counted a multiply-accumulate as one operation"),
        (0.5, "that is a single picture"),
        (64, "that is operations for each weight"),
        (0.0625, "turned upside down"),
        (32, "that is with numbers of half the length"),
        (2, "divided by bits"),
    ],
    "time.ridge": [
        (0.04, "turned upside down"),
        (12.5, "halved it"),
        (100, "that is operations for each number of four bytes"),
        (6.25, "divided by four once more"),
        (25000, "a thousand times too many"),
        (200, "counted bits"),
    ],
    "time.passes": [
        (632491200, "counted three products"),
        (210830400, "that is half of it"),
        (105415200, "those are the multiply-accumulates of the forward pass"),
        (316245600, "three products, and one operation for each multiply-accumulate"),
        (53972582400, "that is for a batch of 128"),
    ],
    "time.room": [
        (300, "that is float32"),
        (600, "forgot the copies of the weights"),
        (660, "forgot the parameters"),
        (1180, "forgot the gradients of the maps"),
        (640, "counted the weights alone"),
        (295, "left the maps at their full length"),
    ],
    "time.batch": [
        (5, "that is the machine's ridge"),
        (20, "counted a multiply-accumulate as one operation"),
        (2.5, "multiplied where it must be divided"),
        (1, "at a single picture it is far below the ridge"),
        (80, "counted bits"),
    ],
    "time.upgrade": [
        (20, "halved both"),
        (25, "halved the convolutions"),
        (40, "that is the old machine"),
        (30, "left the dense layers out"),
        (80, "doubled it"),
    ],
    "ablations.mean": [
        (2.8, "that compares the best run of each"),
        (2.5, "that is the middle one of the differences"),
        (4.5, "that is the sum of the differences"),
        (-1.5, "that is without the part minus with it"),
        (2.033, "that leaves out a sign"),
    ],
    "ablations.zero": [
        (True, "0 is one of many values in the interval"),
    ],
    "ablations.seeds": [
        (10, "the width goes with 1/√n, not with 1/n"),
        (25, "that squares the number of seeds"),
        (7, "that takes √2 times as many"),
        (80, "that is a quarter of the width"),
        (40, "that is eight times as many"),
    ],
    "ablations.resolution": [
        (25, "one picture of 25 is 4 points"),
        (2500, "one picture of 2500 is 0.04 points"),
        (40, "0.4 points are not 0.4 of a tenth"),
        (120, "that is the size of the test set of hands"),
        (300, "one picture of 300 is a third of a point"),
    ],
    "ablations.false-alarms": [
        (0, "an interval of 95 % is wrong in 5 of 100 cases"),
        (19, "those are the intervals that hold 0"),
        (5, "that is 5 of 100 intervals"),
        (0.05, "that holds for one interval"),
        (1 - 0.95**20, "that is the probability of at least one"),
    ],
    "assembled.head": [
        (60965224, "that is the network with its 1000 classes"),
        (60965224 - 1000 * 4097, "left the head off"),
        (60965224 - 990 * 4096, "forgot the biases of the units that went"),
        (60965224 - 1000 * 4097 + 10 * 4096, "forgot the bias of the new units"),
        (10 * 4096 + 10, "that is the head alone"),
        (609652, "scaled the whole network"),
        (60965224 - 990 * 4097 + 5 * 5 * 48 * 256 + 3 * 3 * 192 * (384 + 256), "forgot the groups"),
    ],
    "assembled.convolutions": [
        (4 * 3747200, "scaled with the picture's area"),
        (2 * 3747200, "scaled with the picture's side"),
        (3747200 - (96 + 256 + 384 + 384 + 256), "forgot the bias"),
        (3747200 - 5 * 5 * 48 * 256 - 3 * 3 * 192 * (384 + 256), "that is with two groups"),
        (62378344, "that is the whole network"),
        (
            (11 * 11 * 3 + 1) * 64
            + (5 * 5 * 64 + 1) * 192
            + (9 * 192 + 1) * 384
            + (9 * 384 + 1) * 256
            + (9 * 256 + 1) * 256,
            "that is torchvision's network",
        ),
    ],
    "assembled.difference": [
        (11534336 - 5 * 5 * 48 * 256 - 3 * 3 * 192 * (384 + 256), "compared with the two towers"),
        ((36 - 25) * 256, "those are the inputs of fc6 that went"),
        (11 * 256 * 4096 + 4096, "took off the biases too"),
        (11 * 256 * 1000, "took the units of fc8"),
        (-11 * 256 * 4096, "the sign is turned"),
        (11 * 4096, "counted one channel only"),
    ],
    "assembled.channels-first": [
        ((16, 224, 224, 3), "that is channels last"),
        ((3, 224, 224), "forgot the batch"),
        ((3, 16, 224, 224), "channels before pictures"),
        ((16, 3, 227, 227), "that is Caffe's picture"),
        ((224, 224, 3, 16), "everything turned around"),
        ((16, 96, 55, 55), "that is what conv1 puts out"),
    ],
    "augment.patches": [
        (98, "counted steps instead of places"),
        (64, "left out the mirror images"),
        (49, "counted steps, and no mirror images"),
        (16, "moved in one direction only"),
        (256, "mirrored up and down as well"),
        (8, "counted the rows only"),
        (6498, "that is the area of a patch, twice"),
    ],
    "augment.flip": [
        ("a", "a mirrored 2 is no digit"),
        ("b", "a mirrored clock shows another time"),
        ("d", "some signs say left or right"),
        ("e", "the label asks for a side"),
        ("f", "the label is the very thing that a mirror changes"),
    ],
    "augment.units": [
        (25.5, "that is how a standard deviation grows"),
        (0.1, "the eigenvectors stay, the eigenvalues do not"),
        (0.1 * 255 * 255 * 255, "once too often"),
        (math.sqrt(0.1) * 255, "that is its root"),
        (0.1 * 65536, "256 is how many values there are"),
        (0.1 / 65025, "the wrong way round"),
    ],
    "augment.share": [
        (0.83, "that is the share in the pixels"),
        (5 / 8, "took square roots"),
        (1 / 3, "that is for three equal sizes"),
        (0.25, "that is the eigenvalue"),
        (1, "nearly, but the others count too"),
        (0.1, "that is the spread of alpha"),
    ],
    "augment.leak": [
        ("network", "it did what it was shown"),
        ("changes", "the labels were right"),
        ("noise", "the copies were still alike"),
        ("validation", "close, but why did it fail"),
        ("seed", "every seed would do the same"),
    ],
    "broken.pool": [
        ((64, 14, 14), "that is what was meant"),
        ((32, 14, 14), "halved all three"),
        ((32, 28, 28), "halved the channels only"),
        ((64, 28, 14), "halved the last axis only"),
        ((64, 14, 28), "halved the middle axis only"),
        ((32, 28, 14), "halved the outer two"),
        ((64, 28, 28), "pooling with 2 halves something"),
    ],
    "broken.parameters": [
        (9 * 16 * 32 + 32, "that is what was meant"),
        (9 * 17 * 32 + 32, "padded one side only"),
        (9 * 18 * 32, "forgot the biases"),
        (9 * 28 * 32 + 32, "took the last axis for channels"),
        (9 * 30 * 32 + 32, "took a padded side of the picture for channels"),
        (9 * 18 + 1, "counted one filter only"),
    ],
    "broken.truth": [
        (4, "counted all arrays"),
        (3, "one too many"),
        (5, "counted all of them"),
        (1, "one too few"),
        (0, "some do"),
    ],
    "broken.default": [
        (1, "made a new list for each call"),
        (0, "each call appends a picture"),
        (2, "that is what the third call finds"),
        (4, "counted the definition as a call"),
        (6, "added up the lengths"),
    ],
    "broken.flat": [
        (math.log(6), "that is cross-entropy"),
        (5 / 6, "that is the sum of the squares"),
        (25 / 36, "counted the right class only"),
        (25 / 216, "left out the other classes"),
        (1 / 6, "that is the probability of each class"),
        (1 / 36, "counted a wrong class only"),
    ],
    "convolution.positions": [
        (6, "those are the steps, not the positions"),
        (9, "that is 28 / 3"),
        (math.ceil(20 / 3) + 1, "that rounds up; this layer rounds down"),
        (21, "that is the count for stride 1"),
        (28 // 3 + 1, "divided the whole line, and added the post"),
        (20, "that is the room to walk"),
    ],
    "convolution.unread": [
        (0, "the steps do not come out even here"),
        (1, "those are the pixels that rounding up runs past the edge"),
        (4, "off by one"),
        (250 - 4 * 59, "counted from where the last window starts"),
        (60, "that is the number of positions"),
        (0.75, "that is the part of a step that is left"),
    ],
    "convolution.parameters": [
        (25 * 12 * 20, "forgot the biases"),
        (25 * 20 + 20, "counted one channel only"),
        (25 * 12 + 1, "counted one filter only"),
        (25 * 12 * 20 + 12, "one bias for each channel that comes in"),
        (25 * 12 + 20, "counted the weights of one filter, and all biases"),
        (5 * 12 * 20 + 20, "counted one side of the kernel only"),
    ],
    "convolution.macs": [
        ((14 * 3 + 2 * 2) ** 2 * 8 * 16, "that leaves out the products with padding zeros"),
        (14 * 14 * 9 * 8 * 16, "forgot the padding"),
        (9 * 8 * 16 + 16, "those are the parameters"),
        (256 * 9 * 16, "counted one channel only"),
        (256 * 9 * 8, "counted one filter only"),
        (2 * 294912, "counted multiplication and addition as two"),
    ],
    "convolution.shape": [
        ((45, 45, 96), "rounded up, or divided the whole line by 5"),
        ((43, 43, 96), "those are the steps"),
        ((44, 44, 3), "kept the channels of the picture"),
        ((55, 55, 96), "that is a stride of 4"),
        ((46, 46, 96), "that is 'same' padding"),
        ((217, 217, 96), "forgot the stride"),
        ((96, 44, 44), "that is channels first"),
    ],
    "convolution.twice": [
        ((4, 4), "larger pictures need no more weights"),
        ((1, 2), "counted one side only"),
        ((2, 2), "neither is multiplied by that"),
        ((1, 1), "the same weights, but at more positions"),
        ((2, 4), "larger pictures need no more weights"),
        ((4, 1), "the wrong way round"),
    ],
    "filter.loss": [
        (9 + 0 + 1 + 4, "that is the sum of the squares"),
        (3 + 0 - 1 - 2, "the errors cancel each other, because they were not squared"),
        ((3 + 0 + 1 + 2) / 4, "that is the mean size of the errors"),
        (14 / 3, "left out the place without an error"),
        (math.sqrt(3.5), "that is the root of it"),
        (3.5 / 2, "halved it"),
    ],
    "filter.gradient": [
        ((1 + 12) / 3, "forgot the factor of the square"),
        (2 * (1 + 12), "that is the sum"),
        (-2 * (1 + 12) / 3, "that is the way down"),
        (2 * (1 + 4) / 3, "left out the pixels"),
        ((1 + 16) / 3, "that is the loss"),
        (2 * (1 + 4) * (1 + 3 + 2) / 3, "multiplied the sum of the errors by that of the pixels"),
    ],
    "filter.momentum": [
        (2 - 0.3, "that is plain descent"),
        (0.45 - 0.3, "that is the step"),
        (2 + 0.45 + 0.3, "went with the slope"),
        (2 + 0.5 - 0.3, "kept the whole last step"),
        (2 - 0.45 - 0.3, "turned the last step round"),
        (2 + 0.45, "forgot the slope"),
    ],
    "filter.rate": [
        (2 / 5, "took 5 for the curvature"),
        (1 / 10, "that lands at the lowest point, in one step"),
        (10, "that is the curvature"),
        (2, "that is what rate times curvature comes to"),
        (5, "that is the loss at the start"),
        (1, "then one step leads from 1 to −9"),
    ],
    "filter.chain": [
        (2 * 2 * 1 * 3, "forgot the factor of the square"),
        (2 * 2 * 1.5, "that is the slope for v"),
        (2 * 2 * 2, "stopped at z"),
        (2 * 2, "stopped at y"),
        (3 * 2 * 1 * 3, "took y for the slope of the loss"),
        (0, "as if ReLU stopped it"),
    ],
    "filter.twins": [
        (5, "that is how many there are"),
        (2, "that is how many the task would need"),
        (0, "they do learn: only from zeros they would not"),
        (100, "those are the steps"),
        (9, "those are the weights of a filter"),
    ],
    "other.pool": [
        ((3, 2, -1, 6), "forgot ReLU"),
        ((5 / 4, 3 / 4, 0, 11 / 4), "that is the mean of each window"),
        ((5, 4, 7, 8), "dropped the signs"),
        ((3, 0, 2, 6), "went down first"),
        ((3 + 2, 2 + 1, 0, 6 + 5), "added up each window"),
    ],
    "other.parameters": [
        (480, "forgot the biases"),
        (170, "counted one map only"),
        (40, "counted a map as one number"),
        (528, "one bias for each number that comes in"),
        (58, "one weight for each number that comes in"),
        (48, "those are the numbers that come in"),
    ],
    "other.softmax": [
        (1 / (1 + 0 + 0), "divided the scores themselves"),
        (0.73106, "left out a class"),
        (2.71828, "that is e to the score"),
        (0.21194, "that is the probability of the second class"),
        (0.33333, "as if all scores were equal"),
        (2 / (2 + 1 + 1), "raised 2 to the scores"),
    ],
    "other.loss": [
        (3.46574, "that is the sum"),
        (-1.15525, "the sign is wrong"),
        (0.98083, "averaged the probabilities first"),
        (0.375, "that is the mean probability"),
        ((1 + 1 + 3) / 3, "that is the logarithm to base 2"),
        (0.50172, "that is the logarithm to base 10"),
    ],
    "other.linear": [
        ((4 + 3, 2 + 5), "added the factors"),
        ((12, 2 + 5), "added the biases as they are"),
        ((12, 2 * 5), "multiplied the biases"),
        ((12, 5), "lost the bias of the first layer"),
        ((12, 4 * 5 + 2), "the layers in the wrong order"),
    ],
    "other.back": [
        (1 / 100, "that is what it gave before it was trained"),
        (0.03833, "took a quarter of the loss for four times the probability"),
        (0.06310, "took the logarithm to base 10"),
        (0.43528, "took the logarithm to base 2"),
        (1 - 0.30119, "that is what is left for the other classes"),
        (1.2 / 4.6, "compared the losses by dividing"),
    ],
    "data.chance": [
        (1 / 6, "that holds if all classes are equally frequent"),
        (1 / 3, "divided by 600"),
        (0.4, "compared with the other pictures"),
        (0.5, "that is right or wrong by a coin"),
        (200, "that is the number of right answers"),
        (5 / 7, "that is the share of mistakes"),
        (1 / 7, "that is the share of one of the other numbers"),
    ],
    "data.known-by-heart": [
        (0.9, "that is the accuracy on pictures never seen"),
        (1.0, "added the two shares"),
        (0.95, "took the mean of the two shares"),
        (97.2 / 120, "the known pictures count too"),
        (109.2, "those are the right answers"),
    ],
    "data.twin": [
        (0.9, "divided by 1,000"),
        (0.1, "that is the chance that the twin validates too"),
        (0.5, "the two sides are not equally large"),
        (1.0, "the twin may also fall into validation"),
        (1 / 999, "that is the chance of one place"),
        (900, "those are the places in training"),
    ],
    "eight-layers.rounding": [
        (219 // 4 + 1, "that is floor; this layer rounds up"),
        (57, "that is 230 / 4"),
        (58, "that is 230 / 4, rounded up"),
        (54, "those are whole steps"),
        (230 - 11 + 1, "forgot the stride"),
        (54.75, "that is the fraction"),
        (55.75, "a window has no three quarters of a position"),
    ],
    "eight-layers.groups": [
        (25 * 48 * 256 + 256, "forgot to undo the groups"),
        (25 * 96 * 256, "forgot the bias"),
        (2 * (25 * 48 * 256 + 256), "doubled the biases too"),
        (25 * 256 + 256, "counted one channel only"),
        (25 * 96 * 512 + 256, "doubled the filters and the channels"),
        (25 * 3 * 256 + 256, "took the channels of the photograph"),
    ],
    "eight-layers.larger": [
        (36 * 256 * 4096 + 4096, "kept the vector of 224 pixels"),
        (49 * 256 * 4096, "forgot the bias"),
        (7 * 256 * 4096 + 4096, "counted one side of the maps only"),
        (49 * 4096 + 4096, "counted one channel only"),
        (64 * 256 * 4096 + 4096, "one position too many"),
        (49 * 256, "that is what goes into fc6"),
    ],
    "eight-layers.memory": [
        (128 * 55 * 55 * 96, "forgot that a number is 4 bytes"),
        (55 * 55 * 96 * 4, "that is one picture"),
        (64 * 55 * 55 * 96 * 4, "counted one tower only"),
        (128 * 55 * 55 * 96 * 32, "counted bits"),
        (128 * 27 * 27 * 96 * 4, "that is after pooling"),
        (4 * (363 + 1) * 96, "those are the weights"),
    ],
    "errors.side": [
        (49, "that is the area of a map"),
        (6, "that is the network that loads them"),
        (112, "that is the side of all maps together"),
        (256, "those are the maps"),
        (12544, "that is the length of the vector"),
        (5, "that is the network that rounds 224 pixels down"),
        (24.5, "halved instead of the square root"),
    ],
    "errors.cause": [
        ("a", "without Flatten the output would have four axes"),
        ("b", "the units agree: both end in 10"),
        ("d", "None is the batch axis, and it is there"),
        ("e", "then the cardinality would be ambiguous"),
        ("f", "values are not looked at yet"),
    ],
    "errors.silent": [
        ("a", "more of the same"),
        ("b", "the loss ran, so the shapes agree"),
        ("c", "a number is no proof of health"),
        ("e", "then memory would have run out with a message"),
    ],
    "evaluation.top-five": [
        (0.005, "that is the top-5 accuracy"),
        (0.999, "that is the top-1 error"),
        (0.95, "that is five in a hundred"),
        (0.8, "that is one guess of five"),
        (1.0, "once in a while the right class is among the five"),
        (99.5, "that is in percent"),
    ],
    "evaluation.perfect": [
        (1.0, "that is the short interval"),
        (49 / 50, "that is one mistake"),
        (47 / 50, "that is the rule of three"),
        (0.95, "that is how often such intervals hold the truth"),
        (50 / 51.96, "forgot a square"),
    ],
    "evaluation.uneven": [
        (10 / 512, "that is one side only"),
        (9 / 512, "that is this very split, to one side"),
        (18 / 512, "left out the splits that are more uneven"),
        (1 / 9, "that is the share of the second"),
        (7 / 120, "that is the lead in accuracy"),
        (2 / 512, "those are the splits of 9:0"),
    ],
    "evaluation.sure": [
        ((9 - 6) / 120, "let the two groups cancel"),
        (0.15, "both groups counted alike"),
        (0.2, "that is the largest distance"),
        (0.1, "that is the first group alone"),
        (0.8, "that is the accuracy"),
        (0.825, "that is the mean confidence"),
        (3 / 10, "added the distances"),
    ],
    "evaluation.best": [
        ("a", "intervals do so for a score that was not selected"),
        ("c", "a wider interval has the same middle"),
        ("d", "nobody averaged them"),
        ("e", "they are the same 120 pictures"),
        ("f", "one network of twenty was chosen, by its test score"),
    ],
    "evaluation.unseen": [
        (115 / 120, "that is the score with the leak"),
        (103 / 120, "left them out above, but not below"),
        (115 / 108, "left them out below, but not above"),
        (5 / 108, "that is the error"),
        (108 / 120, "that is the share of new pictures"),
    ],
    "training.first-loss": [
        (2.301, "that is the logarithm to base 10"),
        (math.log(200, 2), "that is the logarithm to base 2"),
        (0.005, "that is the probability"),
        (0.995, "that is the share of wrong answers"),
        (math.log(6), "that is for six classes"),
        (math.log(1000), "that is for a thousand classes"),
        (-math.log(200), "the sign is wrong"),
    ],
    "training.steps": [
        (40 * 31, "left out the last batch"),
        (40 * 31.25, "there is no quarter of a step"),
        (40, "those are the epochs"),
        (32, "those are the steps of one epoch"),
        (40000, "one step for each picture"),
        (40960, "multiplied by the batch"),
    ],
    "training.early": [
        (17, "that is where it stops"),
        (18, "it stops before that"),
        (13, "that is the first epoch that is worse"),
        (7, "patience looks forward, not back"),
        (5, "that is the patience"),
        (40, "it stops long before"),
    ],
    "training.better": [
        (29 / 128, "that is one direction"),
        (42 / 128, "that is exactly 5 to 2"),
        (21 / 128, "that is exactly five heads"),
        (5 / 7, "that is the share of the second network"),
        (1 / 20, "that is the usual limit"),
        (1 / 128, "that is one order of the tosses"),
    ],
    "full.memory": [
        (4 * 60965224, "those are the weights alone"),
        (8 * 60965224, "two arrays are missing"),
        (12 * 60965224, "one array is missing"),
        (32 * 60965224, "those are the bits of one number"),
        (60965224, "that is the number of weights"),
        (128 * 60965224, "counted in bits"),
    ],
    "full.kept": [
        (2, "that is the copy used in a step"),
        (6, "the copy is not saved"),
        (16, "that counts gradient and Adam's numbers, or bits"),
        (8, "that would be float64"),
        (32, "those are bits"),
    ],
    "full.numbers": [
        (150528, "those are its pixels"),
        (3136, "that is one color"),
        (12288, "that is the whole picture"),
        (50176, "those are its pixels, in one color"),
        (672, "that is an outline"),
        (16, "that is how many times more pixels there are"),
    ],
    "full.scale": [
        (6, "that is the exponent"),
        (16777216, "then it would be far larger than needed"),
        (1073741824, "then it would be 1"),
        (65536, "that reaches full accuracy"),
        (32, "the exponents differ by one more"),
        (0.015625, "that makes it smaller"),
    ],
    "full.pace": [
        (6, "that is what the GPU alone needs"),
        (36, "added both times"),
        (24, "took the two times from each other"),
        (1.5, "that is one epoch"),
        (5, "added both speeds"),
        (10, "took the mean of the two speeds"),
    ],
    "learned.squares": [
        (12, "that is one side"),
        (121, "left out the first place"),
        (45 * 45, "that is in steps of 1"),
        (196, "the last squares would leave the picture"),
        (3249, "that is the number of pixels"),
        (16, "then the squares would not overlap"),
        (24, "added the two sides"),
    ],
    "learned.opposite": [
        (-3, "that is before ReLU"),
        (3, "the sign of every product changes"),
        (1 / 3, "the sum is not divided"),
        (6, "the maps are not added"),
        (1, "ReLU does not make ones"),
    ],
    "learned.flat": [
        (2, "that is the gradient of the score"),
        (0.09, "that is the slope of the curve alone"),
        (1.8, "the slope is not p"),
        (0.2, "the slope is not 1 − p"),
        (0.9, "that is the probability"),
        (0.045, "divided by the score's gradient"),
        (0, "nearly, but the network is not quite certain"),
    ],
    "learned.directions": [
        (4096, "there are fewer points than features"),
        (120, "the mean takes one away"),
        (2, "that is what a drawing can show"),
        (118, "took too many away"),
        (4095, "there are fewer points than features"),
        (121, "the mean takes one away, and adds none"),
    ],
    "learned.sleeve": [
        ("a", "one picture shows no rule"),
        ("c", "nothing was asked of the training set"),
        ("d", "fingers were not covered"),
        ("e", "it may be right for the wrong reason"),
        ("ab", "one of the two goes further than the measurement"),
    ],
    "learning.gain": [
        (0.01 * math.sqrt(1600), "forgot the ReLU"),
        (0.0001 * 800, "that is the variance"),
        (0.01 * math.sqrt(1600) / 2, "halved after taking the root"),
        (0.01 * math.sqrt(12.5), "counted one channel only"),
        (0.01 * math.sqrt(32), "counted one place only"),
        (0.01 * 800, "added sizes as if all had one sign"),
        (0.01, "that is one weight"),
    ],
    "learning.he": [
        (1 / 2048, "that is the variance"),
        (1 / 64, "forgot what the ReLU cuts off, as Glorot's rule does"),
        (math.sqrt(2) / 4096, "took all weights of the layer"),
        (math.sqrt(2) / 96, "that is fc6"),
        (0.01, "that is the paper's"),
    ],
    "learning.source": [
        (3, "that is one layer"),
        (9, "added the three, or took two layers"),
        (729, "that is the variance"),
        (243, "that is for five layers"),
        (1, "the standard deviation acts on the output too"),
    ],
    "learning.pixels": [
        (256, "that is the weights alone"),
        (2, "that is the pixels alone"),
        (4, "counted a single layer"),
        (18, "added it up over the layers"),
        (65536, "gave the pixels' factor to every layer, too"),
        (1, "nothing here takes the factors out again"),
    ],
    "learning.overfit": [
        (True, "weights that pass no signal on could not have learned the batch"),
    ],
    "learning.first": [
        ("a", "no step was made yet"),
        ("b", "the test of rates needs losses"),
        ("d", "that would give a loss near ln 6"),
    ],
    "parts.slope": [
        (0.81, "that is the square of the output"),
        (1 / 10, "forgot the square"),
        (1 / math.cosh(0.9) ** 2, "took 0.9 for the sum z"),
        (1, "that is ReLU, or tanh at 0"),
        (0.9, "that is the output"),
        (0, "it is not quite flat yet"),
    ],
    "parts.depth": [
        (1048576, "that is for the square"),
        (20, "that is the number of layers"),
        (40, "halving multiplies, layer by layer"),
        (10, "halving multiplies, layer by layer"),
        (2, "that is one layer's share of the square"),
        (32, "took the root twice"),
        (724, "counted the steps between the layers"),
    ],
    "parts.radius": [
        (5, "that is what was meant"),
        (10, "forgot the channel itself"),
        (6, "counted one side only"),
        (3, "divided the radius"),
        (2, "that is the radius that would be right"),
        (9, "counted an end twice"),
    ],
    "parts.even": [
        ((32, 32), "they agree on odd sides only"),
        ((31, 31), "they agree on odd sides only"),
        ((32, 31), "the wrong way round"),
        ((30, 31), "those are steps"),
        ((30.5, 31), "those are steps, not rounded"),
        ((62, 63), "forgot the stride"),
        ((21, 32), "took 3 for the stride"),
    ],
    "parts.rescale": [
        (0.2, "that is the share that is dropped"),
        (0.5, "that is for a rate of one half"),
        (1.25, "the wrong way round"),
        (1, "then the layer would get too much"),
        (0.64, "did it twice"),
        (5, "divided by the share that is dropped"),
        (2, "that is for one half, the wrong way round"),
    ],
    "parts.mean": [
        (0.8016, "that is the mean of the four answers"),
        (0.9933, "that is the mask with both units"),
        (0.7311, "that is one of the masks"),
        (2.5, "that is z"),
        (0.0759, "that is the other answer"),
    ],
    "puzzle.neurons": [
        (55, "that is what should stand there"),
        (54, "that is rounding down"),
        (56, "that is 'same' padding"),
        (96, "those are all the filters"),
        (2640, "divided by 96 only"),
        (4608, "divided by 55 only"),
    ],
    "puzzle.zeros": [
        (57, "that is the window of 2012"),
        (16, "that is the corner outside of both edges"),
        (88, "counted the corner twice"),
        (44, "counted one side only"),
        (49, "those are the pixels"),
        (121, "that is the whole window"),
        (8, "those are lines, not weights"),
    ],
    "puzzle.agree": [
        (0, "zeros in front move the windows"),
        (2916, "left out the last row and column"),
        (3136, "those are all windows of the padded layer"),
        (55, "counted one line only"),
        (1, "matched a single pair"),
        (2809, "left out the rim"),
        (110, "added where one multiplies"),
    ],
    "puzzle.even": [
        (228, "that is a multiple of 4"),
        (238, "added a window"),
        (232, "that is a multiple of 4"),
        (235, "that is the one after"),
        (223, "that one is smaller"),
        (229, "half a step too far"),
        (230, "counted from 226"),
    ],
    "puzzle.crops": [
        (2048, "that counts steps"),
        (1089, "forgot the mirror"),
        (1024, "that counts steps, without the mirror"),
        (66, "counted one side only"),
        (33, "those are the places along one side"),
        (10, "those are the views of a test"),
        (4356, "mirrored both ways"),
    ],
    "puzzle.towers": [
        (62378344, "that is without groups"),
        (50844008, "that is rounding down in conv1, without groups"),
        (49430888, "that is rounding down in conv1"),
        (60522856, "put groups into conv3 as well"),
        (61100840, "that network has other filters"),
    ],
    "recipe.momentum": [
        (10, "that is for a momentum of 0.9"),
        (1.95, "that is the second step"),
        (0.95, "that is what remains of one step"),
        (0.05, "turned upside down"),
        (1, "that is without momentum"),
    ],
    "recipe.l2": [
        (0.002, "Keras's L2 has no half"),
        (0.004, "the half goes the other way"),
        (0.02, "that is the factor of the momentum"),
        (0.0002, "that is decoupled decay"),
        (0.00025, "that is for the decay of 2012"),
        (0.01, "that is the learning rate"),
    ],
    "recipe.match": [
        (0.0005, "the same number is a weaker rule there"),
        (2.5e-05, "the wrong way round"),
        (0.00025, "the half belongs to the L2 term"),
        (0.001, "that is about the L2 term"),
        (0.000475, "multiplied by the momentum once"),
        (0.005, "that is for a momentum of 0.9"),
        (0.2, "that is the factor, twice"),
    ],
    "recipe.after": [
        (0.1, "the velocity does not know of the division yet"),
        (0.9, "left out the new gradient's part"),
        (1, "that would be without the division"),
        (0.19, "divided the old step as well"),
        (0.01, "that is the new part alone"),
        (9.1, "measured in single steps"),
    ],
    "recipe.slow": [
        (1.5, "the decay is not constant"),
        (15, "that is one division"),
        (150, "that is two divisions"),
        (45, "divisions multiply"),
        (1000, "that is how many times as long it takes"),
        (0.0015, "turned upside down"),
        (15000, "the momentum is the same in both"),
    ],
    "transfer.layout": [
        ((128, 48, 5, 5), "counted the filters of one group"),
        ((5, 5, 48, 256), "that is Keras's own order"),
        ((256, 96, 5, 5), "forgot the groups"),
        ((5, 5, 96, 256), "Keras's order, and without groups"),
        ((48, 256, 5, 5), "channels and filters exchanged"),
        ((256, 5, 5, 48), "the channels come second"),
        ((2, 128, 48, 5, 5), "the groups are no axis"),
    ],
    "transfer.row": [
        (256, "that is our order"),
        (0, "that is column 0"),
        (36, "that is the first pixel of the next map"),
        (6, "that is a step down"),
        (37, "that is the next channel"),
        (2, "began to count too late"),
    ],
    "transfer.frozen": [
        (40960, "forgot the biases"),
        (4096 * 1000 + 1000, "that is the old head"),
        (10, "those are the units"),
        (9216 * 10 + 10, "that reads what comes before fc6"),
        (60965224 - 990 * 4097, "that is the whole network"),
        (0, "then nothing would learn"),
    ],
    "transfer.prepared": [
        (127.5, "subtracting does not change the spread"),
        (510, "subtracting does not change the spread"),
        (256, "that is how many values a byte has"),
        (254.5, "a spread is not a largest value"),
        (65025, "that is the variance"),
        (1, "it is not the same"),
    ],
    "transfer.first": [
        ("head", "its gradient is made of features and errors"),
        ("neither", "one gradient is zero"),
        ("both", "then nothing could ever learn"),
        ("bias", "a bias belongs to the head"),
        ("none", "one part does stand still"),
    ],
    "towers.kernel": [
        ((3, 3, 96, 192), "that is without groups"),
        ((3, 3, 32, 64), "that is one of the three groups"),
        ((3, 3, 96, 64), "divided the filters"),
        ((3, 3, 192, 32), "the last two are swapped"),
        ((192, 32, 3, 3), "that is PyTorch's order"),
    ],
    "towers.depthwise": [
        (9 * 256 * 256 + 256, "that is without groups"),
        (9 * 256, "forgot the biases"),
        (9 + 1, "that is one filter"),
        (9 * 128 * 256 + 256, "that is 2 groups"),
        (256 * 256 + 256, "forgot the window"),
        (9 * 256 + 1, "one bias for all"),
    ],
    "towers.zeros": [
        (614400, "those are all its weights"),
        (5 * 5 * 48 * 256 + 256, "those are the parameters of the grouped layer"),
        (153600, "that is one tower reading itself"),
        (12288, "those are slices"),
        (1200, "that is one filter"),
        (0, "then every filter would read both towers"),
    ],
    "towers.reach": [
        ("conv1", "conv1 reads the picture"),
        ("conv2", "conv2 has two groups"),
        ("conv3", "now conv3 reads its own card only"),
        ("conv4", "conv4 has two groups"),
        ("conv5", "conv5 has two groups"),
        ("fc7", "one layer before it reads both already"),
        ("fc8", "two layers before it read both already"),
        ("never", "dense layers read everything"),
    ],
    "towers.batch": [
        ((CARD - 3 * WEIGHTS) // (PICTURE + MAPS), "forgot the gradients of the maps"),
        ((CARD - WEIGHTS) // (PICTURE + 2 * MAPS), "counted the weights once"),
        (CARD // (PICTURE + 2 * MAPS), "forgot the weights"),
        ((3 * 10**9 - 3 * WEIGHTS) // (PICTURE + 2 * MAPS), "that is a card of 3 · 10⁹ bytes"),
        (int((CARD - 1.5 * WEIGHTS) // (PICTURE + MAPS)), "that is with two cards"),
        ((CARD - 3 * WEIGHTS) // (2 * MAPS), "forgot the pictures"),
        ((CARD - 3 * WEIGHTS) // MAPS, "forgot the pictures, and the gradients of the maps"),
        (128, "that is the batch of 2012"),
        (256, "that is the next power of two, and too many"),
    ],
    "year.relative": [
        (0.10857, "those are points, written as a share"),
        (10.857, "those are points"),
        (5105 / 8724, "that is what is left of the error"),
        (3619 / 5105, "divided by the new error"),
        (90475 / 2181, "that is in percent"),
        (1625 / 4362, "that is the entry of five networks"),
    ],
    "year.passes": [
        (1, "that is one network with one view"),
        (7, "each network looks more than once"),
        (10, "that is one network"),
        (17, "views and networks are added"),
        (35, "forgot the mirror images"),
        (50, "that is the entry of five networks"),
    ],
    "year.biases": [
        (2, "that is at the start"),
        (20, "that is after one division"),
        (200, "that is after two divisions"),
        (1000, "forgot that the biases began at another rate"),
        (60, "three divisions by ten are not one by 30"),
        (0.0005, "turned over"),
        (0.02, "that is the rate of the biases"),
    ],
    "year.lrn": [
        (7**0.75, "that is the paper's formula"),
        (3, "forgot the power"),
        (7, "the paper's formula, without its power"),
        (2.2**0.75, "counted one map only"),
        (2**0.75, "that is k = 1"),
        (2.01**0.75, "forgot the squares"),
        (3**-0.75, "that is what is left of 1"),
    ],
    "year.sigma": [
        (0.01, "that is the paper's"),
        (math.sqrt(1 / 2304), "that is without ReLU"),
        (math.sqrt(2 / 1152), "that is for two groups"),
        (2 / 2304, "that is the variance"),
        (math.sqrt(2 / 256), "forgot the window"),
        (math.sqrt(2 / 3456), "counted what goes out"),
        (0.03, "that is the program's"),
    ],
}


def forms(answer):
    """The ways in which people write one and the same answer."""
    if isinstance(answer, tuple):
        joined = [str(part) for part in answer]
        yield from (answer, list(answer), np.array(answer), np.array(answer, float))
        yield from ("x".join(joined), " × ".join(joined), ", ".join(joined), str(answer))
        if all(isinstance(part, int) for part in answer):
            yield tuple(map(np.int64, answer))
    elif isinstance(answer, str):
        yield from (answer, answer.upper(), answer.title(), f" {answer} ", [answer], (answer,))
        yield np.array(answer)
    elif isinstance(answer, bool):
        yield from (answer, np.bool_(answer), str(answer), "yes" if answer else "no")
    elif isinstance(answer, float):
        yield from (answer, np.float64(answer), np.array(answer), [answer], (answer,))
        yield from (str(answer), f"{answer:.3f}", f" {answer} ")
    else:
        yield from (answer, float(answer), np.int64(answer), np.float64(answer), np.array(answer))
        yield from ([answer], (answer,), str(answer), f"{answer:,}", f" {answer} ")
        yield f"{answer:,}".replace(",", " ")
        yield f"{answer:,}".replace(",", "\u202f")


def wrong(answer):
    """Give wrong answers next to a right one, each of a kind that people make."""
    if isinstance(answer, bool):
        return [not answer, str(not answer), int(answer), "perhaps", f"{answer}?!x"]
    if isinstance(answer, str):
        others = "abcdef" if len(answer) == 1 else ("fc1", "banana", "both of them", "no idea")
        return [other for other in [*others, answer + "x", 1, True] if other != answer]
    if isinstance(answer, tuple):
        near = [(*answer[:i], part + 1, *answer[i + 1 :]) for i, part in enumerate(answer)]
        order = [answer[::-1], (answer[1], answer[0], *answer[2:])]
        length = [answer[:-1], (*answer, 1), math.prod(answer)]
        return [other for other in near + order + length if other != answer]
    if isinstance(answer, float):
        return [-answer, 10 * answer, 0.1 * answer, 1.5 * answer, (answer, answer), f"{answer}x9"]
    other_digit = int(f"{int(str(answer)[0]) % 9 + 1}{str(answer)[1:]}")
    near = [answer + 1, answer - 1, -answer or 2, 10 * answer or 10, other_digit]
    return [*near, (answer, answer), [answer, 1], f"{answer}1"]


def off_tolerance(name):
    """Give the nearest numbers that are no longer right."""
    answer, tolerance = ANSWERS[name], QUESTIONS[name].tolerance
    if tolerance:
        return [answer * (1 + 1.5 * tolerance), answer * (1 - 1.5 * tolerance)]
    return []


def kept(name, near):
    """Tell whether the question answers as the tables say."""
    return (
        all(check(name, form).state == "right" for form in forms(ANSWERS[name]))
        and all(check(name, other).state == "not-yet" for other in [*wrong(ANSWERS[name]), *near])
        and all(
            check(name, value).state == "not-yet"
            and check(name, value).message.startswith(f"{slip}. ")
            for value, slip in SLIPS[name]
        )
    )


# --- the tables ------------------------------------------------------------------------------


def test_every_question_is_in_both_tables():
    assert set(QUESTIONS) - set(ANSWERS) == set(), "worked out by hand nowhere"
    assert set(ANSWERS) == set(SLIPS) == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_slip_of_a_question_is_in_the_table(name):
    known = [slip for _, slip in SLIPS[name]]
    for _, slip, hint in QUESTIONS[name].misconceptions:
        assert slip in known, f"{name}: no number was worked out for {slip!r}"
        assert hint[-1] in ".?", f"{name}: {hint!r}"
    assert len(known) == len(QUESTIONS[name].misconceptions)
    assert len({value for value, _ in SLIPS[name]}) == len(known), "two slips with one value"


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_right_answer_is_right_in_every_form(name):
    assert check(name, QUESTIONS[name].right)
    for form in forms(ANSWERS[name]):
        result = check(name, form)
        assert result and result.state == "right", (form, result)
        assert len(result.message) > 20 and result.message.rstrip().endswith(".")


@pytest.mark.parametrize("name", QUESTIONS)
def test_at_least_five_wrong_answers_and_every_slip(name):
    others = [*wrong(ANSWERS[name]), *off_tolerance(name)]
    assert len(others) >= 5
    for other in others:
        assert check(name, other).state == "not-yet", (other, check(name, other))
    for value, slip in SLIPS[name]:
        result = check(name, value)
        assert result.state == "not-yet" and result.message.startswith(f"{slip}. "), result
    # Between True and False there is one wrong answer; a letter has those of its list.
    fewest = {bool: 1, str: 3 if len(str(ANSWERS[name])) == 1 else 5}
    assert len(SLIPS[name]) >= fewest.get(type(ANSWERS[name]), 5)


WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905


def usual_forms(answer):
    """Give patterns for the ways in which a text may tell an answer."""
    if isinstance(answer, str) and len(answer) == 1:
        return [rf"\b{answer.upper()}\b(?! to )", rf"(answer|letter) {answer}\b"]
    if isinstance(answer, str):
        return [rf"(?i)\b{answer}\b"]
    if isinstance(answer, bool):
        return [rf"\b{answer}\b(?! or )(?<!or {answer})"]
    if isinstance(answer, tuple):
        return [r"\D{1,3}".join(map(str, answer))]
    texts = {str(answer), f"{answer:,}", f"{answer:g}", f"{answer:.3g}", f"{answer:.2g}"}
    if isinstance(answer, float):
        texts |= {f"{100 * answer:.{digits}g} %" for digits in (2, 3, 4)}
        texts |= {f"{answer:.{digits}f}" for digits in (2, 3, 4)} - {"0.00", "0.000"}
    patterns = [rf"(?<![\w.,⁻]){re.escape(text)}(?![\d.,]*\d)(?!\w)" for text in texts]
    if isinstance(answer, int) and 3 <= answer < len(WORDS):
        patterns.append(rf"(?i)\b{WORDS[answer]}\b")
    return patterns


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_message_gives_the_answer_away(name):
    question = QUESTIONS[name]
    messages = [f"{slip}. {hint}" for _, slip, hint in question.misconceptions]
    messages += [question.hint, *(check(name, odd).message for odd in ([], "x y", (1,) * 9, 7j))]
    for message in messages:
        for pattern in usual_forms(ANSWERS[name]):
            assert not re.search(pattern, message), f"{name}: {message!r} tells {pattern}"


# --- mutants ---------------------------------------------------------------------------------


def mutants(question):
    """Give changed copies of a question, each with what was changed."""
    right = read(question.right)
    values = [value for value, _, _ in question.misconceptions]
    for other in [*values, *wrong(right)]:
        if isinstance(other, type(right)) or isinstance(right, (int, float)):
            yield f"right is {other!r}", replace(question, right=other)
    if not isinstance(right, (bool, str)):
        looser = 100 * question.tolerance if question.tolerance else 1.0
        yield "looser", replace(question, tolerance=looser)
    known = question.misconceptions
    for i, (value, slip, hint) in enumerate(known):
        rest = (*known[:i], *known[i + 1 :])
        yield f"without {slip!r}", replace(question, misconceptions=rest)
        yield (
            f"{slip!r} at another value",
            replace(question, misconceptions=(*rest, (("x", value), slip, hint))),
        )
        others = [j for j in range(len(known)) if known[j][1] != slip]
        if others:
            swapped = list(known)
            j = others[i % len(others)]
            swapped[i], swapped[j] = (value, *known[j][1:]), (known[j][0], slip, hint)
            yield (
                f"{slip!r} and {known[j][1]!r} swapped",
                replace(question, misconceptions=tuple(swapped)),
            )


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_mutant_of_a_question_survives(name, monkeypatch):
    near = off_tolerance(name)
    question = QUESTIONS[name]
    assert kept(name, near), "the tables do not hold for the question itself"
    tried = list(mutants(question))
    survived = []
    for change, mutant in tried:
        monkeypatch.setitem(QUESTIONS, name, mutant)
        if kept(name, near):
            survived.append(change)
    assert not survived, f"{name}: nothing notices that {survived}"
    assert len(tried) >= 5


def always(state):
    return lambda *arguments: state


def only_the_kind(given, right, tolerance):
    return type(given) is type(right)


def first_parts_only(given, right, tolerance):
    if isinstance(given, tuple) and isinstance(right, tuple):
        given, right = given[0], right[0]
    return EQUAL(given, right, tolerance)


def without_tolerance(given, right, tolerance):
    return EQUAL(given, right, 0.0)


def without_sign(given, right, tolerance):
    numbers = isinstance(given, (int, float)) and isinstance(right, (int, float))
    return EQUAL(abs(given) if numbers and not isinstance(given, bool) else given, right, tolerance)


EQUAL = answers._equal
CHANGED = [always(True), always(False), only_the_kind, first_parts_only, without_tolerance]
CHANGED += [without_sign]


@pytest.mark.parametrize("changed", CHANGED, ids=lambda changed: changed.__name__)
def test_no_mutant_of_the_comparison_survives(changed, monkeypatch):
    monkeypatch.setattr(answers, "_equal", changed)
    assert not all(kept(name, off_tolerance(name)) for name in QUESTIONS)
