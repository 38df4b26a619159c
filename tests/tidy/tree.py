"""The files that the tidy rules look at, and how a rule reports what it finds.

A Tree is a folder with its files, either of a checkout (what git knows and does not ignore) or,
where there is no git, everything outside build/. The self-test plants small trees of its own.
"""
import dataclasses
import functools
import pathlib
import subprocess

CXX = (".h", ".cpp", ".re", ".y")
TABLE = (".def",)
PARLEY = (".par", ".erl", ".hrl")
PYTHON = (".py",)
CMAKE = (".cmake", "CMakeLists.txt")
TEXT = CXX + TABLE + PARLEY + PYTHON + CMAKE + (".md", ".toml", ".json", ".txt", ".js", ".mjs",
                                                ".css", ".html", ".yml", ".sh")


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One broken rule at one place."""
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Tree:
    def __init__(self, root, exceptions=None):
        self.root = pathlib.Path(root)
        self.exceptions = exceptions or {}
        self.paths = sorted(self._list())

    def _list(self):
        listing = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], capture_output=True, text=True)
        if listing.returncode == 0 and (self.root / ".git").exists():
            names = listing.stdout.split("\0")
            return {n for n in names if n and (self.root / n).is_file()}
        files = (p.relative_to(self.root) for p in self.root.rglob("*") if p.is_file())
        return {str(p) for p in files if p.parts[0] not in ("build", ".git")}

    @functools.cache
    def read(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return self.read(path).split("\n")

    def of(self, endings, folders=("",)):
        """The paths with one of these endings under one of these folders."""
        return [p for p in self.paths if p.endswith(endings) and p.startswith(tuple(folders))]

    def scripts(self):
        """Executable files without an ending that start with #!."""
        return [p for p in self.paths
                if "." not in pathlib.PurePath(p).name and self._starts_with_shebang(p)]

    def _starts_with_shebang(self, path):
        with open(self.root / path, "rb") as file:
            return file.read(2) == b"#!"

    def is_python(self, path):
        return path.endswith(PYTHON) or self.lines(path)[0].startswith("#!/usr/bin/env python3")

    def exception(self, rule, path, name=""):
        """The number an exception allows here, or None. Remembered, so that stale ones show."""
        for entry in self.exceptions.get(rule, []):
            if entry["path"] == path and entry.get("function", "") == name:
                entry["used"] = True
                return entry["limit"]
        return None
