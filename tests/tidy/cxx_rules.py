"""Rules on C++: length of functions, shape of includes, layers, headers that nobody includes."""
import pathlib
import re

from text_rules import SHRINK_SHARE
from tree import CXX, TABLE, Finding

FUNCTION_LINES_MAX = 70
ROOMS = ("vm/", "compiler/", "cli/")


def blank(text):
    """The text with comments, strings and character constants turned into blanks, and the
    preprocessor's lines too; line breaks stay."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|(?<!\w)R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-zA-Z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'", re.S)
    def wipe(match):
        return "".join(c if c == "\n" else " " for c in match[0])
    text = token.sub(wipe, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", wipe, text, flags=re.M)


NOT_A_FUNCTION = re.compile(
    r"^\s*(?:(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum)\b"
    r"|extern\s*$|extern\s+\"C\"|export\b)", re.S)

ENDS_AS_FUNCTION = re.compile(r"\)\s*(const|noexcept|override|final|->.*)*\s*$", re.S)


def opens_function(head):
    """Whether a `{` after `head` (the text since the last ; { or }) starts a function's body."""
    if NOT_A_FUNCTION.match(head) and not ENDS_AS_FUNCTION.search(head):
        return False
    without_access = re.sub(r"^\s*(public|private|protected)\s*:", "", head)
    if re.search(r"(^|[^=!<>])=\s*$", without_access):
        return False  # an initialiser
    return "(" in without_access and ")" in without_access


def function_name(head):
    match = re.search(r"([~\w:]+|operator\S+)\s*\(", head)
    return match[1] if match else "?"


def functions(text):
    """(name, first line, last line) of every function of a C++ file, lambdas within them not
    apart. Lines are where the declaration starts and where its body ends."""
    text = blank(text)
    head_start, line, found = 0, 1, []
    depth, body_depth = 0, None  # body_depth: depth outside the function that we are in
    parens = 0
    name, first_line = "", 0
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in "([":
            parens += 1
        elif char in ")]":
            parens = max(0, parens - 1)
        elif char == "{":
            head = text[head_start:at]
            if body_depth is None and parens == 0 and opens_function(head):
                body_depth = depth
                name = function_name(head)
                first_line = line - head.lstrip().count("\n")
            depth += 1
            if parens == 0:
                head_start = at + 1
        elif char == "}":
            depth = max(0, depth - 1)
            if parens == 0:
                head_start = at + 1
            if body_depth is not None and depth == body_depth:
                found.append((name, first_line, line))
                body_depth = None
        elif char == ";" and parens == 0:
            head_start = at + 1
    return found


def function_length(tree):
    for path in tree.of((".h", ".cpp")):
        for name, first, last in functions(tree.read(path)):
            count = last - first + 1
            limit = tree.exception("function_lines", path, name)
            if count > (limit or FUNCTION_LINES_MAX):
                yield Finding(path, first, "function-length",
                              f"{name} has {count} lines, {limit or FUNCTION_LINES_MAX} allowed")
            elif limit and count < limit * SHRINK_SHARE:
                yield Finding(path, first, "function-length",
                              f"the exception says {limit} lines, {name} has {count}: lower it")


def layer_table(tree):
    """{layer: (folder, all layers it may include)} from the parley_layer() lines of CMake."""
    direct = {}
    for path in tree.of("CMakeLists.txt"):
        for call in re.findall(r"parley_layer\(([^)]*)\)", tree.read(path)):
            words = call.split()
            may, key = [], ""
            for word in words[2:]:
                if word.isupper() and not word.startswith("$"):
                    key = word
                elif key == "MAY_INCLUDE":
                    may.append(word)
            direct[words[0]] = (words[1], may)
    def reach(layer, seen):
        for other in direct[layer][1]:
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    return {layer: (folder, reach(layer, set())) for layer, (folder, _) in direct.items()}


def layer_of(path, table):
    """The layer whose folder holds the path; the deepest one where folders nest."""
    holders = [(len(folder), layer) for layer, (folder, _) in table.items()
               if path.startswith(folder + "/")]
    return max(holders)[1] if holders else None


def allowed_layers(path, table):
    """The layers a file may include, or None if any: unit tests of a layer are as the layer."""
    unit = re.match(r"tests/unit/(\w+)/", path)
    layer = layer_of(path, table) or (unit[1] if unit and unit[1] in table else None)
    return (layer, table[layer][1] | {layer}) if layer else (None, None)


def includes(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        if match := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
            yield number, match[1]


def include_rules(tree):
    table = layer_table(tree)
    for path in tree.of(CXX + TABLE):
        layer, allowed = allowed_layers(path, table)
        for number, target in includes(tree, path):
            if not target.startswith(ROOMS + ("tests/", "stdlib/")):
                yield Finding(path, number, "include-path",
                              f'"{target}" is not written from the repository root')
                continue
            other = layer_of(target, table)
            if allowed is not None and other and other not in allowed:
                yield Finding(path, number, "layers", f"{layer} may not include {other} ({target})")
            generated = pathlib.PurePath(target).with_suffix(".y")
            if not (tree.root / target).exists() and str(generated) not in tree.paths \
                    and not made_by_cmake(tree, target):
                yield Finding(path, number, "include-path", f'there is no "{target}"')


def made_by_cmake(tree, target):
    """Whether some CMake file names the generated header."""
    name = pathlib.PurePath(target).name
    return any(name in tree.read(path) for path in tree.of((".cmake", "CMakeLists.txt")))


def pragma_once(tree):
    for path in tree.of((".h",)):
        if not re.search(r"^#pragma once$", tree.read(path), re.M):
            yield Finding(path, 1, "pragma-once", "the header lacks #pragma once")


def dead_headers(tree):
    used = {target for path in tree.of(CXX + TABLE) for _, target in includes(tree, path)}
    for path in tree.of((".h", ".def"), ROOMS):
        if path not in used:
            yield Finding(path, 1, "dead-file", "no file includes this header")


RULES = [function_length, include_rules, pragma_once, dead_headers]
