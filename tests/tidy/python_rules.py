"""Rules on Python: length of functions."""
import ast

from tree import PYTHON, Finding

FUNCTION_LINES_MAX = 70


def python_functions(tree):
    paths = tree.of(PYTHON) + [p for p in tree.scripts() if tree.is_python(p)]
    for path in paths:
        try:
            module = ast.parse(tree.read(path))
        except SyntaxError as error:
            yield Finding(path, error.lineno or 1, "python-syntax", str(error.msg))
            continue
        for node in ast.walk(module):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                count = node.end_lineno - node.lineno + 1
                if count > FUNCTION_LINES_MAX:
                    yield Finding(path, node.lineno, "function-length",
                                  f"{node.name} has {count} lines, {FUNCTION_LINES_MAX} allowed")


RULES = [python_functions]
