"""Kibana's HTTP API: a request in, its JSON out, and its errors in our own words."""

import json
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from news.configuration import Configuration
from news.errors import ConfigurationError, KibanaUnavailable

#: an import of everything takes Kibana some seconds
REQUEST_SECONDS = 60.0
#: Kibana's own words about an error are cut here
_LONGEST_MESSAGE = 300


class Kibana:
    """One space of one Kibana."""

    def __init__(self, url: str, configuration: Configuration, *, space: str = "") -> None:
        """Speak to the Kibana at `url`, with the key that the configuration has.

        Raises ConfigurationError for an address that is none, or that carries a password: a command line can be read
        by everybody on the machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError("Kibana's address must begin with http:// or https://, as http://127.0.0.1:5601.")
        if "@" in parts.netloc:
            raise ConfigurationError(
                "Kibana's address must not carry a password, which others could read; make an API key in Kibana and "
                "put it into BROADSHEET_KIBANA_API_KEY."
            )
        self.place = f"{parts.scheme}://{parts.netloc}"
        self.space = "" if space == "default" else space
        self._root = self.place + parts.path.rstrip("/")
        self._headers = {"kbn-xsrf": "true"}  # Kibana refuses writes without it
        if configuration.kibana_api_key:
            self._headers["Authorization"] = f"ApiKey {configuration.kibana_api_key}"
        certificates = configuration.kibana_ca_certs
        self._pool = urllib3.PoolManager(
            ca_certs=str(certificates) if certificates else None,
            timeout=REQUEST_SECONDS,
            retries=False,
        )

    def status(self) -> Any:
        """Return what Kibana says of itself."""
        response = self._send("GET", f"{self._root}/api/status")
        if response.status == 404:
            raise self._another()
        return self._answer(response)

    def require_space(self) -> None:
        """Raise KibanaUnavailable if the space is not there."""
        if not self.space:
            return
        response = self._send("GET", f"{self._root}/api/spaces/space/{quote(self.space, safe='')}")
        if response.status == 404:
            raise KibanaUnavailable(f"Kibana at {self.place} has no space '{self.space}' that this API key may see.")
        self._answer(response)

    def upload(self, path: str, name: str, content: str) -> Any:
        """Send a file to the space as a form does, and return the answer."""
        form = {"file": (name, content, "application/ndjson")}
        return self._answer(self._send("POST", self._in_space(path), fields=form))

    def _in_space(self, path: str) -> str:
        return self._root + (f"/s/{quote(self.space, safe='')}" if self.space else "") + path

    def _send(self, method: str, url: str, **sent: Any) -> urllib3.BaseHTTPResponse:
        try:
            # a redirect would carry the key to whoever it names
            return self._pool.request(method, url, headers=self._headers, redirect=False, **sent)
        except SSLError as error:
            raise self._untrusted() from error
        except MaxRetryError as error:
            raise self._untrusted() if isinstance(error.reason, SSLError) else self._away() from error
        except HTTPError as error:
            raise self._away() from error

    def _away(self) -> KibanaUnavailable:
        return KibanaUnavailable(f"Kibana at {self.place} cannot be reached; is it running?")

    def _untrusted(self) -> KibanaUnavailable:
        return KibanaUnavailable(
            f"Kibana at {self.place} has a certificate that is not trusted; BROADSHEET_KIBANA_CA_CERTS names the file "
            "that signs it."
        )

    def _another(self) -> KibanaUnavailable:
        return KibanaUnavailable(f"What answers at {self.place} is not Kibana.")

    def _answer(self, response: urllib3.BaseHTTPResponse) -> Any:
        body: Any = None
        try:
            body = json.loads(response.data)
        except ValueError as error:
            if response.status < 300:
                raise self._another() from error
        if response.status < 300:
            return body
        if response.status == 401:
            raise KibanaUnavailable(f"Kibana at {self.place} rejected the API key; see BROADSHEET_KIBANA_API_KEY.")
        if response.status == 403:
            raise KibanaUnavailable(
                f"Kibana at {self.place} does not allow this with this key; docs/kibana.md lists the rights it needs."
            )
        if response.status < 400:
            raise KibanaUnavailable(f"Kibana at {self.place} redirects to another address; use that one.")
        said = body.get("message") if isinstance(body, dict) else None
        reason = f": {' '.join(str(said).split())[:_LONGEST_MESSAGE]}" if said else ""
        raise KibanaUnavailable(f"Kibana at {self.place} answers {response.status}{reason}.")
