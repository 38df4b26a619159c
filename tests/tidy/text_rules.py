"""Rules on any text: length of lines and files, opening comments, words, names of files."""
import pathlib
import re

from tree import CMAKE, CXX, PARLEY, PYTHON, TABLE, TEXT, Finding

COLUMNS_MAX = 100
FILE_LINES_MAX = 600
# An exception is lowered once the file has shrunk to this share of it.
SHRINK_SHARE = 0.95

# Words that mean that work is left, in two halves so that this file does not hold them.
UNFINISHED = re.compile(
    r"\b((?i:TO" r"DO|FIX" r"ME)|XX" r"X|HA" r"CK|T" r"BD|W" r"IP)\b|"
    r"\b(?i:not (yet )?imple" r"mented|unimple" r"mented|place" r"holder|for n" r"ow\b|"
    r"coming so" r"on|lorem ip" r"sum)")
# What speaks of the place where the files were written instead of the project.
FOREIGN = re.compile(r"/ro" r"ot/|/ho" r"me/\w|/wo" r"rk/\w|iss" r"ue #?\d+\b")

# A line may be longer where a line is one row of a table, or one line of a program's output.
LONG_LINE_ALLOWED = re.compile(r"^%% expect:|^\s*(#|//|%%?|\*)?\s*\S*https?://\S+$")


def line_length(tree):
    endings = CXX + PARLEY + PYTHON + CMAKE + (".js", ".mjs", ".css", ".sh")
    for path in tree.of(endings) + tree.scripts():
        columns_max = tree.exception("line_columns", path) or COLUMNS_MAX
        for number, line in enumerate(tree.lines(path), 1):
            if len(line) > columns_max and not LONG_LINE_ALLOWED.match(line):
                yield Finding(path, number, "line-length", f"{len(line)} columns")
            if line != line.rstrip() or "\t" in line:
                yield Finding(path, number, "white-space", "a tab, or blanks at the end")


def file_length(tree):
    for path in tree.of(CXX + PARLEY + PYTHON + CMAKE) + tree.scripts():
        count = len(tree.lines(path)) - 1
        limit = tree.exception("file_lines", path)
        allowed = limit or FILE_LINES_MAX
        if count > allowed:
            yield Finding(path, 1, "file-length", f"{count} lines, {allowed} allowed")
        elif limit and count < limit * SHRINK_SHARE:
            yield Finding(path, 1, "file-length",
                          f"the exception says {limit} lines and the file has {count}: lower it")


OPENERS = {**dict.fromkeys(CXX + TABLE, ("//", "/*", "%{ //", "%require")),
           **dict.fromkeys(PARLEY, ("%",)), ".cmake": ("#",)}


def opening_comment(tree):
    """The first line says what the file is (after #!, and Parley's -moduledoc counts too)."""
    for path in tree.of(CXX + TABLE + PARLEY + CMAKE + PYTHON) + tree.scripts():
        lines = [line for line in tree.lines(path)[:4] if not line.startswith(("#!", "%%!"))]
        first = lines[0] if lines else ""
        ending = pathlib.PurePath(path).suffix
        if tree.is_python(path):
            good = first.startswith(('"""', "#"))
        elif path.endswith(PARLEY):
            good = first.startswith("%") or "-moduledoc" in "\n".join(tree.lines(path)[:12])
        else:
            good = first.startswith(OPENERS.get(ending, ("#", "%%")))
        if not good:
            yield Finding(path, 1, "opening-comment", "the file does not open with what it is")


def unfinished_words(tree):
    for path in tree.of(TEXT) + tree.scripts():
        if path.startswith("tests/golden/"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            if match := UNFINISHED.search(line):
                yield Finding(path, number, "unfinished", f"'{match[0]}'")
            if match := FOREIGN.search(line):
                yield Finding(path, number, "foreign", f"'{match[0]}'")


def file_names(tree):
    allowed = re.compile(r"[a-z0-9_.-]+|CMake(Lists|Presets)\.(txt|json)|[A-Z]+(\.md)?"
                         r"|\d{4}-[a-z0-9-]+\.md")
    for path in tree.paths:
        for part in pathlib.PurePath(path).parts:
            if not allowed.fullmatch(part):
                yield Finding(path, 1, "file-name", f"'{part}' is not lower case with _ between")
        if path.endswith(CXX + TABLE + PYTHON) and "-" in pathlib.PurePath(path).name:
            yield Finding(path, 1, "file-name", "words of a file's name are joined by _")


RULES = [line_length, file_length, opening_comment, unfinished_words, file_names]
