"""Rules on the documentation: every path and every link it names exists."""
import fnmatch
import pathlib
import re

from tree import Finding

ROOMS = ("vm", "compiler", "cli", "stdlib", "lang-examples", "tests", "bench", "docs", "scripts",
         "cmake", ".ci")
# A path in back quotes: starts in a room of the repository; capitals stand for a name.
PATH = re.compile(r"`((?:" + "|".join(map(re.escape, ROOMS)) + r")/[A-Za-z0-9_./*-]*)[^`\n]*`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def exists(tree, path):
    path = path.rstrip("/.")
    if re.search(r"\b[A-Z]{3,}\b", re.sub(r"README|CMakeLists|ARCHITECTURE|LICENSE", "", path)):
        path = re.sub(r"\b[A-Z]{3,}\b", "*", path)
    if "*" in path:
        return any(fnmatch.fnmatch(p, path) or fnmatch.fnmatch(p, path + "/*") for p in tree.paths)
    return (tree.root / path).exists()


def doc_paths(tree):
    for path in tree.of((".md",)):
        for number, line in enumerate(tree.lines(path), 1):
            for named in PATH.findall(line):
                if not exists(tree, named):
                    yield Finding(path, number, "doc-paths", f"there is no {named}")
            for target in LINK.findall(line):
                beside = (tree.root / path).parent / target
                if "://" not in target and not target.startswith("mailto:") \
                        and not pathlib.Path(beside).exists():
                    yield Finding(path, number, "doc-paths", f"there is no {target}")


RULES = [doc_paths]
