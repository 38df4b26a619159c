// term_to_binary and binary_to_term.
#include <zlib.h>

#include "vm/bif/byte_chunks.h"
#include "vm/bif/decode_slices.h"
#include "vm/heap/decode_external.h"
#include "vm/term/external.h"

namespace parley {

namespace {

// As tag 80, the size and what zlib makes of the rest; unchanged if that is not shorter.
std::vector<std::uint8_t> compressed(std::vector<std::uint8_t> bytes, int level) {
  constexpr std::size_t kHead = 6;
  const std::size_t size = bytes.size() - 1;
  if (level == 0 || size > 0xFFFFFFFF) return bytes;
  std::vector<std::uint8_t> out(kHead + compressBound(size));
  out[0] = external::kVersion;
  out[1] = external::kCompressed;
  for (unsigned i = 0; i < 4; ++i) out[2 + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  uLongf out_size = out.size() - kHead;
  if (compress2(out.data() + kHead, &out_size, bytes.data() + 1, size, level) != Z_OK ||
      kHead + out_size >= bytes.size()) {
    return bytes;
  }
  out.resize(kHead + out_size);
  return out;
}

struct EncodeOptions {
  int level = 0;
};

// nullopt: bad options.
std::optional<EncodeOptions> encode_options(const BifCall& call, Term list) {
  constexpr int kDefaultLevel = 6;
  EncodeOptions options;
  for (; list.is_cons(); list = list.tail()) {
    const Term o = list.head();
    const bool pair = o.is_tuple() && o.arity() == 2 && o.element(0).is_atom();
    const std::string_view name = o.is_atom() ? call.atoms.text(o)
                                  : pair      ? call.atoms.text(o.element(0))
                                              : "";
    const auto value = pair ? to_size(o.element(1)) : std::nullopt;
    if (name == "compressed" && !pair) options.level = kDefaultLevel;
    else if (name == "compressed" && value && *value <= 9) options.level = static_cast<int>(*value);
    else if (name == "minor_version" && value && *value <= 2) continue;
    else if ((name == "deterministic" || name == "local") && !pair) continue;
    else return std::nullopt;
  }
  if (!list.is_nil()) return std::nullopt;
  return options;
}

// ---- encoding in slices ------------------------------------------------------------------------

enum class Product : Word { kBinary, kIovec, kSize };

// State while terms are encoded: kEncode, product, level, size; the tasks that were left by earlier
// slices, innermost first, and the chunks made so far. Then while these are joined: kJoin, product,
// level, bytes left; the binary and the chunks left.
enum class EncodePhase : Word { kEncode, kJoin };

Term finish(BifCall& call, Term binary, Product product, int level) {
  if (level != 0) {
    std::vector<std::uint8_t> copy;
    const auto bytes = binary_bytes(binary, copy);
    call.reductions -= static_cast<std::int64_t>(bytes.size() / 64);
    binary = make_binary(call.heap, compressed({bytes.begin(), bytes.end()}, level));
  }
  return product == Product::kIovec ? make_cons(call.heap, binary, Term::nil()) : binary;
}

Term join(BifCall& call, ChunkJoin chunks, Product product, int level) {
  if (chunks.run(call)) return finish(call, chunks.made(), product, level);
  return yield_with(call, make_trap(call.heap,
                                    {static_cast<Word>(EncodePhase::kJoin),
                                     static_cast<Word>(product), static_cast<Word>(level),
                                     chunks.left()},
                                    {chunks.made(), chunks.rest()}));
}

class EncodeRun {
 public:
  EncodeRun(BifCall& call, Product product, int level, ByteChunks chunks, Term tasks)
      : call_(call), product_(product), level_(level), chunks_(chunks), tasks_(tasks),
        encoder_(out_, call.atoms, chunks.size()) {}

  Term begin(Term term) {
    out_.push_back(external::kVersion);
    encoder_.begin(term);
    return go_on();
  }

  Term go_on() {
    constexpr std::size_t kStepBytes = 2048;
    while (has_more()) {
      const std::size_t before = out_.size();
      encoder_.run(kStepBytes);
      call_.reductions -= static_cast<std::int64_t>((out_.size() - before) / 64 + 1);
      if (has_more() && must_yield(call_)) return yield();
    }
    if (product_ == Product::kSize) {
      return Term::small(static_cast<std::int64_t>(chunks_.size() + out_.size()));
    }
    if (chunks_.size() == 0) return finish(call_, make_binary(call_.heap, out_), product_, level_);
    keep();
    return join(call_, ChunkJoin(call_.heap, chunks_), product_, level_);
  }

 private:
  // The tasks of earlier slices come back one by one.
  bool has_more() {
    if (encoder_.has_tasks()) return true;
    if (!tasks_.is_cons()) return false;
    const Term t = tasks_.head();
    tasks_ = tasks_.tail();
    encoder_.push({trap_term(t, 0), trap_raw(t, 1), trap_raw(t, 2),
                   static_cast<ExternalEncoder::Kind>(trap_raw(t))});
    return true;
  }

  void keep() {
    if (product_ == Product::kSize) {
      chunks_ = ByteChunks(Term::nil(), chunks_.size() + out_.size());
      return;
    }
    chunks_.add(call_.heap, out_);
    for (const auto& p : encoder_.patches()) chunks_.patch(p.place, p.value);
  }

  Term yield() {
    keep();
    std::vector<ExternalEncoder::Task> left;
    while (encoder_.has_tasks()) left.push_back(encoder_.pop());
    for (auto task = left.rbegin(); task != left.rend(); ++task) {
      const Term saved = make_trap(
          call_.heap, {static_cast<Word>(task->kind), task->at, task->left}, {task->object});
      tasks_ = make_cons(call_.heap, saved, tasks_);
    }
    return yield_with(call_, make_trap(call_.heap,
                                       {static_cast<Word>(EncodePhase::kEncode),
                                        static_cast<Word>(product_), static_cast<Word>(level_),
                                        chunks_.size()},
                                       {tasks_, chunks_.list()}));
  }

  BifCall& call_;
  Product product_;
  int level_;
  ByteChunks chunks_;
  Term tasks_;
  std::vector<std::uint8_t> out_;
  ExternalEncoder encoder_;
};

Term encode_on(BifCall& call, Term trap) {
  const auto product = static_cast<Product>(trap_raw(trap, 1));
  const int level = static_cast<int>(trap_raw(trap, 2));
  const Word size = trap_raw(trap, 3);
  if (static_cast<EncodePhase>(trap_raw(trap)) == EncodePhase::kJoin) {
    return join(call, ChunkJoin(trap_term(trap, 0), trap_term(trap, 1), size), product, level);
  }
  const ByteChunks chunks(trap_term(trap, 1), size);
  return EncodeRun(call, product, level, chunks, trap_term(trap, 0)).go_on();
}

Term encode(BifCall& call, Term term, Product product, int level = 0) {
  if (is_trap(term)) return encode_on(call, term);
  return EncodeRun(call, product, level, ByteChunks(), Term::nil()).begin(term);
}

// With the options, which a state has in it already.
Term encode_with(BifCall& call, const Term* a, Product product) {
  if (is_trap(a[0])) return encode_on(call, a[0]);
  const auto options = encode_options(call, a[1]);
  if (!options) return call.badarg();
  return encode(call, a[0], product, product == Product::kSize ? 0 : options->level);
}

// ---- decoding ----------------------------------------------------------------------------------

struct DecodeWishes {
  NewAtoms new_atoms = NewAtoms::kMake;
  bool used = false;  // {Term, Bytes} is wanted
};

Term failed(BifCall& call, DecodeError error) {
  const bool limit = error == DecodeError::kAtomLimit || error == DecodeError::kTooLarge;
  return limit ? call.fail(kAtom_system_limit) : call.badarg();
}

Term decoded(BifCall& call, const DecodeWishes& wishes, Term term, Word used) {
  if (!wishes.used) return term;
  return make_tuple(call.heap, {term, Term::small(static_cast<std::int64_t>(used))});
}

// The flags of a run: the wishes; and above them, how many bytes the term took, where that is not
// where the run ends.
Term run_decoder(BifCall& call, DecodeRun run) {
  const DecodeWishes wishes{(run.flags() & 1) != 0 ? NewAtoms::kRefuse : NewAtoms::kMake,
                            (run.flags() & 2) != 0};
  switch (run.run(wishes.new_atoms)) {
    case DecodeRun::Step::kYield: return yield_with(call, run.save());
    case DecodeRun::Step::kFailed:
      call.first_argument = run.kept();
      return failed(call, run.error());
    case DecodeRun::Step::kDone: break;
  }
  return decoded(call, wishes, run.term(), run.flags() >> 2 != 0 ? run.flags() >> 2 : run.at());
}

Term decode_in_slices(BifCall& call, Term binary, std::span<const std::uint8_t> bytes,
                      const DecodeWishes& wishes) {
  const Word flags = Word{wishes.new_atoms == NewAtoms::kRefuse} | Word{wishes.used} << 1;
  if (bytes[0] != external::kVersion) return call.badarg();
  if (bytes[1] == external::kCompressed) {
    const auto inflated = inflate_external(bytes);
    if (!inflated) return failed(call, inflated.error());
    call.reductions -= static_cast<std::int64_t>(inflated->bytes.size() / 1024);
    const Term whole = make_binary(call.heap, inflated->bytes);
    return run_decoder(call, {call, whole, 0, flags | inflated->used_bytes << 2, binary});
  }
  const Term whole = bits_view(binary).aligned() ? binary : make_binary(call.heap, bytes);
  return run_decoder(call, {call, whole, 1, flags, binary});
}

Term decode(BifCall& call, Term binary, const DecodeWishes& wishes) {
  constexpr std::size_t kAtOnceMax = std::size_t{1} << 15;  // bytes
  if (!is_binary(binary)) return call.badarg();
  std::vector<std::uint8_t> copy;
  const auto bytes = binary_bytes(binary, copy);
  if (bytes.size() > kAtOnceMax && call.x != nullptr) {
    return decode_in_slices(call, binary, bytes, wishes);
  }
  pay_bytes(call, 8 * bytes.size());
  const DecodeOptions options{
      .new_atoms = wishes.new_atoms, .funs = call.services.funs, .seed = call.hash_seed};
  const auto result = decode_external(call.heap, call.atoms, bytes, options);
  if (!result) return failed(call, result.error());
  return decoded(call, wishes, result->term, result->used_bytes);
}

}  // namespace

Term bif_term_to_binary_1(BifCall& call, const Term* a) {
  return encode(call, a[0], Product::kBinary);
}
Term bif_term_to_binary_2(BifCall& call, const Term* a) {
  return encode_with(call, a, Product::kBinary);
}
Term bif_term_to_iovec_1(BifCall& call, const Term* a) {
  return encode(call, a[0], Product::kIovec);
}
Term bif_term_to_iovec_2(BifCall& call, const Term* a) {
  return encode_with(call, a, Product::kIovec);
}
Term bif_external_size_1(BifCall& call, const Term* a) {
  return encode(call, a[0], Product::kSize);
}
Term bif_external_size_2(BifCall& call, const Term* a) {
  return encode_with(call, a, Product::kSize);
}

Term bif_binary_to_term_1(BifCall& call, const Term* a) {
  return is_trap(a[0]) ? run_decoder(call, DecodeRun(call, a[0])) : decode(call, a[0], {});
}
// Options: `safe` makes no atoms; `used` answers {Term, Bytes}.
Term bif_binary_to_term_2(BifCall& call, const Term* a) {
  if (is_trap(a[0])) return run_decoder(call, DecodeRun(call, a[0]));
  DecodeWishes wishes;
  Term options = a[1];
  for (; options.is_cons(); options = options.tail()) {
    const std::string_view name =
        options.head().is_atom() ? call.atoms.text(options.head()) : "";
    if (name == "safe") wishes.new_atoms = NewAtoms::kRefuse;
    else if (name == "used") wishes.used = true;
    else return call.badarg();
  }
  return options.is_nil() ? decode(call, a[0], wishes) : call.badarg();
}

}  // namespace parley
