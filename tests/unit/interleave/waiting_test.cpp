// Every interleaving of waiting, sending, claiming, timing out and closing, over the real mailbox
// and the real state word.
//
// What must hold once all threads have ended is written down once, in Model::check: a process that
// waits has nothing to look at and will be woken by the next push; one that is runnable is in a run
// queue, once; everything that was pushed was taken, once.
//
// Each scenario has a planted mistake beside it that the explorer must find: a check that cannot
// fail proves nothing.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>

#include "tests/unit/interleave/explorer.h"
#include "vm/process/process.h"

namespace parley::interleave {
namespace {

enum class Mistake {
  kNone,
  kFlagBeforeState,    // the mailbox is told before the state says WAITING
  kNoLookAfterState,   // waits without looking at the mailbox once more
  kWakeIgnoresClaim,   // a wake during a claim is dropped
  kReleaseForgetsMail, // the claim holder does not look again
  kTimerSetsBit,       // the timer leaves a mark that does not name the receive
  kPushAfterClose,     // a push that does not look for CLOSED
  kResumeForgetsMail,  // who resumes a process looks only at what came with the resumption
};

std::array<Fragment, 4>& same_fragments() {
  static std::array<Fragment, 4> fragments;
  return fragments;
}

// One process and its run queue. It begins runnable; whoever runs a slice takes it from there.
struct Model {
  using Bits = ModelAtomic<std::uint32_t>;
  explicit Model(Mistake planted) : mistake(planted) { fragments.fill(Fragment{}); }

  Mistake mistake;
  BasicMailbox<ModelDoubleWord> mailbox;
  Bits state{static_cast<std::uint32_t>(ProcessState::kRunnable) |
             (1u << state_bit::kPriorityShift)};
  Bits queued{1};
  Bits timeout{0};
  Bits stale_mark{0};
  // Owner's: no steps of their own, for the owner alone touches them.
  unsigned owners = 0, taken = 0, pushed = 0, refused = 0, freed = 0;
  bool timer_set = false, timed_out = false, ended = false;
  // Number 2 suspends and number 3 resumes, if told so; mail waits meanwhile, taken but unread.
  bool suspends = false;
  unsigned unread = 0;
  // At the same addresses in every run, for they stand in the mailbox head.
  std::array<Fragment, 4>& fragments = same_fragments();
  std::array<unsigned, 4> seen_times{};

  // ---- what the scheduler does -----------------------------------------------------------------
  void enqueue() {
    if (queued.fetch_add(1) != 0) Explorer::current()->fail("in a run queue twice");
  }
  void own() {
    if (owners++ != 0) Explorer::current()->fail("two owners at once");
  }
  void disown() { --owners; }
  void take_chain(Fragment* newest) {
    for (Fragment* f = reverse_fragments(newest); f != nullptr; f = f->next) {
      ++taken;
      const auto number = static_cast<std::size_t>(f - fragments.data());
      ++seen_times[number];
      if (!suspends) continue;
      if (number == 2) state.fetch_or(state_bit::kSuspended);
      else if (number == 3) state.fetch_and(~state_bit::kSuspended);
      else ++unread;
    }
  }
  bool is_suspended() { return (state.load() & state_bit::kSuspended) != 0; }
  // Takes everything; the process wants more mail, so it waits again.
  void slice() {
    std::uint32_t one = 1;
    if (!queued.compare_exchange_strong(one, 0, std::memory_order_seq_cst,
                                         std::memory_order_seq_cst)) {
      return;
    }
    state_word::become(state, ProcessState::kRunning);
    run_and_wait();
  }
  bool fired() {
    if (mistake == Mistake::kTimerSetsBit) return timer_set && stale_mark.load() != 0;
    return timer_set && timeout_word::has_fired(timeout);
  }
  void run_and_wait() {
    own();
    take_chain(mailbox.take_all());
    if (!suspends || !is_suspended()) {
      unread = 0;
      if (timer_set && fired()) timed_out = true, timer_set = false;
    }
    disown();
    if (!wait()) {
      state_word::become(state, ProcessState::kRunnable);
      enqueue();
    }
  }
  bool wait() {
    const bool has_timer = timer_set && !(suspends && is_suspended());
    const auto timed = [this, has_timer] { return has_timer && fired(); };
    switch (mistake) {
      case Mistake::kFlagBeforeState:
        if (timed() || !mailbox.begin_wait()) return false;
        state_word::become(state, ProcessState::kWaiting);
        return true;
      case Mistake::kNoLookAfterState:
        if (!mailbox.is_empty()) return false;
        state_word::become(state, ProcessState::kWaiting);
        return true;
      default: return state_word::enter_wait(state, mailbox, timed);
    }
  }
  void wake() {
    if (mistake == Mistake::kWakeIgnoresClaim) {
      if (state_word::of(state.load()) == ProcessState::kClaimed) return;
    }
    if (state_word::wake(state)) enqueue();
  }

  // ---- what senders do -------------------------------------------------------------------------
  PushResult push(unsigned number, MessageKind kind) {
    Fragment* f = &fragments[number];
    if (mistake == Mistake::kPushAfterClose && (mailbox.flags_and_count() >> 49 & 1) != 0) {
      mailbox.reset();  // what a push that overwrites the flags would do
    }
    const PushResult result = mailbox.push(f, kind);
    if (result == PushResult::kClosed) {
      ++refused;
      ++freed;
    } else {
      ++pushed;
    }
    return result;
  }
  void send(unsigned number) {
    if (push(number, MessageKind::kMessage) == PushResult::kPushedOwesWake) wake();
  }
  // As deliver() of vm/process/signal.cpp.
  void signal(unsigned number) {
    const PushResult result = push(number, MessageKind::kLink);
    if (result == PushResult::kClosed) return;
    if (state_word::try_claim(state)) {
      own();
      const unsigned before = taken;
      take_chain(mailbox.take_all());
      // What it took was handled if it was this signal alone; a message makes the process run.
      bool must_run = taken - before > 1 || (taken - before == 1 && seen_times[number] == 0);
      if (suspends && mistake != Mistake::kResumeForgetsMail) {
        must_run = !is_suspended() && (unread > 0 || (timer_set && fired()));
      }
      disown();
      const bool runnable = mistake == Mistake::kReleaseForgetsMail
                                ? state_word::release_claim(state, must_run)
                                : state_word::leave_claim(state, mailbox, must_run);
      if (runnable) enqueue();
      return;
    }
    if (result == PushResult::kPushedOwesWake) wake();
  }
  void fire(std::uint32_t receive) {
    if (mistake == Mistake::kTimerSetsBit) {
      if (timeout.load() != receive) return;
      stale_mark.fetch_add(1);
      wake();
    } else if (timeout_word::try_fire(timeout, receive)) {
      wake();
    }
  }

  // ---- death -----------------------------------------------------------------------------------
  void end() {
    state_word::become(state, ProcessState::kExiting);
    Fragment* rest = mailbox.close();
    for (; rest != nullptr; rest = rest->next) ++freed;
    ended = true;
  }

  // Nothing may be left to be noticed by nobody. Runs after the last step; its own loads are none.
  std::string check() {
    const ProcessState now = state_word::of(state.load());
    if (ended) {
      if (freed + taken != pushed + refused) return "a fragment was lost or freed twice";
      return now == ProcessState::kExiting ? "" : "a dead process came back";
    }
    if (now == ProcessState::kClaimed) return "the claim was never released";
    if ((state.load() & state_bit::kWake) != 0) return "a wake is still owed";
    for (unsigned i = 0; i < seen_times.size(); ++i) {
      if (seen_times[i] > 1) return "a message was taken twice";
    }
    if (queued.load() != 0) {
      return now == ProcessState::kRunnable ? "" : "in a run queue, but not runnable";
    }
    if (now == ProcessState::kRunnable) return "runnable, but in no run queue";
    if (taken != pushed) return "it waits while there is mail: a lost wake-up";
    const bool is_held = (state.load() & state_bit::kSuspended) != 0;
    if (unread > 0 && !is_held) return "resumed, but mail from before is not read";
    if (timeout.load() % 2 != 0 && timer_set && !is_held) return "it waits though its time is out";
    if ((mailbox.flags_and_count() & mailbox_flag::kWaiting) == 0) {
      return "it waits, but the next push would not wake it";
    }
    return "";
  }
};

using Body = std::function<void(Model&)>;

// kWaiting: one slice is over before the threads begin; kSuspends: likewise, and see
// Model::suspends; kSuspended: it is suspended then, and its receive has a time-out.
enum class Begin { kRunnable, kWaiting, kSuspends, kSuspended };

Explorer::Result run(Mistake mistake, const std::vector<Body>& bodies, Begin begin) {
  return Explorer::explore([&] {
    auto model = std::make_shared<Model>(mistake);
    model->suspends = begin == Begin::kSuspends || begin == Begin::kSuspended;
    model->timer_set = begin == Begin::kSuspended;
    if (begin != Begin::kRunnable) model->slice();
    if (begin == Begin::kSuspended) model->signal(2);
    Explorer::World world;
    for (const Body& body : bodies) world.threads.push_back([model, body] { body(*model); });
    world.check = [model] { return model->check(); };
    return world;
  });
}

std::string text_of(const Explorer::Result& result) {
  std::string text = result.failure + "; threads went:";
  for (const unsigned thread : result.schedule) text += " " + std::to_string(thread);
  return text;
}

void must_hold(const char* name, const std::vector<Body>& bodies,
               Begin begin = Begin::kRunnable) {
  const Explorer::Result result = run(Mistake::kNone, bodies, begin);
  std::printf("%-44s %.4g interleavings, %llu states\n", name, result.interleavings,
              static_cast<unsigned long long>(result.states));
  CHECK_MESSAGE(result.failure.empty(), text_of(result));
  CHECK(result.interleavings > 100);
}
void must_fail(Mistake mistake, const std::vector<Body>& bodies,
               Begin begin = Begin::kRunnable) {
  const Explorer::Result result = run(mistake, bodies, begin);
  CHECK_FALSE(result.failure.empty());
}

const Body kScheduler = [](Model& m) {
  m.slice();
  m.slice();
};
const Body kOneSlice = [](Model& m) { m.slice(); };
const Body kSendOne = [](Model& m) { m.send(0); };
const Body kSendAndRun = [](Model& m) {
  m.send(1);
  m.slice();
};
const Body kSignal = [](Model& m) { m.signal(2); };
const Body kSecondSignal = [](Model& m) { m.signal(3); };
// The first slice arms the receive's timer.
const Body kTimedScheduler = [](Model& m) {
  m.timer_set = true;
  m.slice();
  m.slice();
};
const Body kTimedSlice = [](Model& m) {
  m.timer_set = true;
  m.slice();
};
const Body kTimer = [](Model& m) { m.fire(0); };
// A receive that a message ends: its timer is cancelled, the next receive must not time out.
const Body kTwoReceives = [](Model& m) {
  m.timer_set = true;
  m.slice();
  if (!m.timer_set) return;
  std::uint32_t one = 1;
  if (!m.queued.compare_exchange_strong(one, 0, std::memory_order_seq_cst,
                                        std::memory_order_seq_cst)) {
    return;
  }
  state_word::become(m.state, ProcessState::kRunning);
  timeout_word::renew(m.timeout);
  if (m.fired()) Explorer::current()->fail("a receive is ended by the timer of the one before");
  m.timer_set = false;
  m.queued.fetch_add(1);
  state_word::become(m.state, ProcessState::kRunnable);
};

}  // namespace

TEST_CASE("waiting against sending: no wake-up is lost") {
  must_hold("wait, push", {kScheduler, kSendOne});
  must_hold("wait, push, push and run", {kScheduler, kSendOne, kSendAndRun});
  must_fail(Mistake::kFlagBeforeState, {kScheduler, kSendOne});
  must_fail(Mistake::kNoLookAfterState, {kScheduler, kSendOne});
}

TEST_CASE("waiting against claims: one owner at a time, nothing is left unseen") {
  must_hold("wait, claim", {kScheduler, kSignal});
  must_hold("wait, claim, push", {kOneSlice, kSignal, kSendOne});
  must_hold("waiting, claim, claim", {kSignal, kSecondSignal}, Begin::kWaiting);
  must_hold("wait and run, claim", {kScheduler, [](Model& m) {
              m.signal(2);
              m.slice();
            }});
  must_fail(Mistake::kWakeIgnoresClaim, {kOneSlice, kSignal, kSendOne});
  must_fail(Mistake::kReleaseForgetsMail, {kOneSlice, kSignal, kSendOne});
}

TEST_CASE("a timer against a message: the process is put into a queue once") {
  must_hold("timed wait, timer, push", {kTimedScheduler, kTimer, kSendOne});
  must_hold("timed wait, timer, claim", {kTimedSlice, kTimer, kSignal});
  must_hold("timed wait, timer, push and run", {kTimedSlice, kTimer, kSendAndRun});
  must_hold("two receives, timer, push", {kTwoReceives, kTimer, kSendOne});
  must_fail(Mistake::kTimerSetsBit, {kTwoReceives, kTimer, kSendOne});
}

TEST_CASE("suspension: mail and time-outs of meanwhile are seen after it") {
  const Body resume = [](Model& m) { m.signal(3); };
  const Body send_and_run = [](Model& m) {
    m.send(0);
    m.slice();
  };
  const Body fire_and_run = [](Model& m) {
    m.fire(0);
    m.slice();
  };
  must_hold("waiting, suspend, push and run", {kSignal, send_and_run}, Begin::kSuspends);
  must_hold("suspended, resume, push and run", {resume, send_and_run}, Begin::kSuspended);
  must_hold("suspended, resume, timer and run", {resume, fire_and_run}, Begin::kSuspended);
  must_fail(Mistake::kResumeForgetsMail, {resume, send_and_run}, Begin::kSuspended);
}

TEST_CASE("death against sending: a fragment is taken, freed or refused, once") {
  const Body ending = [](Model& m) {
    m.take_chain(m.mailbox.take_all());
    m.end();
  };
  must_hold("end, push, push", {ending, kSendOne, [](Model& m) { m.send(1); }});
  must_hold("end, push, claim", {ending, kSendOne, kSignal});
  must_fail(Mistake::kPushAfterClose, {ending, kSendOne});
}

}  // namespace parley::interleave
