"""Which network addresses may be dialled: those of the public Internet."""

import ipaddress

#: IPv6 prefixes that carry an IPv4 address to wherever it leads (RFC 6052, RFC 8215)
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def is_public(address: str, *, allow_loopback: bool = False) -> bool:
    """Return whether a numeric address is one of the public Internet.

    >>> is_public("192.0.43.8"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    >>> is_public("127.0.0.1", allow_loopback=True)
    True
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if any(parsed in network for network in _TRANSLATED) or parsed.sixtofour or parsed.teredo:
            return False
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return allow_loopback
    return parsed.is_global and not parsed.is_multicast
