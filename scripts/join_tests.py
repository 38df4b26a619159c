"""Joins the tests of several builds into one ctest directory, so that one run gives one summary.

usage: join_tests.py DIRECTORY PRESET...

Each test keeps its command and properties; its name gets the preset in front
(`dev:unit_base`). A preset without tests is an error.
"""
import json
import pathlib
import subprocess
import sys

# Properties whose JSON form is not what set_tests_properties() takes, or that ctest adds itself.
SKIPPED = {"_BACKTRACE_TRIPLES"}
# Names that one test uses to speak of another: they must stay apart between builds.
SCOPED = {"DEPENDS", "FIXTURES_SETUP", "FIXTURES_REQUIRED", "FIXTURES_CLEANUP"}


def quote(text):
    """A CMake bracket argument that holds the text as it is."""
    level = 0
    while "]" + "=" * level + "]" in text:
        level += 1
    return f"[{'=' * level}[{text}]{'=' * level}]"


def property_text(preset, name, value):
    if name in SCOPED:
        value = [f"{preset}:{item}" for item in value]
    if isinstance(value, list):
        parts = (v["regex"] if isinstance(v, dict) else str(v) for v in value)
        return ";".join(part.replace(";", "\\;") for part in parts)
    return str(value).upper() if isinstance(value, bool) else str(value)


def test_lines(preset, test):
    name = quote(f"{preset}:{test['name']}")
    if "command" not in test:
        sys.exit(f"join_tests: {preset}:{test['name']} has no command; was it built?")
    yield f"add_test({name} {' '.join(quote(word) for word in test['command'])})"
    for item in test.get("properties", []):
        if item["name"] in SKIPPED:
            continue
        value = property_text(preset, item["name"], item["value"])
        yield f"set_tests_properties({name} PROPERTIES {item['name']} {quote(value)})"


def main(directory, presets):
    lines = []
    for preset in presets:
        listing = subprocess.run(
            ["ctest", "--test-dir", f"build/{preset}", "--show-only=json-v1"],
            check=True, capture_output=True, text=True).stdout
        tests = json.loads(listing)["tests"]
        if not tests:
            sys.exit(f"join_tests: build/{preset} has no tests")
        for test in tests:
            lines.extend(test_lines(preset, test))
    folder = pathlib.Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
