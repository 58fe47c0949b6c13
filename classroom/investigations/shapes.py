"""Worked example of the investigation *Shapes*: which input sizes waste pixels, and how many.

    python -m classroom.investigations.shapes

No library at all: every layer is walked along one side of the picture, in sets of columns.
"""

LAYERS = (  # name, window, stride, zeros on either side: the plan of 2012, rounding down
    ("conv1", 11, 4, 0),
    ("pool1", 3, 2, 0),
    ("conv2", 5, 1, 2),
    ("pool2", 3, 2, 0),
    ("conv3", 3, 1, 1),
    ("conv4", 3, 1, 1),
    ("conv5", 3, 1, 1),
    ("pool5", 3, 2, 0),
)


def walk(size: int) -> tuple[list[int], int]:
    """Follow every column of a picture through the network.

    Args:
        size: Side of the picture, in pixels.

    Returns:
        For each layer, how many positions of its input no window reaches at the far edge; and how
        many columns of the picture no output of pool5 depends on.

    Example:
        >>> walk(227)
        ([0, 0, 0, 0, 0, 0, 0, 0], 0)
    """
    seen: list[set[int]] = [{column} for column in range(size)]  # behind each position
    left = []
    for _, window, stride, zeros in LAYERS:
        edge: list[set[int]] = [set()] * zeros
        padded = edge + seen + edge
        starts = range(0, len(padded) - window + 1, stride)
        left.append(len(padded) - (starts[-1] + window))
        seen = [set[int]().union(*padded[start : start + window]) for start in starts]
    return left, size - len(set[int]().union(*seen))


def main() -> None:
    """Print every size from 200 to 260 at which something comes out even, and the worst ones."""
    found = {size: walk(size) for size in range(200, 261)}
    even = [size for size, (left, _) in found.items() if not any(left)]
    whole = [size for size, (_, unread) in found.items() if not unread]
    print(f"nothing left over in any layer: {even}")
    print(f"every pixel is read: {whole}")
    for size in (224, 227, 256):
        left, unread = found[size]
        names = [f"{n} at {name}" for n, (name, *_) in zip(left, LAYERS, strict=True) if n]
        lost = 1 - (size - unread) ** 2 / size**2
        print(f"{size}: left over {', '.join(names) or 'nothing'};", end=" ")
        print(f"{unread} columns unread, {lost:.1%} of the picture")
    most = max(unread for _, unread in found.values())
    worst = [size for size, (_, unread) in found.items() if unread == most]
    print(f"most columns unread: {most}, at {worst}")


if __name__ == "__main__":
    main()
