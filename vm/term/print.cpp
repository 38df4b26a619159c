// Printing with an explicit stack of what is still to be written.
#include "vm/term/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/fun.h"
#include "vm/term/integer.h"
#include "vm/term/map_cursor.h"

namespace parley {

namespace {

bool is_lower_start(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}
bool is_name_character(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '@' || (c >= 0xC0 && c <= 0xFF && c != 0xD7 && c != 0xF7);
}

constexpr std::string_view kReservedWords[] = {
    "after", "and",  "andalso", "band", "begin", "bnot",    "bor", "bsl",  "bsr",
    "bxor",  "case", "catch",   "cond", "div",   "else",    "end", "fun",  "if",
    "let",   "maybe", "not",     "of",   "or",    "orelse",  "receive", "rem", "try",
    "when",  "xor",
};

// Calls visit(code point) for each of a valid UTF-8 text until it answers false.
template <class Visit>
bool each_code_point(std::string_view text, Visit visit) {
  const BitsView view{reinterpret_cast<const std::uint8_t*>(text.data()), 0, text.size() * 8};
  for (std::uint64_t at = 0; at < view.size_bits;) {
    const auto c = read_utf8(view, at);
    if (!c || !visit(c->value)) return false;
    at += c->size_bits;
  }
  return true;
}

bool needs_quotes(std::string_view text) {
  bool first = true;
  const bool plain = each_code_point(text, [&](std::uint32_t c) {
    const bool fits = first ? is_lower_start(c) : is_name_character(c);
    first = false;
    return fits;
  });
  if (!plain || text.empty()) return true;
  return std::find(std::begin(kReservedWords), std::end(kReservedWords), text) !=
         std::end(kReservedWords);
}

void append_utf8(std::string& out, std::uint32_t c) {
  std::uint8_t bytes[4];
  const unsigned count = write_utf8(c, bytes);
  out.append(reinterpret_cast<const char*>(bytes), count);
}

// One character between quotes.
void append_quoted_character(std::string& out, std::uint32_t c, char quote) {
  constexpr std::string_view kNamed = "\b\t\n\v\f\r\x1B\x7F";
  constexpr std::string_view kLetters = "btnvfred";
  if (c == static_cast<unsigned char>(quote) || c == '\\') {
    out.push_back('\\');
    out.push_back(static_cast<char>(c));
  } else if (const auto i = c < 0x80 ? kNamed.find(static_cast<char>(c)) : std::string_view::npos;
             i != std::string_view::npos) {
    out.push_back('\\');
    out.push_back(kLetters[i]);
  } else if (c < 0x20) {
    out.push_back('\\');
    for (int shift = 6; shift >= 0; shift -= 3) {
      out.push_back(static_cast<char>('0' + ((c >> shift) & 7)));
    }
  } else if (c >= 0x80 && c < 0xA0) {
    char hex[16];
    const auto end = std::to_chars(hex, hex + sizeof hex, c, 16).ptr;
    out.append("\\x{").append(hex, end).append("}");
  } else {
    append_utf8(out, c);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

bool is_printable_ascii(Term t) {
  if (!t.is_small()) return false;
  const std::int64_t c = t.small_value();
  return (c >= 0x20 && c < 0x7F) || (c >= '\b' && c <= '\r') || c == 0x1B;
}

}  // namespace

void append_atom(std::string& out, std::string_view text) {
  if (!needs_quotes(text)) {
    out.append(text);
    return;
  }
  out.push_back('\'');
  each_code_point(text, [&](std::uint32_t c) {
    append_quoted_character(out, c, '\'');
    return true;
  });
  out.push_back('\'');
}

void append_float(std::string& out, double value) {
  // Shortest digits and exponent, from scientific notation: d.ddde+xx.
  char text[40];
  const char* const end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  const char* const mark = std::find(static_cast<const char*>(text), end, 'e');
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  std::string digits(1, text[0]);
  if (mark - text > 2) digits.append(&text[2], static_cast<std::size_t>(mark - text) - 2);

  if (std::signbit(value)) out.push_back('-');
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the point
  const std::string exponent_text = std::to_string(exponent);
  const int scientific_cost = static_cast<int>(exponent_text.size()) + 1 + (count == 1 ? 2 : 1);
  constexpr double kTwo53 = 9007199254740992.0;
  const bool scientific = std::fabs(value) >= kTwo53 ||
                          (point < 0 && 2 - point > scientific_cost) ||
                          (point >= count && point - count + 2 > scientific_cost);
  if (scientific) {
    out.push_back(digits[0]);
    out.push_back('.');
    out.append(count == 1 ? "0" : digits.substr(1));
    out.push_back('e');
    out.append(exponent_text);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0').append(".0");
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    out.append(digits, static_cast<std::size_t>(point));
  }
}

namespace {

class Printer {
 public:
  Printer(std::string& out, const AtomTable& atoms, PrintStyle style, std::size_t limit)
      : out_(out), atoms_(atoms), display_(style == PrintStyle::kDisplay),
        end_(limit > SIZE_MAX - out.size() ? SIZE_MAX : out.size() + limit) {}

  void run(Term term) {
    write(term);
    while (!todo_.empty() && out_.size() <= end_) step();
    if (out_.size() <= end_) return;
    std::size_t at = end_;  // cut at a whole character
    while (at > 0 && (static_cast<unsigned char>(out_[at]) & 0xC0) == 0x80) --at;
    out_.resize(at);
    out_.append("...");
  }

 private:
  enum class Kind : std::uint8_t { kElements, kPairs, kRestOfList };
  struct Task {
    const Word* at;  // the next element, or of a map's pairs the next key or value
    Word left;       // how many; of a list the rest itself
    Kind kind;
    bool first;
    char close;
  };

  void step() {
    Task& task = todo_.top();
    if (task.kind == Kind::kRestOfList) return step_list(task);
    if (task.left == 0) {
      out_.push_back(task.close);
      if (task.kind == Kind::kPairs) pairs_.pop_back();
      todo_.pop();
      return;
    }
    const bool is_value = task.kind == Kind::kPairs && task.left % 2 != 0;
    if (!task.first) out_.append(!is_value ? "," : display_ ? "=>" : " => ");
    task.first = false;
    --task.left;
    write(Term(*task.at++));
  }

  void step_list(Task& task) {
    const Term rest(task.left);
    if (rest.is_nil()) {
      out_.push_back(']');
      todo_.pop();
      return;
    }
    if (!task.first) out_.push_back(rest.is_cons() ? ',' : '|');
    task.first = false;
    task.left = rest.is_cons() ? rest.tail().raw : kTagNil;
    write(rest.is_cons() ? rest.head() : rest);
  }

  void write(Term t) {
    if (t.is_small()) return append_integer(out_, t);
    if (t.is_cons()) return write_list(t);
    if (t.is_boxed()) return write_boxed(t);
    if (t.is_immediate_double()) return append_float(out_, t.immediate_double());
    if (t.is_atom()) return append_atom(out_, atoms_.text(t));
    if (t.is_nil()) {
      out_.append("[]");
    } else if (t.is_pid()) {
      write_numbered("<0.", t.pid_slot());
      write_numbered(".", t.pid_generation(), ">");
    } else if (t.is_socket()) {
      write_numbered("#Port<0.", t.socket_handle(), ">");
    } else {
      write_numbered("#Special<", t.special_value(), ">");
    }
  }

  void write_numbered(std::string_view before, std::uint64_t n, std::string_view after = "") {
    out_.append(before);
    append_number(out_, n);
    out_.append(after);
  }

  void write_list(Term t) {
    if (display_ && is_string(t)) {
      out_.push_back('"');
      for (; t.is_cons(); t = t.tail()) {
        append_quoted_character(out_, static_cast<std::uint32_t>(t.head().small_value()), '"');
      }
      out_.push_back('"');
      return;
    }
    out_.push_back('[');
    todo_.push({nullptr, t.raw, Kind::kRestOfList, true, ']'});  // nested lists nest here only
  }

  static bool is_string(Term t) {
    while (t.is_cons() && is_printable_ascii(t.head())) t = t.tail();
    return t.is_nil();
  }

  void write_bits(Term t) {
    const BitsView view = bits_view(t);
    bool printable = display_ && view.whole_bytes() && view.size_bits != 0;
    for (std::uint64_t at = 0; printable && at < view.size_bits; at += 8) {
      printable = is_printable_ascii(Term::small(byte_at(view, at)));
    }
    out_.append(printable ? "<<\"" : "<<");
    for (std::uint64_t at = 0; at < view.size_bits && out_.size() <= end_; at += 8) {
      const auto take = static_cast<unsigned>(std::min<std::uint64_t>(8, view.size_bits - at));
      const auto value = static_cast<std::uint32_t>(read_bits(view, at, take));
      if (printable) {
        append_quoted_character(out_, value, '"');
        continue;
      }
      if (at != 0) out_.push_back(',');
      append_number(out_, value);
      if (take < 8) write_numbered(":", take);
    }
    out_.append(printable ? "\">>" : ">>");
  }

  void write_map(Term t) {
    out_.append("#{");
    auto& words = pairs_.emplace_back();
    for (const MapPair& p : map_sorted_pairs(atoms_, t)) {
      words.push_back(p.key.raw);
      words.push_back(p.value.raw);
    }
    todo_.push({words.data(), words.size(), Kind::kPairs, true, '}'});
  }

  void write_fun(Term t) {
    if (t.is_box(Subtag::kFun)) {
      const FunEntry& entry = fun_entry(t);
      out_.append("#Fun<");
      append_atom(out_, atoms_.text(entry.module));
      write_numbered(".", entry.index);
      write_numbered(".", entry.unique & 0x7FFFFFF, ">");
      return;
    }
    const ExportCell& cell = export_cell(t);
    out_.append("fun ");
    append_atom(out_, atoms_.text(cell.module));
    out_.push_back(':');
    append_atom(out_, atoms_.text(cell.function));
    write_numbered("/", cell.arity);
  }

  void write_boxed(Term t) {
    const Word* box = t.box();
    if ((box[0] & kHeaderSecretBit) != 0) {
      out_.append("<secret>");
      return;
    }
    switch (header_subtag(box[0])) {
      case Subtag::kTuple:
        out_.push_back('{');
        return todo_.push({box + 1, t.arity(), Kind::kElements, true, '}'});
      case Subtag::kFloat: return append_float(out_, float_value(t));
      case Subtag::kBigPositive:
      case Subtag::kBigNegative: return append_integer(out_, t);
      case Subtag::kHeapBits:
      case Subtag::kBlobBits:
      case Subtag::kSliceBits: return write_bits(t);
      case Subtag::kFlatMap:
      case Subtag::kHashMap: return write_map(t);
      case Subtag::kFun:
      case Subtag::kExportFun: return write_fun(t);
      case Subtag::kRef:
      case Subtag::kAliasRef:
      case Subtag::kTimerRef:
        write_numbered("#Ref<0.", box[1] >> 32);
        return write_numbered(".", box[1] & 0xFFFFFFFF, ">");
      default: out_.append("#Internal<>");
    }
  }

  std::string& out_;
  const AtomTable& atoms_;
  bool display_;
  std::size_t end_;
  WorkList<Task> todo_;
  std::vector<std::vector<Word>> pairs_;  // of the maps being written, innermost last
};

}  // namespace

void print_term(std::string& out, Term term, const AtomTable& atoms, PrintStyle style,
                std::size_t limit_bytes) {
  Printer(out, atoms, style, limit_bytes).run(term);
}

std::string print_term(Term term, const AtomTable& atoms, PrintStyle style,
                       std::size_t limit_bytes) {
  std::string out;
  print_term(out, term, atoms, style, limit_bytes);
  return out;
}

}  // namespace parley
