"""Rules on Parley source: length of forms, and that every export of the library is documented."""
import re

from tree import PARLEY, Finding

FORM_LINES_MAX = 60

# One token at a time, as far as finding the ends of forms needs it.
TOKEN = re.compile(
    r'(?P<comment>%[^\n]*)|(?P<text3>""".*?""")|(?P<string>"(?:\\.|[^"\\])*")'
    r"|(?P<quoted>'(?:\\.|[^'\\])*')|(?P<char>\$(?:\\(?:\^.|x\{[0-9a-fA-F]+\}|.)|.))"
    r"|(?P<end>\.(?=\s|%|$))|(?P<name>[a-z_@][\w@]*)|(?P<var>[A-Z]\w*)|(?P<number>\d[\w#.]*\d|\d)"
    r"|(?P<space>\s+)|(?P<other><<|>>|.)", re.S)


class Form:
    """One form: its line numbers and its tokens without comments and blanks."""

    def __init__(self, first, last, tokens):
        self.first, self.last, self.tokens = first, last, tokens

    def attribute(self):
        """The attribute's name, or None if the form is no attribute."""
        return self.tokens[1] if self.tokens[0] == "-" and len(self.tokens) > 1 else None

    def function(self):
        """(name, arity) of a function's form, or None."""
        if len(self.tokens) > 1 and self.tokens[1] == "(" and self.tokens[0] not in "-?":
            return self.tokens[0], arity(self.tokens, 1)
        return None


def arity(tokens, at):
    """The number of arguments of the parenthesis that opens at tokens[at]."""
    depth, commas = 0, 0
    for index in range(at, len(tokens)):
        token = tokens[index]
        if token in ("(", "[", "{", "<<"):
            depth += 1
        elif token in (")", "]", "}", ">>"):
            depth -= 1
            if depth == 0:
                return 0 if index == at + 1 else commas + 1
        elif token == "," and depth == 1:
            commas += 1
    return commas + 1


def forms(text):
    line, first, last, tokens = 1, 0, 0, []
    for match in TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        if kind not in ("comment", "space"):
            if not tokens:
                first = line
            if kind == "end":
                if tokens:
                    yield Form(first, line, tokens)
                tokens = []
            else:
                tokens.append(token)
                last = line
        line += token.count("\n")
    if tokens:
        yield Form(first, last, tokens)


def form_length(tree):
    for path in tree.of(PARLEY):
        for form in forms(tree.read(path)):
            count = form.last - form.first + 1
            if count > FORM_LINES_MAX and form.function():
                yield Finding(path, form.first, "form-length",
                              f"{form.tokens[0]} has {count} lines, {FORM_LINES_MAX} allowed")


def exported(all_forms):
    names = set()
    for form in all_forms:
        if form.attribute() == "export":
            for name, number in re.findall(r"([a-z]\S*|'[^']*') / (\d+)", " ".join(form.tokens)):
                names.add((name, int(number)))
    return names


def spec_of(form):
    """(name, arity) of a -spec form, with or without parentheses and module."""
    tokens = form.tokens[2:]
    if tokens[0] == "(" and len(tokens) > 2 and tokens[2] in ("(", ":"):
        tokens = tokens[1:]
    if tokens[1] == ":":
        tokens = tokens[2:]
    return tokens[0], arity(tokens, 1)


def library_docs(tree):
    for path in tree.of((".par", ".erl"), ("stdlib/",)):
        all_forms = list(forms(tree.read(path)))
        if not any(form.attribute() == "moduledoc" for form in all_forms):
            yield Finding(path, 1, "library-docs", "no -moduledoc")
        specs, documented, lines = set(), set(), {}
        doc_pending = False
        for form in all_forms:
            if form.attribute() == "spec":
                specs.add(spec_of(form))
            elif form.attribute() == "doc":
                doc_pending = True
            elif (name := form.function()) and name not in lines:
                lines[name] = form.first
                if doc_pending:
                    documented.add(name)
                doc_pending = False
        for name in sorted(exported(all_forms)):
            what = f"{name[0]}/{name[1]}"
            if name not in lines:
                yield Finding(path, 1, "library-docs", f"{what} is exported and not defined")
                continue
            if name not in specs:
                yield Finding(path, lines[name], "library-docs", f"{what} has no -spec")
            if name not in documented:
                yield Finding(path, lines[name], "library-docs", f"{what} has no -doc")


RULES = [form_length, library_docs]
