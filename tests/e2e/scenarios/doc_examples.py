"""The examples in the documentation of the chat modules, evaluated in a running node."""
import re

from chat_node import APP, Node

DOC = re.compile(r'^-(?:module)?doc\s*"((?:[^"\\]|\\.)*)"\s*\.', re.M | re.S)
EXAMPLE = re.compile(r"^\d+> (.*)\.\n(.*)$", re.M)
LEAST = 30


def examples():
    """(module file, expression, value) of every example."""
    for path in sorted(APP.glob("*.par")):
        for doc in DOC.findall(path.read_text(encoding="utf-8")):
            text = doc.replace('\\"', '"').replace("\\\\", "\\")
            for expression, value in EXAMPLE.findall(text):
                yield path.name, expression, value


def main():
    found = list(examples())
    assert len(found) >= LEAST, f"only {len(found)} examples were found"
    with Node() as node:
        wrong = [f"{name}: {expression} is {got}, not {value}"
                 for name, expression, value in found
                 if (got := node.rpc(expression)) != value]
    assert not wrong, "\n".join(wrong)
    print(f"{len(found)} examples")
