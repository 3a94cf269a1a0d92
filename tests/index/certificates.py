"""An authority of the tests' own, and what it signs."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificates(
    *, address: str = "127.0.0.1", name: str = "", days: tuple[float, float] = (-0.05, 1)
) -> dict[str, bytes]:
    """Return an authority's certificate, and a server's with its key, for an address or a name.

    `days` are when it begins and ends, from now.
    """
    now = datetime.now(UTC)
    ours, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Broadsheet's tests")])
    whom = x509.DNSName(name) if name else x509.IPAddress(ip_address(address))

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, signs: bool) -> x509.Certificate:
        begins, ends = (-30, 30) if signs else days
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begins))
            .not_valid_after(now + timedelta(days=ends))
            .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([whom]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ours.public_key()), critical=False)
            .sign(ours, hashes.SHA256())
        )

    pem = serialization.Encoding.PEM
    leaf = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or address)])
    return {
        "ca.pem": certificate(authority, ours, signs=True).public_bytes(pem),
        "server.pem": certificate(leaf, server, signs=False).public_bytes(pem),
        "server.key": server.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    }
