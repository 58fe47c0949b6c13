"""Instant answers to the exercises: ``answers`` says how, a file for each chapter what."""

from alexnet_tutorial.checks import (  # noqa: F401  # each registers its questions
    ablations,
    assembled,
    augmentation,
    broken_notebook,
    convolution,
    data,
    eight_layers,
    error_index,
    evaluation,
    first_training,
    full_size,
    imagenet_whole,
    learned,
    many_devices,
    not_learning,
    one_filter,
    other_parts,
    own_pictures,
    paper_again,
    parts,
    puzzle_224,
    recipe_2012,
    transfer,
    two_towers,
    where_time_goes,
    year_2012,
)
from alexnet_tutorial.checks.answers import QUESTIONS, Question, Result, check, register

__all__ = ["QUESTIONS", "Question", "Result", "check", "register"]
