"""What several chapters' answers are counted with."""


def net(name="alexnet-2012"):
    """Give a variant."""
    from alexnet_tutorial.shapes import variant

    return variant(name)


def row(layer, name="alexnet-2012"):
    """Give one row of a variant's ledger."""
    from alexnet_tutorial.shapes import ledger

    return ledger(net(name))[layer]


def size(*arguments, **options):
    """Give a function that computes an output size."""
    from alexnet_tutorial.shapes import output_size

    return lambda: output_size(*arguments, **options)


def larger():
    """Count the 2012 network on pictures of 256 pixels."""
    from dataclasses import replace

    from alexnet_tutorial.shapes import ledger

    return ledger(replace(net(), name="larger", input_size=256))


def total(network):
    """Count a network's parameters."""
    from alexnet_tutorial.shapes import ledger

    return ledger(network).parameters


def row_of_pixels(rounding):
    """Count the pixels of a line that conv1 never reads."""
    from alexnet_tutorial.shapes import Window

    return Window(224, 11, 4, rounding=rounding).unread


def conv_parameters(channels, filters, kernel):
    """Count the parameters of a convolution with square windows."""
    from alexnet_tutorial import shapes

    return shapes.conv_parameters(channels, filters, (kernel, kernel))


def weights_on_pixels(size, kernel, padding):
    """Count the weights that lie on pixels and not on padding."""
    from alexnet_tutorial.shapes import Window

    return Window(size, kernel, padding=padding).weights_on_pixels
