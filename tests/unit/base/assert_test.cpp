// An assertion that holds does nothing; one that fails says where, what and why, and aborts, in
// every build.
#include "vm/base/assert.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace {

struct Outcome {
  int wait_status;
  std::string error_text;
};

// Runs `body` in a child process and collects what it wrote to standard error.
Outcome run_in_child(void (*body)()) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL);  // not the test framework's handler
    body();
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  Outcome outcome{0, ""};
  char buffer[256];
  for (ssize_t n = 0; (n = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
    outcome.error_text.append(buffer, static_cast<size_t>(n));
  }
  ::close(pipe_ends[0]);
  ::waitpid(child, &outcome.wait_status, 0);
  return outcome;
}

constexpr int kFailingLine = __LINE__ + 1;
void fail_an_assertion() { PARLEY_ASSERT(1 + 1 == 3, "arithmetic holds"); }

void reach_the_unreachable() { PARLEY_UNREACHABLE("the case was excluded above"); }

}  // namespace

TEST_CASE("an assertion that holds does nothing and evaluates its condition once") {
  int evaluated = 0;
  PARLEY_ASSERT(++evaluated == 1, "counts");
  CHECK(evaluated == 1);
}

TEST_CASE("an assertion that fails names file, line, condition and message, and aborts") {
  const Outcome outcome = run_in_child(fail_an_assertion);
  CHECK(WIFSIGNALED(outcome.wait_status));
  CHECK(WTERMSIG(outcome.wait_status) == SIGABRT);
  CHECK(outcome.error_text == "tests/unit/base/assert_test.cpp:" + std::to_string(kFailingLine) +
                                  ": assertion failed: 1 + 1 == 3: arithmetic holds\n");
}

TEST_CASE("unreachable code that is reached aborts") {
  const Outcome outcome = run_in_child(reach_the_unreachable);
  CHECK(WIFSIGNALED(outcome.wait_status));
  CHECK(outcome.error_text.find("the case was excluded above") != std::string::npos);
}

TEST_CASE("a debug assertion is evaluated in development builds only") {
  int evaluated = 0;
  PARLEY_DEBUG_ASSERT(++evaluated == 1, "counts");
#ifdef PARLEY_DEV
  CHECK(evaluated == 1);
#else
  CHECK(evaluated == 0);
#endif
}
