// Putting a node together.
#include "vm/node/node.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include "vm/code/verify.h"
#include "vm/heap/make_bits.h"
#include "vm/node/bif_registry.h"
#include "vm/node/shard_poller.h"
#include "vm/node/text.h"
#include "vm/process/bif_support.h"
#include "vm/process/signal.h"
#include "vm/term/print.h"

namespace parley {

// The end of the main process is the end of the node.
struct Node::MainObserver : ExitObserver {
  explicit MainObserver(NodeControl& node_control) : control(node_control) {}
  void process_ended(Process&, Term pid, Term reason) override {
    if (pid.raw == main_pid.load(std::memory_order_acquire)) {
      control.halt(reason == kAtom_normal ? 0 : 1);
    }
  }
  NodeControl& control;
  std::atomic<Word> main_pid{0};
};

namespace {

std::uint64_t drawn_seed(std::uint64_t wanted) {
  if (wanted != 0) return wanted;
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// The first process of a node has slot 0 and generation 1.
constexpr Term kMainPid = Term::pid(0, 1);

Term describe_address(const CodeIndex& code, Heap& heap, const Word* address) {
  if (const CallCell* cell = code.cell_of_stub(address)) {
    return make_tuple(heap, {cell->module, cell->function, Term::small(cell->arity)});
  }
  const CodeBlock* block = code.block_at(address);
  const FunctionRange* function =
      block == nullptr ? nullptr : block->function_at(block->offset_of(address));
  if (function == nullptr) return kAtom_undefined;
  return make_tuple(heap, {block->module, function->name, Term::small(function->arity)});
}

// Where the process `logger` runs, which keeps the configuration of what is logged, it is told.
bool tell_logger(BifCall& call, Term reason) {
  const std::optional<Term> name = call.atoms.find("logger");
  const std::optional<Term> tag = call.atoms.find("$crash");
  if (!name || !tag) return false;
  ProcessSpace& processes = *call.services.processes;
  const Term logger = processes.whereis(*name), self = processes.pid_of(*call.process);
  if (!logger.is_pid() || logger == self) return false;
  send_message(processes, logger, make_tuple(call.heap, {*tag, self, reason}), 0);
  return true;
}

// Else one line a crash on standard error.
void report_crash(BifCall& call, Term, Term reason) {
  if (tell_logger(call, reason)) return;
  constexpr std::size_t kReasonBytesMax = 2000;
  std::string text = "Error in process ";
  print_term(text, call.services.processes->pid_of(*call.process), call.atoms);
  text += " with exit value:\n";
  print_term(text, reason, call.atoms, PrintStyle::kDisplay, kReasonBytesMax);
  std::fprintf(stderr, "%s\n", text.c_str());
}

unsigned core_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

Node::Node(NodeOptions options) : options_(options), atoms_(options.atoms_max) {
  const Engine engine = options.engine.value_or(default_engine());
  services_.hash_seed = drawn_seed(options.hash_seed);
  services_.atoms = &atoms_;
  processes_ = std::make_unique<ProcessSpace>(atoms_, options.processes);
  services_.processes = processes_.get();
  code_ = std::make_unique<CodeIndex>(atoms_, engine_handlers(engine), all_built_ins(),
                                      services_.hash_seed);
  code_->autoload = [this](Term module) { return autoload(module); };
  services_.code = code_.get();
  services_.funs = code_.get();
  services_.control = this;
  processes_->literals = code_->literals();
  processes_->entry = ProcessEntry{code_->process_start(), code_->process_start_frame(),
                                   code_->process_end()};
  processes_->describe_place = [this](Heap& heap, const Word* address) {
    return describe_address(*code_, heap, address);
  };
  processes_->is_old_code = [this](Term module, const Word* address) {
    const CodeBlock* old = code_->versions(module).old;
    return old != nullptr && old->contains(address);
  };
  main_observer_ = std::make_unique<MainObserver>(*this);
  processes_->exit_observers.push_back(main_observer_.get());
  const RunnerOptions runner{options.slice_reductions, options.collect_always, engine};
  const unsigned threads = core_count(options.schedulers);
  tables_ = std::make_unique<Tables>(*processes_, services_.hash_seed);
  processes_->exit_observers.push_back(tables_.get());
  services_.tables = tables_.get();
  network_ = std::make_unique<Network>(*processes_, threads);
  processes_->exit_observers.push_back(network_.get());
  services_.network = network_.get();
  scheduler_ = std::make_unique<Scheduler>(
      *processes_, SchedulerOptions{threads},
      [this](SchedulerThread& thread) {
        return std::make_unique<ShardPoller>(network_->shard(thread.number()));
      },
      [this, runner](SchedulerThread& thread) {
        return std::make_unique<Runner>(services_, &thread, thread.number(), runner,
                                        processes_->entry, report_crash);
      });
  processes_->scheduler = scheduler_.get();
  services_.schedulers = scheduler_.get();
  outside_ = std::make_unique<Outside>(*processes_, [this] { scheduler_->wake_sleeper(); });
  processes_->exit_observers.push_back(&outside_->open_files);
  scheduler_->serve_pool(outside_->pool);
}

Node::~Node() { scheduler_->stop_and_join(); }

// Another module under the name of one of the library is a program's.
bool Node::is_own_library(std::string_view module, std::span<const std::uint8_t> bytes) const {
  const auto own = image.find(module);
  return own != image.end() && std::ranges::equal(own->second, bytes);
}

namespace {

// Where things stand in a file that could be read.
isa::FilePlaces places_in(std::span<const std::uint8_t> bytes) {
  isa::FilePlaces places;
  (void)isa::parse_module_file(bytes, isa::Checksum::kIgnore, &places);
  return places;
}

LoadFailure refused(std::span<const std::uint8_t> bytes, const VerifyError& error) {
  const isa::FilePlaces places = places_in(bytes);
  const bool is_there = error.function < places.instructions.size() &&
                        error.instruction < places.instructions[error.function].size();
  const std::uint64_t offset =
      is_there ? places.instructions[error.function][error.instruction] : bytes.size();
  const std::string reason = "rule " + std::string(error.rule) + ": " + error.message;
  return {LoadFailure::Kind::kInvalid, isa::FileError{"Func", offset, reason}.text()};
}

LoadFailure at_its_literal(std::span<const std::uint8_t> bytes, LoadFailure failure) {
  const std::uint64_t offset = places_in(bytes).literals.at(*failure.literal);
  failure.text = isa::FileError{"Lite", offset, failure.text}.text();
  return failure;
}

}  // namespace

std::expected<CodeIndex::Prepared, LoadFailure> Node::prepare(
    std::span<const std::uint8_t> bytes) {
  const auto invalid = [](std::string text) {
    return std::unexpected(LoadFailure{LoadFailure::Kind::kInvalid, std::move(text)});
  };
  auto file = isa::parse_module_file(bytes);
  if (!file) return invalid(file.error().text());
  if (const auto verified = verify(*file); !verified) {
    return std::unexpected(refused(bytes, verified.error()));
  }
  // The library has the node's room for atoms, so that it is there when programs have used up
  // theirs.
  const AtomUse use =
      is_own_library(file->atoms[file->name], bytes) ? AtomUse::kNode : AtomUse::kProgram;
  auto prepared = code_->prepare(std::make_shared<const isa::ModuleFile>(std::move(*file)), use);
  if (!prepared && prepared.error().literal) {
    return std::unexpected(at_its_literal(bytes, prepared.error()));
  }
  if (prepared) prepared->block->hash = module_hash(bytes);
  return prepared;
}

std::expected<Term, LoadFailure> Node::load(std::span<const std::uint8_t> bytes) {
  auto prepared = prepare(bytes);
  if (!prepared) return std::unexpected(prepared.error());
  const Term module = prepared->module;
  std::vector<CodeIndex::Prepared> batch;
  batch.push_back(std::move(*prepared));
  std::lock_guard guard(load_lock_);
  if (code_->is_loaded(module)) return module;
  if (code_->commit(batch, CodeIndex::Undo::kImpossible) != LoadResult::kDone) {
    return std::unexpected(
        LoadFailure{LoadFailure::Kind::kInvalid, "an old version of " +
                                                     std::string(atoms_.text(module)) +
                                                     " is still there"});
  }
  return module;
}

// With load_lock_ held since before the flip, so that nobody settles it too early.
LoadResult Node::begin_settling_if_done(LoadResult result) {
  if (result == LoadResult::kDone) scheduler_->grace_begin(settling_.emplace());
  return result;
}

LoadResult Node::commit(std::vector<CodeIndex::Prepared>& batch, CodeIndex::Undo undo) {
  std::lock_guard guard(load_lock_);
  return begin_settling_if_done(code_->commit(batch, undo));
}
LoadResult Node::flip_back() {
  std::lock_guard guard(load_lock_);
  return begin_settling_if_done(code_->flip_back());
}
LoadResult Node::delete_module(Term module) {
  std::lock_guard guard(load_lock_);
  return begin_settling_if_done(code_->delete_module(module));
}

bool Node::try_settle() {
  std::lock_guard guard(load_lock_);
  if (settling_ && !scheduler_->grace_passed(*settling_)) return false;
  code_->settle();
  settling_.reset();
  return true;
}

CodeIndex::Autoload Node::autoload(Term module) {
  using Autoload = CodeIndex::Autoload;
  const auto bytes = find_library ? find_library(atoms_.text(module)) : std::nullopt;
  if (!bytes) return Autoload::kNotInLibrary;
  const auto loaded = load(*bytes);
  // Two processes may come here at once: the second finds it loaded.
  if (loaded || code_->is_loaded(module)) return Autoload::kLoaded;
  return loaded.error().kind == LoadFailure::Kind::kSystemLimit ? Autoload::kSystemLimit
                                                                : Autoload::kNotInLibrary;
}

void Node::start() {
  start_time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
  start_monotonic_ns = monotonic_ns();
  scheduler_->start();
}

Term Node::own_atom(std::string_view text) {
  const auto atom = atoms_.intern(text, AtomUse::kNode);
  PARLEY_ASSERT(atom.has_value(), "the node's reserve of atoms is larger than its needs");
  return *atom;
}

void Node::run_main(const Target& target) {
  // The terms of the target live here until spawn_process has copied them.
  HeapBlock block = allocate_block(1 << 10);
  Heap heap;
  heap.set_bounds(block.words, block.words + block.size);
  Term arguments = Term::nil();
  if (target.arguments) {
    Term list = Term::nil();
    for (std::size_t i = target.arguments->size(); i-- > 0;) {
      list = make_cons(heap, make_string(heap, (*target.arguments)[i]), list);
    }
    arguments = make_cons(heap, list, Term::nil());
  }
  const Term mode = own_atom(target.serve ? "serve" : "apply");
  const Term what =
      make_tuple(heap, {mode, own_atom(target.module), own_atom(target.function), arguments});
  SpawnRequest request;
  request.module = own_atom("init");
  request.function = own_atom("boot");
  request.arguments = make_cons(heap, what, Term::nil());
  request.group_leader = kMainPid;
  // The process may end before this thread runs on, so its pid is announced before it starts.
  main_observer_->main_pid.store(kMainPid.raw, std::memory_order_release);
  const Term pid = spawn_process(*processes_, processes_->entry, request);
  PARLEY_ASSERT(pid == kMainPid, "the main process is the first");
  free_fragments(heap.take_fragments());
  free_block(block);
}

void Node::start_process(const std::string& module, const std::string& function,
                         const std::string& argument) {
  HeapBlock block = allocate_block(1 << 6);
  Heap heap;
  heap.set_bounds(block.words, block.words + block.size);
  SpawnRequest request;
  request.module = own_atom(module);
  request.function = own_atom(function);
  request.arguments = make_cons(heap, own_atom(argument), Term::nil());
  request.group_leader = kMainPid;
  spawn_process(*processes_, processes_->entry, request);
  free_block(block);
}

int Node::join() {
  const int status = wait();
  scheduler_->stop_and_join();
  return status;
}

}  // namespace parley
