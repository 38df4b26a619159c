// Atoms as text and back.
#include "vm/bif/support.h"

namespace parley {

namespace {

constexpr std::size_t kAtomCharactersMax = 255;

enum class Encoding : std::uint8_t { kLatin1, kUtf8 };
enum class Making : std::uint8_t { kAny, kExisting };

std::optional<Encoding> to_encoding(const BifCall& call, Term t) {
  const std::string_view name = t.is_atom() ? call.atoms.text(t) : "";
  if (name == "latin1") return Encoding::kLatin1;
  if (name == "utf8" || name == "unicode") return Encoding::kUtf8;
  return std::nullopt;
}

// `text` is UTF-8 of `characters` code points.
Term to_atom(BifCall& call, std::string_view text, std::size_t characters, Making making) {
  if (characters > kAtomCharactersMax) {
    return making == Making::kExisting ? call.badarg() : call.fail(kAtom_system_limit);
  }
  const auto atom =
      making == Making::kExisting ? call.atoms.find(text) : call.atoms.intern(text);
  if (atom) return *atom;
  return making == Making::kExisting ? call.badarg() : call.fail(kAtom_system_limit);
}

Term list_to_atom(BifCall& call, Term list, Making making) {
  std::string text;
  const auto length = proper_length(list);
  if (!length || !append_characters(text, list)) return call.badarg();
  return to_atom(call, text, *length, making);
}

Term binary_to_atom(BifCall& call, Term binary, Encoding encoding, Making making) {
  if (!is_binary(binary)) return call.badarg();
  const BitsView view = bits_view(binary);
  std::string text;
  std::size_t characters = 0;
  for (std::uint64_t at = 0; at < view.size_bits; ++characters) {
    CodePoint c{byte_at(view, at), 8};
    if (encoding == Encoding::kUtf8) {
      const auto read = read_utf8(view, at);
      if (!read) return call.badarg();
      c = *read;
    }
    std::uint8_t bytes[4];
    text.append(reinterpret_cast<const char*>(bytes), write_utf8(c.value, bytes));
    at += c.size_bits;
  }
  return to_atom(call, text, characters, making);
}

Term binary_to_atom(BifCall& call, const Term* a, Making making) {
  const auto encoding = to_encoding(call, a[1]);
  return encoding ? binary_to_atom(call, a[0], *encoding, making) : call.badarg();
}

// The code points of an atom's text.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  const BitsView view{reinterpret_cast<const std::uint8_t*>(text.data()), 0, text.size() * 8};
  for (std::uint64_t at = 0; at < view.size_bits;) {
    const auto c = read_utf8(view, at);
    PARLEY_ASSERT(c.has_value(), "atoms are UTF-8");
    visit(c->value);
    at += c->size_bits;
  }
}

}  // namespace

Term bif_list_to_atom(BifCall& call, const Term* a) {
  return list_to_atom(call, a[0], Making::kAny);
}
Term bif_list_to_existing_atom(BifCall& call, const Term* a) {
  return list_to_atom(call, a[0], Making::kExisting);
}
Term bif_binary_to_atom_1(BifCall& call, const Term* a) {
  return binary_to_atom(call, a[0], Encoding::kUtf8, Making::kAny);
}
Term bif_binary_to_atom_2(BifCall& call, const Term* a) {
  return binary_to_atom(call, a, Making::kAny);
}
Term bif_binary_to_existing_atom_1(BifCall& call, const Term* a) {
  return binary_to_atom(call, a[0], Encoding::kUtf8, Making::kExisting);
}
Term bif_binary_to_existing_atom_2(BifCall& call, const Term* a) {
  return binary_to_atom(call, a, Making::kExisting);
}

Term bif_atom_to_list(BifCall& call, const Term* a) {
  if (!a[0].is_atom()) return call.badarg();
  ListBuilder list(call.heap);
  each_character(call.atoms.text(a[0]), [&](std::uint32_t c) { list.append(Term::small(c)); });
  return list.finish();
}

Term bif_atom_to_binary_1(BifCall& call, const Term* a) {
  if (!a[0].is_atom()) return call.badarg();
  return make_binary(call.heap, call.atoms.text(a[0]));
}
Term bif_atom_to_binary_2(BifCall& call, const Term* a) {
  const auto encoding = to_encoding(call, a[1]);
  if (!encoding || !a[0].is_atom()) return call.badarg();
  if (*encoding == Encoding::kUtf8) return bif_atom_to_binary_1(call, a);
  std::string latin1;
  bool fits = true;
  each_character(call.atoms.text(a[0]), [&](std::uint32_t c) {
    fits = fits && c < 256;
    latin1.push_back(static_cast<char>(c));
  });
  return fits ? make_binary(call.heap, latin1) : call.badarg();
}

}  // namespace parley
