"""What is said in a terminal: names of files as they can be shown, and times."""


def plain(text: object, keep: str = "") -> str:
    """Write a name so that a terminal shows it and does nothing else.

    A file's name may hold escape sequences, which a terminal obeys, or bytes that are no UTF-8,
    which cannot be printed.

    Args:
        text: A name, or a sentence with names in it.
        keep: Characters that stay although they are not printable.

    Returns:
        The same, with ``\\\\x1b`` and the like in place of what is not printable.

    Example:
        >>> plain("a\\x1b[2Jb\\n\\udcff.png")
        'a\\\\x1b[2Jb\\\\n\\\\udcff.png'
    """
    return "".join(
        letter
        if letter.isprintable() or letter in keep
        else letter.encode("unicode_escape").decode("ascii")
        for letter in str(text)
    )
