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
    "again.sum": 0.09353,
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
        (450 / 50, "you forgot the number of classes"),
        (300 / 50, "that compares the birds with the cats alone"),
        (100 / 50, "that compares the birds with the dogs alone"),
        (450 / (3 * 300), "that is the weight of a cat"),
        (450 / (3 * 100), "that is the weight of a dog"),
        (50 / 450, "that is the share of the birds"),
    ],
    "own.aside": [
        (3 * 40, "that is three times as many"),
        (40 * math.sqrt(3), "you took the root of the factor"),
        (27 * 40, "that is the third power of the factor"),
        (4 * 40, "that makes the interval half as wide"),
        (40 / 3, "that makes the test set smaller"),
        (40 + 9 - 3, "you added the difference of the widths"),
    ],
    "own.order": [
        (1, "that is the order of numbers"),
        (2, "that is the folder's name"),
        (5, "you began counting at 1"),
        (3, "you missed one name that begins with a 1"),
        (11, "that is the end of the list"),
        (0, "that is the label of the very first name"),
    ],
    "own.mac": [
        (3, "those are the fruits alone"),
        (1, "that would be right if one folder held all the others"),
        (6, "Macs do not add a folder for each kind of fruit"),
        (2, "you counted the fruits as one class"),
        (5, "that is more classes than there are"),
        (0, "with no classes at all, there would be an error"),
    ],
    "own.shuffled": [
        ("a", "neither one leaves dropout on"),
        ("b", "the pictures are the same in both"),
        ("c", "Keras counts labels from 0 as well"),
        ("e", "overfitting would show in both"),
    ],
    "own.lamp": [
        ("a", "that only narrows the interval around the same number"),
        ("c", "every split of these pictures has the same flaw"),
        ("d", "that shows overfitting"),
        ("e", "that finds copies"),
    ],
    "devices.ring": [
        (100000000, "that is the whole array, which is what each of two devices sends"),
        (200000000, "that is nearly what each device sends when there are very many"),
        (300000000, "that sends everything to each of the others"),
        (75000000, "that is half of it"),
        (37500000, "those are numbers, not bytes"),
        (50000000, "that is one part, twice"),
    ],
    "devices.conv4": [
        (33226752, "that is all that conv4 would read"),
        (129792, "that is for a single picture"),
        (4153344, "those are numbers, not bytes"),
        (11075584, "that is what conv3 needs"),
        (22151168, "that is all that conv3 reads"),
    ],
    "devices.divide": [
        (100, "8 does not divide that: some devices would get more pictures than others"),
        (96, "8 divides that, but it is smaller than 100"),
        (128, "8 divides that, but it is not the closest"),
        (800, "that gives each device a whole batch"),
        (13, "that is the share of one device"),
        (112, "8 divides that, but it is one multiple too far"),
    ],
    "devices.meet": [
        (240, "you divided numbers by bytes"),
        (480, "that is for numbers of two bytes"),
        (1920, "you counted the gradients twice"),
        (3840, "you counted everything that is kept for a weight"),
        (120, "you halved the gradients, and counted numbers instead of bytes"),
    ],
    "devices.slowest": [
        (350, "that is for the three fast devices"),
        (390, "that takes the mean of the four times"),
        (460, "you left out the exchange"),
        (660, "you counted the exchange once for each device"),
        (1410, "you added up the times of all four"),
    ],
    "imagenet.shards": [
        (625, "you rounded down"),
        (641, "you put 2,000 pictures in a shard"),
        (1252, "you counted picture and label separately"),
        (25, "that is for the validation pictures"),
        (1000, "that is one shard for each class"),
    ],
    "imagenet.hours": [
        (0.22242, "that is a single epoch"),
        (1201.09, "those are minutes"),
        (72065.6, "those are seconds"),
        (0.83409, "those are days"),
        (0.78125, "that is for the validation pictures"),
        (250.22788, "you took the speed for steps"),
    ],
    "imagenet.killed": [
        (8192, "you counted whole shards"),
        (2048, "you halved it once too often"),
        (1024, "that is one process"),
        (0, "an unfinished shard has no name yet"),
        (204800, "those shards have their names"),
        (212992, "you counted everything"),
    ],
    "imagenet.chance": [
        (1, "the network is right, but the labels are not"),
        (0, "a few classes land on their own numbers by chance"),
        (0.5, "that would be right if there were two classes"),
        (0.02, "that is one picture out of the 50 of a class"),
        (0.005, "that is for five guesses"),
        (1 / 3, "that is our miniature, with its six classes"),
    ],
    "imagenet.energy": [
        (0.1, "you compared the power alone"),
        (10, "that is B's power divided by A's"),
        (20, "you compared the times alone"),
        (0.5, "you divided the other way around"),
        (200, "you multiplied the two factors, but they work against each other"),
        (0.05, "you compared the speeds alone"),
    ],
    "again.weights": [
        (51200, "that leaves out the biases"),
        (4864, "that is for a picture's three colors"),
        (801, "that is one filter"),
        (102464, "you let each filter read 64 maps, but 64 is how many filters conv3 itself has"),
        (51232, "that adds a bias for each map that it reads"),
    ],
    "again.sum": [
        (1.458, "you added up sizes"),
        (0.006, "that is one product"),
        (0.054, "that is one color"),
        (0.05196, "that is for 5 × 5"),
        (0.001559, "that is for pixels of ±1"),
        (9.353, "0.01 is for the later layers"),
    ],
    "again.slope": [
        (0.9, "that is a²"),
        (0.1, "that is the slope"),
        (math.sqrt(0.1), "at that output, the slope is nine tenths"),
        (0.99, "at that output, the slope is a fiftieth"),
        (0.81, "you squared where you need a root"),
        (1.0, "at that output, nothing gets through"),
    ],
    "again.rates": [
        ("a", "B might need a different rate"),
        ("b", "you cannot know that yet"),
        ("d", "different rates are fair"),
    ],
    "time.intensity": [
        (8, "you counted a multiply-accumulate as one operation"),
        (0.5, "that is for a single picture"),
        (64, "that is operations per weight"),
        (0.0625, "you have it upside down"),
        (32, "that is for numbers half as long"),
        (2, "you divided by bits"),
    ],
    "time.ridge": [
        (0.04, "you have it upside down"),
        (12.5, "you halved it"),
        (100, "that is operations per number of four bytes"),
        (6.25, "you divided by four once more"),
        (25000, "that is a thousand times too many"),
        (200, "you counted bits"),
    ],
    "time.passes": [
        (632491200, "you counted three products"),
        (210830400, "that is half of it"),
        (105415200, "those are the multiply-accumulates of the forward pass"),
        (316245600, "you counted three products, and one operation for each multiply-accumulate"),
        (53972582400, "that is for a batch of 128"),
    ],
    "time.room": [
        (300, "that is for float32"),
        (600, "you forgot the copies of the weights"),
        (660, "you forgot the parameters"),
        (1180, "you forgot the gradients of the maps"),
        (640, "you counted the weights alone"),
        (295, "you left the maps at their full length"),
    ],
    "time.batch": [
        (5, "that is the machine's ridge"),
        (20, "you counted a multiply-accumulate as one operation"),
        (2.5, "you multiplied where you should divide"),
        (1, "with a single picture, the layer is far below the ridge"),
        (80, "you counted bits"),
    ],
    "time.upgrade": [
        (20, "you halved both times"),
        (25, "you halved the convolutions"),
        (40, "that is the old machine"),
        (30, "you left out the dense layers"),
        (80, "you doubled the times"),
    ],
    "ablations.mean": [
        (2.8, "that compares the best run of each side only"),
        (2.5, "that is the middle one of the three differences"),
        (4.5, "that is the sum of the differences"),
        (-1.5, "you subtracted the other way around, without minus with"),
        (2.033, "you dropped a minus sign"),
    ],
    "ablations.zero": [
        (True, "0 is one of many values in the interval"),
    ],
    "ablations.seeds": [
        (10, "the width is proportional to 1/√n, not to 1/n"),
        (25, "you squared the number of seeds"),
        (7, "that is √2 times as many seeds"),
        (80, "that makes the interval a quarter as wide"),
        (40, "that is eight times as many seeds"),
    ],
    "ablations.resolution": [
        (25, "one picture out of 25 is 4 points"),
        (2500, "one picture out of 2500 is 0.04 points"),
        (40, "one picture out of 40 is 2.5 points"),
        (120, "that is the size of our test set of hands"),
        (300, "one picture out of 300 is a third of a point"),
    ],
    "ablations.false-alarms": [
        (0, "a 95 % interval misses the truth in 5 of 100 cases"),
        (19, "that is how many intervals contain 0, on average"),
        (5, "that would be right for 100 intervals"),
        (0.05, "that is for a single interval"),
        (1 - 0.95**20, "that is the probability of at least one false alarm"),
    ],
    "assembled.head": [
        (60965224, "that is the network with its 1000 classes"),
        (60965224 - 1000 * 4097, "you left off the head"),
        (60965224 - 990 * 4096, "you kept the biases of the units that are gone"),
        (60965224 - 1000 * 4097 + 10 * 4096, "you forgot the biases of the new units"),
        (10 * 4096 + 10, "that is the head alone"),
        (609652, "you scaled the whole network"),
        (
            60965224 - 990 * 4097 + 5 * 5 * 48 * 256 + 3 * 3 * 192 * (384 + 256),
            "you forgot the groups",
        ),
    ],
    "assembled.convolutions": [
        (4 * 3747200, "you scaled with the picture's area"),
        (2 * 3747200, "you scaled with the picture's side"),
        (3747200 - (96 + 256 + 384 + 384 + 256), "you forgot the biases"),
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
        (
            11534336 - 5 * 5 * 48 * 256 - 3 * 3 * 192 * (384 + 256),
            "you compared with the network that has two groups",
        ),
        ((36 - 25) * 256, "those are the inputs that fc6 loses"),
        (11 * 256 * 4096 + 4096, "you subtracted biases, too"),
        (11 * 256 * 1000, "you multiplied by the units of fc8"),
        (-11 * 256 * 4096, "the sign is reversed"),
        (11 * 4096, "you counted only one channel"),
    ],
    "assembled.channels-first": [
        ((16, 224, 224, 3), "that is channels last"),
        ((3, 224, 224), "you forgot the batch"),
        ((3, 16, 224, 224), "you put the channels before the pictures"),
        ((16, 3, 227, 227), "that is Caffe's picture"),
        ((224, 224, 3, 16), "you reversed the whole order"),
        ((16, 96, 55, 55), "that is what conv1 puts out"),
    ],
    "augment.patches": [
        (98, "you counted steps instead of places"),
        (64, "you left out the mirror images"),
        (49, "you counted steps, and no mirror images"),
        (16, "you moved the patch in one direction only"),
        (256, "you mirrored top to bottom as well"),
        (8, "you counted the rows only"),
        (6498, "that is twice the area of a patch"),
    ],
    "augment.flip": [
        ("a", "a mirrored 2 is not a digit"),
        ("b", "a mirrored clock shows a different time"),
        ("d", "some signs say left or right"),
        ("e", "the label names a side"),
        ("f", "the label is exactly what a mirror changes"),
    ],
    "augment.units": [
        (25.5, "that is how a standard deviation grows"),
        (0.1, "the eigenvectors stay the same, but the eigenvalues do not"),
        (0.1 * 255 * 255 * 255, "you multiplied by 255 once too often"),
        (math.sqrt(0.1) * 255, "that is its square root"),
        (0.1 * 65536, "you used 256, which is how many values there are"),
        (0.1 / 65025, "you divided where you should multiply"),
    ],
    "augment.share": [
        (0.83, "that is the share in the pixels"),
        (5 / 8, "you took square roots"),
        (1 / 3, "that would be right for three equal eigenvalues"),
        (0.25, "that is the eigenvalue"),
        (1, "nearly, but the other two components count, too"),
        (0.1, "that is the spread of alpha"),
    ],
    "augment.leak": [
        ("network", "the network learned what it was shown"),
        ("changes", "the changes left the labels right"),
        ("noise", "with noise or without, the copies of a photograph still look alike"),
        ("validation", "close: the validation accuracy did mislead"),
        ("seed", "any seed would do the same"),
    ],
    "broken.pool": [
        ((64, 14, 14), "that is what was meant"),
        ((32, 14, 14), "you halved all three axes"),
        ((32, 28, 28), "you halved the channels only"),
        ((64, 28, 14), "you halved the last axis only"),
        ((64, 14, 28), "you halved the middle axis only"),
        ((32, 28, 14), "you halved the two outer axes"),
        ((64, 28, 28), "that is the shape that went in"),
    ],
    "broken.parameters": [
        (9 * 16 * 32 + 32, "that is what was meant"),
        (9 * 17 * 32 + 32, "you padded one side only"),
        (9 * 18 * 32, "you forgot the biases"),
        (9 * 28 * 32 + 32, "you took the last axis for channels"),
        (9 * 30 * 32 + 32, "you took a padded side of the picture for channels"),
        (9 * 18 + 1, "you counted only one filter"),
    ],
    "broken.truth": [
        (4, "you counted all the arrays"),
        (3, "that is one too many"),
        (5, "you counted all five values"),
        (1, "that is one too few"),
        (0, "some of them do"),
    ],
    "broken.default": [
        (1, "that would be right if each call made a new list"),
        (0, "each call appends a picture"),
        (2, "that is how long the list is when the third call begins"),
        (4, "you counted the definition as a call"),
        (6, "you added up the lengths after each call"),
    ],
    "broken.flat": [
        (math.log(6), "that is the cross-entropy"),
        (5 / 6, "that is the sum of the squares"),
        (25 / 36, "you counted the right class only"),
        (25 / 216, "you left out the other classes"),
        (1 / 6, "that is the probability of each class"),
        (1 / 36, "you counted one wrong class only"),
    ],
    "convolution.positions": [
        (6, "those are the steps, not the positions"),
        (9, "that is 28 / 3"),
        (math.ceil(20 / 3) + 1, "that rounds up; this layer rounds down"),
        (21, "that is the count for stride 1"),
        (28 // 3 + 1, "you divided the whole line by 3, and added one"),
        (20, "that is the room to walk"),
    ],
    "convolution.unread": [
        (0, "the steps do not fit evenly here"),
        (1, "those are the pixels that rounding up runs past the edge"),
        (4, "that is off by one"),
        (250 - 4 * 59, "you counted from where the last window starts"),
        (60, "that is the number of positions"),
        (0.75, "that is the fraction of a step that is left over"),
    ],
    "convolution.parameters": [
        (25 * 12 * 20, "you forgot the biases"),
        (25 * 20 + 20, "you counted only one channel"),
        (25 * 12 + 1, "you counted only one filter"),
        (25 * 12 * 20 + 12, "you gave each incoming channel a bias"),
        (25 * 12 + 20, "you counted all the biases, but the weights of only one filter"),
        (5 * 12 * 20 + 20, "you counted only one side of the kernel"),
    ],
    "convolution.macs": [
        ((14 * 3 + 2 * 2) ** 2 * 8 * 16, "that leaves out the products with padding zeros"),
        (14 * 14 * 9 * 8 * 16, "you forgot the padding"),
        (9 * 8 * 16 + 16, "those are the parameters"),
        (256 * 9 * 16, "you counted only one channel"),
        (256 * 9 * 8, "you counted only one filter"),
        (2 * 294912, "you counted multiplication and addition separately"),
    ],
    "convolution.shape": [
        ((45, 45, 96), "you rounded up, or divided the whole side by 5"),
        ((43, 43, 96), "those are the steps"),
        ((44, 44, 3), "you kept the channels of the picture"),
        ((55, 55, 96), "that is for a stride of 4"),
        ((46, 46, 96), "that is with 'same' padding"),
        ((217, 217, 96), "you forgot the stride"),
        ((96, 44, 44), "that is channels first"),
    ],
    "convolution.twice": [
        ((4, 4), "a larger picture needs no more weights"),
        ((1, 2), "you counted only one side"),
        ((2, 2), "neither one doubles"),
        ((1, 1), "the weights stay the same, but they are used at more positions"),
        ((2, 4), "a larger picture needs no more weights"),
        ((4, 1), "you have the two numbers swapped"),
    ],
    "filter.loss": [
        (9 + 0 + 1 + 4, "that is the sum of the squares"),
        (3 + 0 - 1 - 2, "you did not square the errors, so they cancel"),
        ((3 + 0 + 1 + 2) / 4, "that is the mean size of the errors"),
        (14 / 3, "you left out the place without an error"),
        (math.sqrt(3.5), "that is the square root of it"),
        (3.5 / 2, "you halved it"),
    ],
    "filter.gradient": [
        ((1 + 12) / 3, "you forgot a factor of 2"),
        (2 * (1 + 12), "that is the sum"),
        (-2 * (1 + 12) / 3, "that is the way down"),
        (2 * (1 + 4) / 3, "you left out the pixels"),
        ((1 + 16) / 3, "that is the loss"),
        (
            2 * (1 + 4) * (1 + 3 + 2) / 3,
            "you multiplied the sum of the errors by the sum of the pixels",
        ),
    ],
    "filter.momentum": [
        (2 - 0.3, "that is plain gradient descent"),
        (0.45 - 0.3, "that is the step"),
        (2 + 0.45 + 0.3, "you went uphill, with the slope"),
        (2 + 0.5 - 0.3, "you kept the whole last step"),
        (2 - 0.45 - 0.3, "you reversed the last step"),
        (2 + 0.45, "you forgot the slope"),
    ],
    "filter.rate": [
        (2 / 5, "you took 5 for the curvature"),
        (1 / 10, "that lands at the minimum, in one step"),
        (10, "that is the curvature"),
        (2, "that is the rate times the curvature"),
        (5, "that is the loss at the start"),
        (1, "that rate leads from 1 to −9 in one step"),
    ],
    "filter.chain": [
        (2 * 2 * 1 * 3, "you forgot a factor of 2"),
        (2 * 2 * 1.5, "that is the slope with respect to v"),
        (2 * 2 * 2, "you stopped at z"),
        (2 * 2, "you stopped at y"),
        (3 * 2 * 1 * 3, "you took y for the slope of the loss"),
        (0, "you let ReLU stop the gradient"),
    ],
    "filter.twins": [
        (5, "that is how many filters there are"),
        (2, "that is how many the task would need"),
        (0, "they do learn, because they do not start from zeros"),
        (100, "that is the number of steps"),
        (9, "that is how many weights a filter has"),
    ],
    "other.pool": [
        ((3, 2, -1, 6), "you forgot ReLU"),
        ((5 / 4, 3 / 4, 0, 11 / 4), "that is the mean of each window"),
        ((5, 4, 7, 8), "you dropped the minus signs"),
        ((3, 0, 2, 6), "you went down the columns first"),
        ((3 + 2, 2 + 1, 0, 6 + 5), "you added up each window"),
    ],
    "other.parameters": [
        (480, "you forgot the biases"),
        (170, "you counted only one map"),
        (40, "you counted each map as one number"),
        (528, "you gave each incoming number a bias"),
        (58, "you counted the weights of only one unit"),
        (48, "those are the numbers that come in"),
    ],
    "other.softmax": [
        (1 / (1 + 0 + 0), "you divided the scores themselves"),
        (0.73106, "you left out a class"),
        (2.71828, "that is e to the score"),
        (0.21194, "that is the probability of the second class"),
        (0.33333, "that would be right if all scores were equal"),
        (2 / (2 + 1 + 1), "you raised 2 to the power of each score"),
    ],
    "other.loss": [
        (3.46574, "that is the sum"),
        (-1.15525, "the sign is wrong"),
        (0.98083, "you averaged the probabilities first"),
        (0.375, "that is the mean probability"),
        ((1 + 1 + 3) / 3, "that is the logarithm to base 2"),
        (0.50172, "that is the logarithm to base 10"),
    ],
    "other.linear": [
        ((4 + 3, 2 + 5), "you added the factors"),
        ((12, 2 + 5), "you added the biases as they are"),
        ((12, 2 * 5), "you multiplied the biases"),
        ((12, 5), "you lost the bias of the first layer"),
        ((12, 4 * 5 + 2), "you applied the layers in the wrong order"),
    ],
    "other.back": [
        (1 / 100, "that is the probability before training"),
        (0.03833, "you took a quarter of the loss to mean four times the probability"),
        (0.06310, "you took the logarithm to base 10"),
        (0.43528, "you took the logarithm to base 2"),
        (1 - 0.30119, "that is what is left for the other classes"),
        (1.2 / 4.6, "you divided one loss by the other"),
    ],
    "data.chance": [
        (1 / 6, "that would be right if all classes were equally frequent"),
        (1 / 3, "you divided by 600"),
        (0.4, "you divided by the other pictures only"),
        (0.5, "that is a coin toss"),
        (200, "that is the number of right answers"),
        (5 / 7, "that is the share of mistakes"),
        (1 / 7, "that is the share of one of the other numbers"),
    ],
    "data.known-by-heart": [
        (0.9, "that is the accuracy on pictures the network has never seen"),
        (1.0, "you added the two shares"),
        (0.95, "you took the plain mean of the two accuracies"),
        (97.2 / 120, "you counted the memorized pictures as wrong"),
        (109.2, "that is the number of right answers"),
    ],
    "data.twin": [
        (0.9, "you divided by 1,000"),
        (0.1, "that is about the chance that the twin is in validation, too"),
        (0.5, "the two sides are not equally large"),
        (1.0, "the twin may also land in validation"),
        (1 / 999, "that is the chance of one particular place"),
        (900, "that is the number of places in training"),
    ],
    "eight-layers.rounding": [
        (219 // 4 + 1, "that is floor; this layer rounds up"),
        (57, "that is 230 / 4"),
        (58, "that is 230 / 4, rounded up"),
        (54, "those are whole steps"),
        (230 - 11 + 1, "you forgot the stride"),
        (54.75, "that is the number of steps before rounding"),
        (55.75, "there is no such thing as three quarters of a position"),
    ],
    "eight-layers.groups": [
        (25 * 48 * 256 + 256, "that is conv2 as it is, with two groups"),
        (25 * 96 * 256, "you forgot the biases"),
        (2 * (25 * 48 * 256 + 256), "you doubled the biases, too"),
        (25 * 256 + 256, "you counted only one channel"),
        (25 * 96 * 512 + 256, "you doubled both the filters and the channels"),
        (25 * 3 * 256 + 256, "you took the channels of the photograph"),
    ],
    "eight-layers.larger": [
        (36 * 256 * 4096 + 4096, "that is fc6 for pictures of 224 pixels"),
        (49 * 256 * 4096, "you forgot the biases"),
        (7 * 256 * 4096 + 4096, "you counted only one side of the maps"),
        (49 * 4096 + 4096, "you counted only one channel"),
        (64 * 256 * 4096 + 4096, "that is one position too many along each side"),
        (49 * 256, "that is how many numbers go into fc6"),
    ],
    "eight-layers.memory": [
        (128 * 55 * 55 * 96, "you counted numbers, not bytes"),
        (55 * 55 * 96 * 4, "that is for one picture"),
        (64 * 55 * 55 * 96 * 4, "you counted only one tower"),
        (128 * 55 * 55 * 96 * 32, "you counted bits"),
        (128 * 27 * 27 * 96 * 4, "that is after pooling"),
        (4 * (363 + 1) * 96, "those are the weights"),
    ],
    "errors.side": [
        (49, "that is the area of a map"),
        (6, "that is the network that loads the weights"),
        (112, "that is the side of all the maps put together"),
        (256, "that is the number of maps"),
        (12544, "that is the length of the vector"),
        (5, "that is the network that rounds 224 pixels down"),
        (24.5, "you halved instead of taking the square root"),
    ],
    "errors.cause": [
        ("a", "without Flatten, the output would have four axes"),
        ("b", "the units agree: both end in 10"),
        ("d", "None is the batch axis, and it is there"),
        ("e", "that gives a different message, about ambiguous cardinality"),
        ("f", "Keras has not looked at the values yet"),
    ],
    "errors.silent": [
        ("a", "the loss has not moved in five epochs, so waiting will not help"),
        ("b", "training ran, so the shapes agree"),
        ("c", "a loss can be a number when the weights are not"),
        ("e", "running out of memory gives a message"),
    ],
    "evaluation.top-five": [
        (0.005, "that is the top-5 accuracy"),
        (0.999, "that is the top-1 error"),
        (0.95, "that would be right for a hundred classes"),
        (0.8, "that is one guess out of five classes"),
        (1.0, "once in a while the right class is among the five"),
        (99.5, "that is in percent"),
    ],
    "evaluation.perfect": [
        (1.0, "that is where the short interval begins"),
        (49 / 50, "that would be one mistake in 50"),
        (47 / 50, "that is the rule of three"),
        (0.95, "that is how often such intervals contain the truth"),
        (50 / 51.96, "you forgot a square"),
    ],
    "evaluation.uneven": [
        (10 / 512, "that is one direction only"),
        (9 / 512, "that is exactly this split, in one direction"),
        (18 / 512, "you left out the splits that are even more uneven"),
        (1 / 9, "that is the second network's share of the nine"),
        (7 / 120, "that is the lead in accuracy"),
        (2 / 512, "that counts 9:0 only, in both directions"),
    ],
    "evaluation.sure": [
        ((9 - 6) / 120, "you let the two groups cancel"),
        (0.15, "you counted both groups alike"),
        (0.2, "that is the larger of the two distances"),
        (0.1, "that is the first group alone"),
        (0.8, "that is the accuracy"),
        (0.825, "that is the mean confidence"),
        (3 / 10, "you added the distances"),
    ],
    "evaluation.best": [
        ("a", "that is true of a score that was not selected"),
        ("c", "a wider interval still has the same middle"),
        ("d", "nobody averaged the scores"),
        ("e", "all twenty saw the same 120 pictures"),
        ("f", "something was chosen: one network of twenty, by its test score"),
    ],
    "evaluation.unseen": [
        (115 / 120, "that is the score with the leak"),
        (103 / 120, "you took the twelve out of the right answers, but not out of the pictures"),
        (115 / 108, "you took the twelve out of the pictures, but not out of the right answers"),
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
        (40 * 31, "you left out the last batch"),
        (40 * 31.25, "there is no quarter of a step"),
        (40, "that is the number of epochs"),
        (32, "those are the steps of one epoch"),
        (40000, "that is one step for each picture"),
        (40960, "you multiplied by the batch size"),
    ],
    "training.early": [
        (17, "that is where training stops"),
        (18, "training stops before that"),
        (13, "that is the first epoch that is worse"),
        (7, "patience looks forward, not back"),
        (5, "that is the patience"),
        (40, "training stops long before that"),
    ],
    "training.better": [
        (29 / 128, "that is one direction only"),
        (42 / 128, "that is exactly 5 to 2"),
        (21 / 128, "that is exactly five heads"),
        (5 / 7, "that is the second network's share of the seven"),
        (1 / 20, "that is the usual limit"),
        (1 / 128, "that is one particular sequence of tosses"),
    ],
    "full.memory": [
        (4 * 60965224, "those are the weights alone"),
        (8 * 60965224, "two arrays are missing"),
        (12 * 60965224, "one array is missing"),
        (32 * 60965224, "those are the weights alone, in bits"),
        (60965224, "that is the number of weights"),
        (128 * 60965224, "you counted bits"),
    ],
    "full.kept": [
        (2, "that is the copy used in a step"),
        (6, "the copy is not saved"),
        (16, "that counts bits, or the gradient and Adam's numbers as well"),
        (8, "that would be float64"),
        (32, "those are bits"),
    ],
    "full.numbers": [
        (150528, "those are all the numbers of the enlarged picture"),
        (3136, "that is one color"),
        (12288, "that is the whole picture"),
        (50176, "those are the enlarged picture's pixels, in one color"),
        (672, "that is only the outline of the crop"),
        (16, "that is how many times more pixels there are"),
    ],
    "full.scale": [
        (6, "that is the exponent"),
        (16777216, "that makes the gradient far larger than needed"),
        (1073741824, "that makes the gradient 1"),
        (65536, "that reaches the smallest number with full accuracy"),
        (32, "the exponents differ by one more than that"),
        (0.015625, "that makes the gradient smaller"),
    ],
    "full.pace": [
        (6, "that is what the GPU alone needs"),
        (36, "you added the two times"),
        (24, "you subtracted one time from the other"),
        (1.5, "that is one epoch"),
        (5, "you added the two speeds"),
        (10, "you took the mean of the two speeds"),
    ],
    "learned.squares": [
        (12, "that is one side"),
        (121, "you left out the first place"),
        (45 * 45, "that is for steps of 1"),
        (196, "the last squares would stick out of the picture"),
        (3249, "that is the number of pixels"),
        (16, "that is for squares that do not overlap"),
        (24, "you added the two sides"),
    ],
    "learned.opposite": [
        (-3, "that is before ReLU"),
        (3, "the sign of every product changes"),
        (1 / 3, "nothing is divided here"),
        (6, "that adds up both maps"),
        (1, "ReLU does not make ones"),
    ],
    "learned.flat": [
        (2, "that is the gradient of the score"),
        (0.09, "that is the slope of the curve alone"),
        (1.8, "you took p for the slope of the curve"),
        (0.2, "you took 1 − p for the slope of the curve"),
        (0.9, "that is the probability"),
        (0.045, "you divided by the score's gradient"),
        (0, "nearly, but the network is not quite certain"),
    ],
    "learned.directions": [
        (4096, "there are fewer points than features"),
        (120, "subtracting the mean takes one direction away"),
        (2, "that is how many a drawing can show"),
        (118, "you took too many away"),
        (4095, "there are fewer points than features"),
        (121, "subtracting the mean adds no direction"),
    ],
    "learned.sleeve": [
        ("a", "one picture cannot show a rule"),
        ("c", "nobody looked at the training set"),
        ("d", "the fingers were never covered"),
        ("e", "the network may be right for the wrong reason"),
        ("ab", "one of the two goes further than the measurement"),
    ],
    "learning.gain": [
        (0.01 * math.sqrt(1600), "you forgot the ReLU"),
        (0.0001 * 800, "that is the factor for the variance"),
        (0.01 * math.sqrt(1600) / 2, "you halved after taking the root"),
        (0.01 * math.sqrt(12.5), "you counted only one channel"),
        (0.01 * math.sqrt(32), "you counted only one place"),
        (0.01 * 800, "you added the sizes as if all had the same sign"),
        (0.01, "that is one weight"),
    ],
    "learning.he": [
        (1 / 2048, "that is the variance"),
        (1 / 64, "you left out the ReLU, as Glorot's rule does"),
        (math.sqrt(2) / 4096, "you took all the weights of the layer"),
        (math.sqrt(2) / 96, "that is for fc6"),
        (0.01, "that is the paper's value"),
    ],
    "learning.source": [
        (3, "that is for one layer"),
        (9, "you added the factors, or counted only two layers"),
        (729, "that is for the variance"),
        (243, "that is for five layers"),
        (1, "the size of the signal does depend on the weights"),
    ],
    "learning.pixels": [
        (256, "that is the weights alone"),
        (2, "that is the pixels alone"),
        (4, "you counted a single layer"),
        (18, "you added up the factors"),
        (65536, "you counted the pixels' factor in every layer, too"),
        (1, "nothing here takes the factors out again"),
    ],
    "learning.overfit": [
        (True, "weights that pass on no signal could not have learned the batch"),
    ],
    "learning.first": [
        ("a", "no step has been made yet"),
        ("b", "a range test needs losses that are numbers"),
        ("d", "weights that are too small would give a loss near ln 6"),
    ],
    "parts.slope": [
        (0.81, "that is the square of the output"),
        (1 / 10, "you forgot the square"),
        (1 / math.cosh(0.9) ** 2, "you took 0.9 for the sum z"),
        (1, "that is the slope of ReLU, or of tanh at 0"),
        (0.9, "that is the output"),
        (0, "tanh is not quite flat there yet"),
    ],
    "parts.depth": [
        (1048576, "that is for the mean square"),
        (20, "that is the number of layers"),
        (40, "each layer halves what the one before it left"),
        (10, "each layer halves what the one before it left"),
        (2, "that is what one layer does to the mean square"),
        (32, "you took the root twice"),
        (724, "you counted the steps between the layers"),
    ],
    "parts.radius": [
        (5, "that is the window that was meant"),
        (10, "you forgot the channel itself"),
        (6, "you counted only one side"),
        (3, "you divided the radius"),
        (2, "that is the radius that would be right"),
        (9, "you lost the ends of the window"),
    ],
    "parts.even": [
        ((32, 32), "the two agree only on odd sides"),
        ((31, 31), "the two agree only on odd sides"),
        ((32, 31), "you have the two numbers swapped"),
        ((30, 31), "those are the steps"),
        ((30.5, 31), "those are the steps, not yet rounded"),
        ((62, 63), "you forgot the stride"),
        ((21, 32), "you took 3 for the stride"),
    ],
    "parts.rescale": [
        (0.2, "that is the share that is dropped"),
        (0.5, "that is for a rate of one half"),
        (1.25, "that makes the weights larger"),
        (1, "with the weights unchanged, the layer would get too much"),
        (0.64, "you scaled twice"),
        (5, "you divided by the share that is dropped"),
        (2, "that is for a rate of one half, and it makes the weights larger"),
    ],
    "parts.mean": [
        (0.8016, "that is the mean of the four answers"),
        (0.9933, "that is the mask with both units"),
        (0.7311, "that is one of the masks"),
        (2.5, "that is z"),
        (0.0759, "that is the other answer"),
    ],
    "puzzle.neurons": [
        (55, "that is what should be there"),
        (54, "that is what rounding down gives"),
        (56, "that is what 'same' padding gives"),
        (96, "those are all the filters"),
        (2640, "you divided by 96 only"),
        (4608, "you divided by 55 only"),
    ],
    "puzzle.zeros": [
        (57, "that is the window of 2012"),
        (16, "that is the corner outside both edges"),
        (88, "you counted the corner twice"),
        (44, "you counted only one side"),
        (49, "those weights lie on pixels"),
        (121, "that is the whole window"),
        (8, "those are lines of zeros, not weights"),
    ],
    "puzzle.agree": [
        (0, "the zeros in front do move the windows"),
        (2916, "you left out the last row and column"),
        (3136, "those are all the windows of the padded layer"),
        (55, "you counted only one line"),
        (1, "you matched a single pair"),
        (2809, "you left out the outer windows on every side"),
        (110, "you added where you should multiply"),
    ],
    "puzzle.even": [
        (228, "that is a multiple of 4"),
        (238, "you added a whole window"),
        (232, "that is a multiple of 4"),
        (235, "that is the size after the next"),
        (223, "that size is smaller"),
        (229, "that is half a step too far"),
        (230, "you counted from 226"),
    ],
    "puzzle.crops": [
        (2048, "that counts steps"),
        (1089, "you forgot the mirror images"),
        (1024, "that counts steps, without the mirror images"),
        (66, "you counted only one side"),
        (33, "those are the places along one side"),
        (10, "those are the views used in a test"),
        (4356, "you mirrored both ways"),
    ],
    "puzzle.towers": [
        (62378344, "that is without groups"),
        (50844008, "that is rounding down in conv1, without groups"),
        (49430888, "that is rounding down in conv1"),
        (60522856, "you put groups into conv3 as well"),
        (61100840, "that is torchvision's network, with other numbers of filters"),
    ],
    "recipe.momentum": [
        (10, "that is for a momentum of 0.9"),
        (1.95, "that is the length of the second step"),
        (0.95, "that is what remains of one step in the next"),
        (0.05, "you have it upside down"),
        (1, "that is without momentum"),
    ],
    "recipe.l2": [
        (0.002, "you copied the paper's number, but Keras's L2 has no half"),
        (0.004, "you applied the half the wrong way around"),
        (0.02, "you multiplied by the factor of the momentum"),
        (0.0002, "you divided by the factor of the momentum"),
        (0.00025, "that is for the decay of 2012"),
        (0.01, "that is the learning rate"),
    ],
    "recipe.match": [
        (0.0005, "with the same number, the weight shrinks more slowly"),
        (2.5e-05, "you changed it in the wrong direction"),
        (0.00025, "you halved it, but the half belongs to the L2 term"),
        (0.001, "you doubled it, but the factor of 2 belongs to the L2 term"),
        (0.000475, "you multiplied by the momentum once"),
        (0.005, "that is for a momentum of 0.9"),
        (0.2, "you used the factor twice"),
    ],
    "recipe.after": [
        (0.1, "the velocity does not know about the division yet"),
        (0.9, "you left out the new gradient's part"),
        (1, "that would be without the division"),
        (0.19, "you divided the old step as well"),
        (0.01, "that is the new part alone"),
        (9.1, "that is the length in units of rate times slope"),
    ],
    "recipe.slow": [
        (1.5, "the pull of the decay does not stay the same"),
        (15, "that is after one division"),
        (150, "that is after two divisions"),
        (45, "you added up the three divisions"),
        (1000, "that is how many times as long it takes now"),
        (0.0015, "you have it upside down"),
        (15000, "you counted the momentum as well, but it is the same before and after"),
    ],
    "transfer.layout": [
        ((128, 48, 5, 5), "you counted the filters of one group"),
        ((5, 5, 48, 256), "that is Keras's own order"),
        ((256, 96, 5, 5), "you forgot the groups"),
        ((5, 5, 96, 256), "that is Keras's order, and without groups"),
        ((48, 256, 5, 5), "you swapped channels and filters"),
        ((256, 5, 5, 48), "you put the channels last"),
        ((2, 128, 48, 5, 5), "the groups are not an axis of their own"),
    ],
    "transfer.row": [
        (256, "that is the row in our order"),
        (0, "that is column 0"),
        (36, "that is the first pixel of the next map"),
        (6, "that is a step down"),
        (37, "that is the next channel"),
        (2, "you began counting too late"),
    ],
    "transfer.frozen": [
        (40960, "you forgot the biases"),
        (4096 * 1000 + 1000, "that is the old head"),
        (10, "that is the number of units"),
        (9216 * 10 + 10, "that is for a head that reads what comes before fc6"),
        (60965224 - 990 * 4097, "that is the whole network"),
        (0, "with nothing to train, nothing would be learned"),
    ],
    "transfer.prepared": [
        (127.5, "subtracting does not change the spread"),
        (510, "subtracting does not change the spread"),
        (256, "that is how many values a byte has"),
        (254.5, "you subtracted the half from the factor"),
        (65025, "that is the factor for the variance"),
        (1, "the spread is not the same"),
    ],
    "transfer.first": [
        ("head", "the head's gradient is made of features and errors"),
        ("neither", "one of the gradients is zero"),
        ("both", "if both stood still, nothing could ever learn"),
        ("bias", "the bias belongs to the head"),
        ("none", "one part does stand still"),
    ],
    "towers.kernel": [
        ((3, 3, 96, 192), "that is without groups"),
        ((3, 3, 32, 64), "that is one of the three groups"),
        ((3, 3, 96, 64), "you divided the filters"),
        ((3, 3, 192, 32), "the last two numbers are swapped"),
        ((192, 32, 3, 3), "that is PyTorch's order"),
    ],
    "towers.depthwise": [
        (9 * 256 * 256 + 256, "that is without groups"),
        (9 * 256, "you forgot the biases"),
        (9 + 1, "that is one filter"),
        (9 * 128 * 256 + 256, "that is for 2 groups"),
        (256 * 256 + 256, "you forgot the window"),
        (9 * 256 + 1, "you gave all the filters a single bias"),
    ],
    "towers.zeros": [
        (614400, "those are all its weights"),
        (5 * 5 * 48 * 256 + 256, "those are the parameters of the grouped layer"),
        (153600, "that is one tower reading itself"),
        (12288, "those are slices"),
        (1200, "that is one filter"),
        (0, "without zeros, every filter would read both towers"),
    ],
    "towers.reach": [
        ("conv1", "conv1 reads the picture"),
        ("conv2", "conv2 has two groups"),
        ("conv3", "in this question, conv3 reads its own card only"),
        ("conv4", "conv4 has two groups"),
        ("conv5", "conv5 has two groups"),
        ("fc7", "the layer before it already reads both"),
        ("fc8", "the layer two before it already reads both"),
        ("never", "dense layers read everything"),
    ],
    "towers.batch": [
        ((CARD - 3 * WEIGHTS) // (PICTURE + MAPS), "you forgot the gradients of the maps"),
        ((CARD - WEIGHTS) // (PICTURE + 2 * MAPS), "you counted the weights only once"),
        (CARD // (PICTURE + 2 * MAPS), "you forgot the weights"),
        ((3 * 10**9 - 3 * WEIGHTS) // (PICTURE + 2 * MAPS), "that is for a card of 3 · 10⁹ bytes"),
        (int((CARD - 1.5 * WEIGHTS) // (PICTURE + MAPS)), "that is for two cards"),
        ((CARD - 3 * WEIGHTS) // (2 * MAPS), "you forgot the pictures"),
        ((CARD - 3 * WEIGHTS) // MAPS, "you forgot the pictures, and the gradients of the maps"),
        (128, "that is the batch of 2012"),
        (256, "that is the next power of two, and too many"),
    ],
    "year.relative": [
        (0.10857, "that is the difference in points, as a share of all pictures"),
        (10.857, "that is the difference in points"),
        (5105 / 8724, "that is the share of the error that is left"),
        (3619 / 5105, "you divided by the winner's error"),
        (90475 / 2181, "that is in percent"),
        (1625 / 4362, "that is the entry with five networks"),
    ],
    "year.passes": [
        (1, "that is one network with one view"),
        (7, "each network looks more than once"),
        (10, "that is one network"),
        (17, "you added views and networks"),
        (35, "you forgot the mirror images"),
        (50, "that is the entry with five networks"),
    ],
    "year.biases": [
        (2, "that is at the start"),
        (20, "that is after one division"),
        (200, "that is after two divisions"),
        (1000, "you forgot that the biases start at a different rate"),
        (60, "three divisions by ten are not one by 30"),
        (0.0005, "you have it upside down"),
        (0.02, "that is the rate of the biases"),
    ],
    "year.lrn": [
        (7**0.75, "that is the paper's formula"),
        (3, "you forgot the power"),
        (7, "that is the paper's formula, without its power"),
        (2.2**0.75, "you counted only one map"),
        (2**0.75, "that is with k = 1"),
        (2.01**0.75, "you forgot the squares"),
        (3**-0.75, "that is what the normalization makes of 1"),
    ],
    "year.sigma": [
        (0.01, "that is the paper's value"),
        (math.sqrt(1 / 2304), "that is without ReLU"),
        (math.sqrt(2 / 1152), "that is for two groups"),
        (2 / 2304, "that is the variance"),
        (math.sqrt(2 / 256), "you forgot the window"),
        (math.sqrt(2 / 3456), "you counted the numbers that go out"),
        (0.03, "that is the program's value"),
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
