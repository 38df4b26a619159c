// The atom table: numbers are stable, texts ordered, the limit holds, threads agree.
#include "vm/term/atoms.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace parley;

TEST_CASE("static atoms have their compile-time numbers, others follow") {
  AtomTable atoms;
  CHECK(atoms.find("ok") == kAtom_ok);
  CHECK(atoms.intern("true") == kAtom_true_);
  CHECK(atoms.text(kAtom_false_) == "false");
  CHECK(atoms.text(kAtom_empty).empty());
  CHECK(!atoms.find("never seen").has_value());
  const Term fresh = *atoms.intern("never seen");
  CHECK(fresh.atom_index() == detail::kStaticAtomCount);
  CHECK(atoms.intern("never seen") == fresh);
  CHECK(atoms.find("never seen") == fresh);
}

TEST_CASE("atoms are ordered by the code points of their texts") {
  AtomTable atoms;
  const std::vector<std::string> texts = {
      "", std::string("a\0", 2), "aa", "abcdefgh", "abcdefgha", "abcdefghb", "b", "\u00e9",
      "\u65e5", "\U0001F600"};
  std::vector<Term> terms;
  for (auto t = texts.rbegin(); t != texts.rend(); ++t) terms.push_back(*atoms.intern(*t));
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (std::size_t j = 0; j < terms.size(); ++j) {
      const int expected = i == j ? 0 : i > j ? -1 : 1;
      CHECK(atoms.compare(terms[i], terms[j]) == expected);
    }
  }
}

TEST_CASE("at the limit no atom is made, and nothing else happens") {
  AtomTable atoms(detail::kStaticAtomCount + 2);
  CHECK(atoms.intern("one").has_value());
  CHECK(atoms.intern("two").has_value());
  CHECK(!atoms.intern("three").has_value());
  CHECK(!atoms.find("three").has_value());
  CHECK(atoms.intern("one").has_value());
  CHECK(atoms.count() == detail::kStaticAtomCount + 2);
}

TEST_CASE("at the limit of programs the node has room of its own, and that has an end too") {
  AtomTable atoms(detail::kStaticAtomCount + 1);
  CHECK(atoms.intern("one").has_value());
  const Term own = *atoms.intern("own", AtomUse::kNode);
  CHECK(atoms.text(own) == "own");
  CHECK(atoms.intern("own") == own);
  CHECK(!atoms.intern("two").has_value());
  std::uint32_t made = 1;
  while (atoms.intern("own " + std::to_string(made), AtomUse::kNode)) ++made;
  CHECK(made == AtomTable::kNodeReserve);
  CHECK(!atoms.find("own " + std::to_string(made)).has_value());
}

TEST_CASE("a table with a limit below the static atoms holds them, and nothing of a program's") {
  AtomTable atoms(1);
  CHECK(atoms.find("ok") == kAtom_ok);
  CHECK(!atoms.intern("never seen").has_value());
}

TEST_CASE("threads that make the same atoms get the same numbers") {
  constexpr int kThreads = 4, kAtoms = 5000;
  AtomTable atoms;
  std::vector<std::vector<Term>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kAtoms; ++i) {
        const Term a = *atoms.intern("atom_" + std::to_string((i * (t + 1)) % kAtoms));
        seen[static_cast<std::size_t>(t)].push_back(a);
        if (atoms.find(atoms.text(a)) != a) seen[static_cast<std::size_t>(t)].clear();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const auto& s : seen) CHECK(s.size() == kAtoms);
  CHECK(atoms.count() <= detail::kStaticAtomCount + kAtoms);
  for (std::size_t t = 0; t < seen.size(); ++t) {
    for (std::size_t i = 0; i < seen[t].size(); ++i) {
      const auto text = "atom_" + std::to_string((i * (t + 1)) % kAtoms);
      REQUIRE(atoms.text(seen[t][i]) == text);
    }
  }
}
