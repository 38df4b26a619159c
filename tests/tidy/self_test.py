"""Shows that each rule can fail: a small clean tree has no findings, and each planted violation
is found by the rule that is meant for it, at the file it was planted in."""
import pathlib
import tempfile

CLEAN = {
    "vm/CMakeLists.txt": "# Layers.\nparley_layer(base vm/base)\n"
                         "parley_layer(term vm/term MAY_INCLUDE base LIBRARIES gmp)\n"
                         "parley_layer(heap vm/heap MAY_INCLUDE term)\n",
    "vm/base/assert.h": "// Assertions.\n#pragma once\nvoid fail(int line);\n",
    "vm/term/term.h": '// Terms.\n#pragma once\n#include "vm/base/assert.h"\n',
    "vm/heap/heap.h": '// Heaps.\n#pragma once\n#include "vm/term/term.h"\n'
                      '#include "vm/base/assert.h"\n',
    "vm/heap/heap.cpp": '// Heaps.\n#include "vm/heap/heap.h"\nint size() { return 1; }\n'
                        "namespace parley {\n// { unmatched ( in a comment\n"
                        'const char* text() { return "{("; }\n}  // namespace parley\n',
    "stdlib/core/sums.par": '-module(sums).\n-moduledoc "Sums.".\n-export([total/1]).\n'
                            "-spec total([integer()]) -> integer().\n"
                            '-doc "The sum. An end of form in a text. No form ends here.".\n'
                            "total(<<_, L/binary>>) -> [$. | lists:reverse(L)].\n",
    "docs/map.md": "# Map\nTerms: `vm/term/term.h`. Layers: `vm/NAME/`. See [map](map.md).\n",
    "scripts/tool": "#!/usr/bin/env python3\n\"\"\"A tool.\"\"\"\n",
}
BODY = "".join(f"  step({n});\n" for n in range(70))
FORM = ",\n".join(f"    step({n})" for n in range(60))
SPEC = "-spec total([integer()]) -> integer().\n"

# (rule, file, its text): the file replaces the clean tree's or comes beside its files.
VIOLATIONS = [
    ("line-length", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + "// " + "x" * 98 + "\n"),
    ("white-space", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + "// blank after this \n"),
    ("white-space", "scripts/tool", CLEAN["scripts/tool"] + "\tpass\n"),
    ("file-length", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + "// line\n" * 600),
    ("opening-comment", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"].split("\n", 1)[1]),
    ("opening-comment", "stdlib/core/sums.par",
     CLEAN["stdlib/core/sums.par"].replace("-moduledoc", "-other")),
    ("opening-comment", "scripts/tool", "#!/usr/bin/env python3\nx = 1\n"),
    ("unfinished", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + "// TO" "DO: grow\n"),
    ("unfinished", "docs/map.md", CLEAN["docs/map.md"] + "This is not imple" "mented.\n"),
    ("foreign", "docs/map.md", CLEAN["docs/map.md"] + "Look in /ro" "ot/x.\n"),
    ("file-name", "vm/heap/BigHeap.h", '// Big.\n#pragma once\n#include "vm/heap/heap.h"\n'),
    ("file-name", "vm/heap/big-heap.cpp", '// Big.\n#include "vm/heap/heap.h"\n'),
    ("function-length", "vm/heap/heap.cpp", CLEAN["vm/heap/heap.cpp"] +
     "namespace parley {\nstruct Heap {\n  void grow(int words) const {\n" + BODY + "  }\n};\n}\n"),
    ("function-length", "vm/heap/heap.cpp", CLEAN["vm/heap/heap.cpp"] +
     "template <class T>\nT Heap<T>::grow(T words) noexcept {\n" + BODY + "}\n"),
    ("function-length", "vm/heap/heap.cpp", CLEAN["vm/heap/heap.cpp"] +
     "Heap::Heap(int n) : n_(n), call_([] { return 1; }) {\n" + BODY + "}\n"),
    ("function-length", "scripts/tool", CLEAN["scripts/tool"] + "def f():\n" + "    f()\n" * 70),
    ("python-syntax", "scripts/tool", CLEAN["scripts/tool"] + "def f(:\n"),
    ("include-path", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + '#include "heap.h"\n'),
    ("include-path", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"] + '#include "vm/heap/gone.h"\n'),
    ("layers", "vm/base/assert.h", CLEAN["vm/base/assert.h"] + '#include "vm/heap/heap.h"\n'),
    ("layers", "tests/unit/term/term_test.cpp", '// Terms.\n#include "vm/heap/heap.h"\n'),
    ("pragma-once", "vm/heap/heap.h", CLEAN["vm/heap/heap.h"].replace("#pragma once", "")),
    ("dead-file", "vm/heap/lonely.h", "// Lonely.\n#pragma once\n"),
    ("form-length", "stdlib/core/sums.par",
     CLEAN["stdlib/core/sums.par"] + "go() ->\n" + FORM + ".\n"),
    ("library-docs", "stdlib/core/sums.par", CLEAN["stdlib/core/sums.par"].replace(SPEC, "")),
    ("library-docs", "stdlib/core/sums.par",
     CLEAN["stdlib/core/sums.par"].replace(SPEC, SPEC.replace("(", "(any(), ", 1))),
    ("library-docs", "stdlib/core/sums.par", CLEAN["stdlib/core/sums.par"].replace("-doc", "-d")),
    ("library-docs", "stdlib/core/sums.par",
     CLEAN["stdlib/core/sums.par"].replace("[total/1]", "[total/1, 'gone'/0]")),
    ("doc-paths", "docs/map.md", CLEAN["docs/map.md"] + "See `vm/term/gone.h`.\n"),
    ("doc-paths", "docs/map.md", CLEAN["docs/map.md"] + "See [it](gone.md).\n"),
    ("exceptions", "tests/tidy/exceptions.toml",
     '[[file_lines]]\npath = "vm/gone.h"\nlimit = 700\nreason = "a reason that is long enough"\n'),
    ("file-length", "tests/tidy/exceptions.toml",
     '[[file_lines]]\npath = "vm/heap/heap.h"\nlimit = 700\nreason = "a limit that is stale"\n'),
]


def plant(folder, files):
    for path, text in files.items():
        place = pathlib.Path(folder) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def findings_of(check, files):
    with tempfile.TemporaryDirectory(prefix="parley-tidy-") as folder:
        plant(folder, files)
        return check(folder)[1]


def run(check):
    """Exit status 0 if the clean tree is clean and every violation is found."""
    failures = [f"a clean tree has a finding: {x}" for x in findings_of(check, CLEAN)]
    for rule, path, text in VIOLATIONS:
        found = findings_of(check, {**CLEAN, path: text})
        if not any(finding.rule == rule for finding in found):
            failures.append(f"{rule} was planted in {path} and not found; found: "
                            + ("; ".join(map(str, found)) or "nothing"))
    for failure in failures:
        print(failure)
    print(f"{len(VIOLATIONS)} violations planted, {len(failures)} failures")
    return 1 if failures else 0
