"""With this folder on PYTHONPATH, Python can reach no other machine, nor can what it starts.

Loopback and sockets in the file system stay open: a notebook's kernel is spoken to over them.
"""

import socket
from ipaddress import ip_address
from typing import Any

_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost"}
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_sendto, _getaddrinfo = socket.socket.sendto, socket.getaddrinfo


class NoNetworkError(OSError):
    """Lessons run without a network, and this one asked for it."""


def _check(host: Any) -> None:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in _NAMES or host == socket.gethostname():
        return
    try:
        if ip_address(str(host).partition("%")[0]).is_loopback:
            return
    except ValueError:
        pass  # a name: finding its address would ask another machine
    raise NoNetworkError(f"no network here, and {host!r} was asked for")


def _check_address(address: Any) -> None:
    if isinstance(address, tuple):  # others are files, or no internet
        _check(address[0])


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _check_address(address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _check_address(address)
    return _connect_ex(self, address)


def _guarded_sendto(self: socket.socket, *arguments: Any) -> int:
    _check_address(arguments[-1])
    return _sendto(self, *arguments)


def _guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    _check(host)
    return _getaddrinfo(host, *arguments, **options)


def _guarded_lookup(host: Any) -> Any:
    _check(host)
    return _getaddrinfo(host, None, socket.AF_INET)[0][4][0]


socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign]
socket.socket.sendto = _guarded_sendto  # type: ignore[method-assign,assignment]
socket.getaddrinfo = _guarded_getaddrinfo
socket.gethostbyname = _guarded_lookup
