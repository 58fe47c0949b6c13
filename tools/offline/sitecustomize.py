"""Cut a Python off from the network, all but this machine itself, and from the checkout.

The build puts this folder on ``PYTHONPATH`` of the kernels that execute the notebooks, and Python
imports a module of this name at start. A chapter that would need the network then fails here, and
not before a reader who has none. (Kernels talk to the build over sockets of this machine.)
"""

import errno
import ipaddress
import socket
import sys
from pathlib import Path

# The build's own Python finds its tools in the checkout; a reader's has none.
_CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:] = [place for place in sys.path if not place or Path(place).resolve() != _CHECKOUT]

_LOCAL_NAMES = {"", "localhost", socket.gethostname()}


def _is_local(host):
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(host):
    raise OSError(
        errno.ENETUNREACH,
        f"The book is built without a network, and something asked for {host!r}. "
        "A chapter must run from the installed package and its data alone",
    )


def _guard(name):
    plain = getattr(socket.socket, name)

    def guarded(self, address, *rest):
        # sendto(data, flags, address) and sendto(data, address): the address comes last.
        where = rest[-1] if name == "sendto" and rest else address
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and isinstance(where, tuple) and not _is_local(where[0]):
            _refuse(where[0])
        return plain(self, address, *rest)

    guarded.__name__ = name
    setattr(socket.socket, name, guarded)


for _name in ("connect", "connect_ex", "sendto"):
    _guard(_name)

_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, *arguments, **options):
    """Look up names of this machine only."""
    if not _is_local(host):
        _refuse(host)
    return _getaddrinfo(host, *arguments, **options)


socket.getaddrinfo = getaddrinfo
