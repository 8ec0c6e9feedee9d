"""The user's logins at registries, as far as they can be read: what needs none must not fail for want of one.

The docker command asks no more of a credential helper that is missing or fails, and goes on without it
(docker/cli, config/configfile: GetAllCredentials). The client library raises instead, before it has sent anything.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress

from docker.auth import AuthConfig
from docker.credentials.errors import StoreError
from docker.errors import DockerException

Login = Mapping[str, str]

_UNREAD = (DockerException, StoreError)
_NONE = "a registry's login cannot be read, and none is used there"


class Readable(AuthConfig):
    """What the user's configuration says, and of its helpers those that answer."""

    def __init__(self, given: AuthConfig, told: Callable[[str], None]) -> None:
        super().__init__(dict(given))
        self._told = told

    @property
    def is_empty(self) -> bool:
        """Never, or the client would read the configuration again."""
        return False

    def resolve_authconfig(self, registry: str | None = None) -> Login | None:
        """Return the login at one registry; None: there is none that can be read."""
        try:
            return self._asked(registry)
        except _UNREAD as error:
            self._told(f"{_NONE}: {error}")
            return None

    def get_all_credentials(self) -> dict[str, Login]:
        """Return every login, by registry."""
        try:
            with warnings.catch_warnings(action="ignore"):
                return dict(super().get_all_credentials())  # type: ignore[no-untyped-call]
        except _UNREAD as error:
            self._told(f"{_NONE}: {error}")
        found = {}
        for registry in sorted({*self.auths, *self.cred_helpers}):
            with suppress(*_UNREAD):
                found[registry] = self._asked(registry)
        return {registry: login for registry, login in found.items() if login}

    def _asked(self, registry: str | None) -> Login | None:
        with warnings.catch_warnings(action="ignore"):  # of a helper that is missing, in the library's words
            found: Login | None = super().resolve_authconfig(registry)
        return found
