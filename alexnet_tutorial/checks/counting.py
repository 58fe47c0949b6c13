"""What several chapters' answers are counted with."""

from alexnet_tutorial import shapes


def net(name: str = "alexnet-2012") -> shapes.Architecture:
    """Give a variant."""
    return shapes.variant(name)


def row(layer: str, name: str = "alexnet-2012") -> shapes.Row:
    """Give one row of a variant's ledger."""
    return shapes.ledger(net(name))[layer]


def total(network: shapes.Architecture) -> int:
    """Count a network's parameters."""
    return shapes.ledger(network).parameters


def conv_parameters(channels: int, filters: int, kernel: int) -> int:
    """Count the parameters of a convolution with square windows."""
    return shapes.conv_parameters(channels, filters, (kernel, kernel))
