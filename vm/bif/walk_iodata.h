// The body of `walk_iodata`, see vm/bif/support.h.
#pragma once

#include "vm/base/work_list.h"
#include "vm/term/bits.h"
#include "vm/term/term.h"

namespace parley {

bool walk_iodata(Term iodata, bool allow_bits, auto byte, auto bits) {
  WorkList<Word> tails;  // what follows a list that was entered
  Term t = iodata;
  for (;;) {
    if (t.is_cons()) {
      const Term head = t.head();
      if (head.is_small()) {
        if (head.raw > Word{255} << 2) return false;
        byte(static_cast<std::uint8_t>(head.small_value()));
        t = t.tail();
        continue;
      }
      if (!t.tail().is_nil()) tails.push(t.tail().raw);
      t = head;
      if (!t.is_list() && !t.is_bits()) return false;
      continue;
    }
    if (t.is_bits()) {
      if (!allow_bits && (bits_size(t) & 7) != 0) return false;
      bits(bits_view(t));
    } else if (!t.is_nil()) {
      return false;
    }
    if (tails.empty()) return true;
    t = Term(tails.pop());
  }
}

}  // namespace parley
