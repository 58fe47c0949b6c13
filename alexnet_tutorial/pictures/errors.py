"""What is raised when data cannot be used: always the file, what was expected, what to do."""


class DataError(ValueError):
    """A data file or array that cannot be used as it is."""


class DownloadError(DataError):
    """A download that did not arrive whole and unchanged."""
