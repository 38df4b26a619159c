"""Writes random process programs: lists of steps that process_programs.par carries out.

The generator follows who lives, traps exits and is linked to whom, only so that most steps meet a
living process; what Erlang/OTP prints is the judge. What may differ from run to run is not written:
a step's outcome depends on what happened before it, never on who of two is faster.
"""
import random

SLOTS = ["p1", "p2", "p3", "p4", "p5", "p6"]
NAMES = ["n1", "n2", "n3", "n4"]
# Reasons of exits; `kill` is special in a signal, `normal` nearly everywhere.
REASONS = ["normal", "kill", "killed", "shutdown", "{shutdown,why}", "noproc", "boom", "{a,[b]}",
           "17", "[]", '"text"']
STEPS_MIN, STEPS_MAX = 15, 40
LONG_MS = 10_000_000


class Program:
    """One program: `steps` as text, and `kinds`, the kind of each step."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.steps, self.kinds = [], []
        self.alive, self.traps, self.links = set(), set(), {}
        self.born, self.marks = set(), 0
        self.monitors, self.aliases, self.timers = {}, {}, {}
        for slot in SLOTS[:4]:
            self.add_spawn("c", slot, "spawn", "spawn")
        kinds, weights = zip(*KINDS)
        while len(self.steps) < self.random.randint(STEPS_MIN, STEPS_MAX):
            self.random.choices(kinds, weights)[0](self)
            if len(self.alive) < 3:
                self.spawn()

    # ---- what the kinds below are made of --------------------------------------------------

    def step(self, kind, who, operation):
        self.steps.append(f"{{{who},{operation}}}")
        self.kinds.append(kind)

    def together(self, kind, steps):
        body = ",".join(f"{{{who},{operation}}}" for who, operation in steps)
        self.steps.append(f"{{together,[{body}]}}")
        self.kinds.append(f"together: {kind}")

    def mark(self):
        self.marks += 1
        return self.marks

    def pick(self, things):
        return self.random.choice(sorted(things))

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def living(self):
        return self.pick(self.alive)

    def anyone(self):
        """Mostly the living."""
        return self.living() if self.chance(85) else self.pick(self.born)

    def others(self, but):
        return sorted(self.alive - {but})

    def forget(self, slot):
        self.alive.discard(slot)
        self.traps.discard(slot)
        # A reference of a process before it in the same slot is not its own: what demonitor says
        # of another's monitor is left open.
        self.monitors = {mark: who for mark, who in self.monitors.items() if who != slot}

    def die(self, slot, reason):
        """The slot ends with this reason, and so do those who are linked to it."""
        work = [(slot, reason)]
        while work:
            dying, why = work.pop()
            if dying not in self.alive:
                continue
            self.forget(dying)
            for peer in self.links.pop(dying, set()):
                self.links.get(peer, set()).discard(dying)
                if peer in self.alive and peer not in self.traps and why != "normal":
                    work.append((peer, why))

    def exit_signal(self, sender, to, reason):
        if reason == "kill":
            self.die(to, "killed")
        elif to not in self.traps and (reason != "normal" or sender == to):
            self.die(to, reason)

    def join(self, a, b):
        if a != b and {a, b} <= self.alive:
            self.links.setdefault(a, set()).add(b)
            self.links.setdefault(b, set()).add(a)

    def part(self, a, b):
        self.links.get(a, set()).discard(b)
        self.links.get(b, set()).discard(a)

    def trap(self, slot, on=True):
        self.step("trap", slot, f"{{trap,{str(on).lower()}}}")
        (self.traps.add if on else self.traps.discard)(slot)

    def add_spawn(self, who, slot, kind, how, mark=0):
        self.step(kind, who, f"{{spawn,{slot[1:]},{how},actor,{mark}}}")
        self.forget(slot)
        self.links.pop(slot, None)
        self.alive.add(slot)
        self.born.add(slot)
        if "link" in kind:
            self.join(who, slot)
        if mark:
            self.monitors[mark] = who

    # ---- the kinds of steps ----------------------------------------------------------------

    def spawn(self):
        free = [slot for slot in SLOTS if slot not in self.alive]
        if not free:
            return self.stop()
        kind, how = self.pick([
            ("spawn", "spawn"), ("spawn/3", "mfa"), ("spawn_link", "link"),
            ("spawn_monitor", "monitor"), ("spawn_opt", "{opt,[{priority,high}]}"),
            ("spawn_opt link", "{opt,[link]}"), ("spawn_opt monitor", "{opt,[monitor]}"),
            ("spawn_opt link monitor", "{opt,[link,monitor]}"),
            ("spawn_opt monitor tag", "{opt,[{monitor,[{tag,gone}]}]}"),
            ("spawn_opt monitor alias", "{opt,[{monitor,[{alias,explicit_unalias}]}]}"),
            ("spawn_request", "{request,[]}"), ("spawn_request link", "{request,[link]}"),
            ("spawn_request monitor", "{request,[monitor]}")])
        parent = self.living() if self.alive and kind not in ("spawn", "spawn/3") else "c"
        if parent == "c":
            kind, how = self.pick([("spawn", "spawn"), ("spawn/3", "mfa")])
        self.add_spawn(parent, free[0], kind, how, self.mark() if "monitor" in kind else 0)

    def spawn_dying(self):
        """A child that may have ended before its parent goes on."""
        who = self.living()
        how = self.pick(["spawn", "monitor", "link", "{opt,[link,monitor]}"])
        reason = self.pick(REASONS)
        if "link" in how and who not in self.traps:
            self.trap(who)
        end = self.pick([f"{{exit,{reason}}}", f"{{error,{reason}}}", f"{{throw,{reason}}}",
                         "badmatch", "return"])
        mark = self.mark()
        self.step("spawn dying child", who, f"{{spawn,0,{how},{{dies,{end}}},{mark}}}")

    def stop(self):
        who = self.living()
        kind = self.pick(["exit", "error", "throw", "badmatch", "return"])
        reason = self.pick(REASONS)
        how = kind if kind in ("badmatch", "return") else f"{{{kind},{reason}}}"
        self.step(f"stop {kind}", who, f"{{stop,{how}}}")
        self.die(who, "normal" if kind == "return" else reason if kind == "exit" else "error")

    def exit(self):
        who, to, reason = self.living(), self.anyone(), self.pick(REASONS)
        self.step(f"exit/2 {reason}", who, f"{{exit,{to},{reason}}}")
        self.exit_signal(who, to, reason)

    def exit_self(self):
        who, reason = self.living(), self.pick(REASONS)
        self.step("exit/2 self", who, f"{{exit,{who},{reason}}}")
        self.exit_signal(who, who, reason)

    def send(self):
        how = self.pick(["operator", "send", "noconnect", "node"])
        to = self.pick(NAMES) if how == "node" or self.chance(25) else self.anyone()
        self.step(f"send {how}" + (" name" if to in NAMES else ""), self.living(),
                  f"{{send,{how},{to},{self.mark()}}}")

    def link(self):
        who, dead = self.living(), self.born - self.alive
        to = self.pick(dead) if dead and self.chance(16) else self.living()
        self.step("link" if to in self.alive else "link dead", who, f"{{link,{to}}}")
        self.join(who, to)

    def unlink(self):
        who = self.living()
        peers = self.links.get(who) or self.born
        to = self.pick(peers)
        self.step("unlink", who, f"{{unlink,{to}}}")
        self.part(who, to)

    def set_trap(self):
        self.trap(self.living(), self.chance(65))

    def group(self):
        """A chain, a star or a ring of links, whose first or last then ends."""
        members = self.random.sample(sorted(self.alive), min(len(self.alive), 4))
        shape = self.pick(["chain", "star", "ring"])
        pairs = ([(members[0], m) for m in members[1:]] if shape == "star"
                 else list(zip(members, members[1:])))
        if shape == "ring":
            pairs.append((members[-1], members[0]))
        for who, to in pairs:
            if {who, to} <= self.alive:
                self.step("link", who, f"{{link,{to}}}")
                self.join(who, to)
        reason = self.pick([r for r in REASONS if r != "normal"])
        self.step(f"end of a {shape}", members[0], f"{{stop,{{exit,{reason}}}}}")
        self.die(members[0], reason)

    def monitor(self):
        mark = self.mark()
        who = self.living()
        name = self.chance(40)
        what = self.pick(NAMES) if name else self.anyone()
        if name and self.chance(30):
            what = f"{{{what},nonode@nohost}}"
        # Without options: see process_programs.par on the monitor of oneself.
        if what == who or name and what not in NAMES:
            return self.step("monitor self or {name,node}", who, f"{{monitor,{what},none,{mark}}}")
        mode = self.pick(["explicit_unalias", "demonitor", "reply_demonitor"])
        if name and mode == "reply_demonitor":
            mode = "demonitor"
        kind, options = self.pick([
            ("plain", "none"), ("plain", "[]"), ("tag", "[{tag,mine}]"), ("tag", "[{tag,{t,1}}]"),
            (f"alias {mode}", f"[{{alias,{mode}}}]"),
            (f"alias {mode}", f"[{{alias,{mode}}},{{tag,a}}]"),
            (f"alias {mode}", f"[{{alias,{mode}}},{{tag,mine}}]")])
        self.step("monitor " + ("name " if name else "") + kind, who,
                  f"{{monitor,{what},{options},{mark}}}")
        self.monitors[mark] = who
        if "alias" in kind:
            self.aliases[mark] = who

    def demonitor(self):
        mine = {m: who for m, who in self.monitors.items() if who in self.alive}
        if not mine:
            return self.monitor()
        mark = self.pick(mine)
        options = self.pick(["[]", "[flush]", "[info]", "[flush,info]"])
        self.step(f"demonitor {options}", mine[mark], f"{{demonitor,m{mark},{options}}}")
        if self.chance(80):
            del self.monitors[mark]

    def alias(self):
        who, mark = self.living(), self.mark()
        options = self.pick(["[]", "[reply]", "[explicit_unalias]"])
        self.step(f"alias {options}", who, f"{{alias,{options},{mark}}}")
        self.aliases[mark] = who

    def send_alias(self):
        if not self.aliases:
            return self.alias()
        mark = self.pick(self.aliases)
        self.step("send alias", self.living(),
                  f"{{send_alias,m{mark},{self.aliases[mark]},{self.mark()}}}")

    def unalias(self):
        mine = {m: who for m, who in self.aliases.items() if who in self.alive}
        if not mine:
            return self.alias()
        mark = self.pick(mine)
        # Now and then somebody else's, which is no alias of the caller's.
        who = mine[mark] if self.chance(90) else self.living()
        self.step("unalias", who, f"{{unalias,m{mark}}}")

    def register(self):
        name = self.pick(NAMES)
        self.step("register", self.living(), f"{{register,{name},{self.anyone()}}}")

    def unregister(self):
        self.step("unregister", self.living(), f"{{unregister,{self.pick(NAMES)}}}")

    def whereis(self):
        self.step("whereis", self.living(), f"{{whereis,{self.pick(NAMES)}}}")

    def is_alive(self):
        self.step("is_process_alive", self.living(), f"{{alive,{self.pick(self.born)}}}")

    def receiver(self):
        return self.pick(NAMES) if self.chance(20) else self.anyone()

    def timer(self):
        kind = self.pick(["send_after", "start_timer", "absolute"])
        who, mark = self.living(), self.mark()
        self.step(f"timer {kind}", who, f"{{timer,{kind},{LONG_MS},{self.receiver()},{mark}}}")
        self.timers[mark] = who

    def fire(self):
        kind = self.pick(["send_after", "start_timer", "absolute"])
        ms = self.random.randrange(3)
        self.step(f"timer fires {kind}", self.living(),
                  f"{{fire,{kind},{ms},{self.receiver()},{self.mark()}}}")

    def cancel(self):
        if not self.timers:
            return self.timer()
        mark = self.pick(self.timers)
        who = self.living()
        options = self.pick(["[]", "[{info,false}]", "[{async,true}]"])
        self.step(f"cancel_timer {options}", who, f"{{cancel,m{mark},{options}}}")

    def read(self):
        if not self.timers:
            return self.timer()
        self.step("read_timer", self.living(), f"{{read,m{self.pick(self.timers)}}}")

    def busy(self):
        """The next signals meet a process that runs, waits with a limit, hibernates, collects."""
        kind, operation = self.pick([
            ("busy", f"{{spin,{self.random.randrange(20000)}}}"), ("nap", "{nap,1}"),
            ("hibernate", "hibernate"), ("collect garbage", "collect_garbage")])
        self.step(kind, self.living(), operation)

    def signals(self, exits):
        """What one process sends another without a pause, in an order that must be kept."""
        found = []
        for _ in range(self.random.randint(3, 9)):
            kind = self.pick(["say", "say", "say_alias", "exit", "link", "unlink", "watch"])
            if kind == "exit" and not exits:
                kind = "say"
            argument = {"exit": self.pick([r for r in REASONS if r != "kill"])}.get(
                kind, str(self.mark()))
            found.append(f"{{{kind},{argument}}}" if kind in ("say", "say_alias", "exit")
                         else kind)
        return f"[unlink,{','.join(found)},unlink,{{say,{self.mark()}}}]"

    def alias_for(self, to):
        mark = self.mark()
        self.step("alias []", to, f"{{alias,[],{mark}}}")
        return f"m{mark}"

    def burst(self):
        who = self.living()
        if not self.others(who):
            return self.spawn()
        to = self.pick(self.others(who))
        exits = to in self.traps
        alias = self.alias_for(to)
        signals = self.signals(exits)
        self.part(who, to)
        dies = self.chance(40)
        reason = self.pick(REASONS)
        if dies:
            self.step("monitor plain", to, f"{{monitor,{who},none,{self.mark()}}}")
            self.step("burst and death", who,
                      f"{{burst,{to},{alias},{signals},{{exit,{reason}}}}}")
            self.die(who, reason)
        else:
            self.step("burst", who, f"{{burst,{to},{alias},{signals},live}}")

    # ---- several at once -------------------------------------------------------------------

    def bursts_together(self):
        to = self.living()
        senders = self.others(to)
        if len(senders) < 2:
            return self.spawn()
        if to not in self.traps:
            self.trap(to)
        alias = self.alias_for(to)
        steps = []
        for who in senders:
            steps.append((who, f"{{burst,{to},{alias},{self.signals(True)},live}}"))
            self.part(who, to)
        self.together("bursts", steps)

    def race_flush(self):
        """Somebody stops looking at one who ends just then: nothing may be left of it."""
        who = self.living()
        peers = self.others(who)
        if not peers:
            return self.spawn()
        peer, reason = self.pick(peers), self.pick(REASONS)
        if who not in self.traps:
            self.trap(who)
        if self.chance(50):
            self.step("link", who, f"{{link,{peer}}}")
            kind, operation = "unlink", f"{{unlink_flush,{peer}}}"
        else:
            if peer in self.links.get(who, ()):
                self.step("unlink", who, f"{{unlink,{peer}}}")
            mark = self.mark()
            self.step("monitor plain", who, f"{{monitor,{peer},none,{mark}}}")
            kind, operation = "demonitor", f"{{demonitor,m{mark},[flush]}}"
        self.part(who, peer)
        others = [p for p in peers if p != peer]
        if others and self.chance(50):
            # The end of the one who kills must not depend on when it comes.
            steps = [(who, operation), ("c", f"{{exit,{peer},kill}}")]
            reason = "killed"
        else:
            steps = [(who, operation), (peer, f"{{stop,{{exit,{reason}}}}}")]
        self.random.shuffle(steps)
        self.together(f"{kind} and death", steps)
        self.die(peer, reason)

    def deaths_together(self):
        victims = self.random.sample(sorted(self.alive), min(3, len(self.alive)))
        reason = self.pick([r for r in REASONS if r != "normal"])
        self.together("deaths", [(v, f"{{stop,{{exit,{reason}}}}}") for v in victims])
        for victim in victims:
            self.die(victim, reason)

    def exits_together(self):
        to, reason = self.living(), self.pick(REASONS)
        if not self.others(to):
            return self.spawn()
        self.together("exit/2", [(who, f"{{exit,{to},{reason}}}") for who in self.others(to)])
        for who in self.others(to):
            self.exit_signal(who, to, reason)

    def names_together(self):
        name = self.pick(NAMES)
        self.together("register", [(who, f"{{take_name,{name}}}") for who in sorted(self.alive)])

    def spawns_together(self):
        for who in sorted(self.alive - self.traps):
            self.trap(who)
        steps = [(who, f"{{spawn,0,{self.pick(['link', 'monitor', 'spawn'])},"
                       f"{{dies,{{exit,{self.pick(REASONS)}}}}},{self.mark()}}}")
                 for who in sorted(self.alive)]
        self.together("spawn dying children", steps)


KINDS = [
    (Program.spawn, 14), (Program.spawn_dying, 4), (Program.stop, 5), (Program.exit, 9),
    (Program.exit_self, 2), (Program.send, 10), (Program.link, 9), (Program.unlink, 4),
    (Program.set_trap, 5), (Program.group, 3), (Program.monitor, 12), (Program.demonitor, 7),
    (Program.alias, 3), (Program.send_alias, 6), (Program.unalias, 3), (Program.register, 5),
    (Program.unregister, 2), (Program.whereis, 2), (Program.is_alive, 2), (Program.timer, 5),
    (Program.fire, 3), (Program.cancel, 6), (Program.read, 2), (Program.busy, 5),
    (Program.burst, 4), (Program.bursts_together, 2), (Program.race_flush, 3),
    (Program.deaths_together, 2), (Program.exits_together, 2), (Program.names_together, 1),
    (Program.spawns_together, 1)]


def program_text(number, steps):
    return f"{{program,{number},[\n  " + ",\n  ".join(steps) + "]}.\n"
